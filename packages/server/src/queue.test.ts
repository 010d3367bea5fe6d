import { expect, test } from "vitest";
import { Queue } from "./queue.ts";

const never = new AbortController().signal;
const later = <T>(value: T) => new Promise<T>((resolve) => setTimeout(() => resolve(value), 5));

test("runs come one at a time and in order, patient ones when nobody else waits", async () => {
  const queue = new Queue(9), seen: string[] = [];
  let at = 0;
  const run = (name: string, patient = false) =>
    queue.run(
      async () => {
        expect(++at).toBe(1);
        seen.push(await later(name));
        at--;
      },
      never,
      { patient },
    );
  await Promise.all([run("a"), run("z", true), run("b"), run("c")]);
  expect(seen).toEqual(["a", "b", "c", "z"]);
});

test("a full line is told at once; who leaves it makes room", async () => {
  const queue = new Queue(1), leave = new AbortController(), first = queue.run(() => later(1), never);
  const second = queue.run(() => later(2), leave.signal);
  await expect(queue.run(() => later(3), never)).rejects.toMatchObject({ code: "BUSY", seconds: 1 });
  leave.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  await expect(queue.run(() => later(4), never)).resolves.toBe(4);
  await expect(first).resolves.toBe(1);
});

test("a run that fails lets the next one in", async () => {
  const queue = new Queue(1), failed = queue.run(() => Promise.reject(new Error("no")), never);
  const next = queue.run(() => later(2), never);
  await expect(failed).rejects.toThrow("no");
  await expect(next).resolves.toBe(2);
});
