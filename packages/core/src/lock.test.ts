import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { locked, lockedWithin } from "./lock.ts";

let root = "", files = 0;
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "hyaline-lock-"))));
afterAll(() => rm(root, { recursive: true }));
const fresh = (): string => join(root, `lock-${++files}`);

/** A process that lives until it is killed. */
async function sleeper() {
  const child = spawn(process.execPath, ["eval", "setInterval(() => {}, 1000); console.log(1)"]);
  await once(child.stdout, "data");
  return {
    pid: child.pid!,
    async kill() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

describe("a lock", () => {
  test("is had by one at a time, and holds its owner's number", async () => {
    const path = fresh(), release = await locked(path);
    expect(await readFile(path, "utf8")).toBe(String(process.pid));
    expect(await locked(path)).toBeUndefined();
    await release!();
    await (await locked(path))!();
    expect((await readdir(root)).filter((name) => name.startsWith("lock-1"))).toEqual([]);
  });

  test("is waited for, but not for ever", async () => {
    const path = fresh(), release = (await locked(path))!;
    expect(await lockedWithin(50, path)).toBeUndefined();
    setTimeout(release, 50);
    await (await lockedWithin(10_000, path))!();
  });

  test.skipIf(!("deno" in process.versions))(
    "is taken over from a process that is gone, and from no other",
    async () => {
      const path = fresh(), other = await sleeper();
      await writeFile(path, String(other.pid));
      expect(await locked(path)).toBeUndefined();
      expect(await readFile(path, "utf8")).toBe(String(other.pid));
      await other.kill();
      await (await locked(path))!();
    },
  );

  test("left over by an earlier process of this number is taken over; so is one that says nothing", async () => {
    for (const text of [String(process.pid), "", "not a number"]) {
      const path = fresh();
      await writeFile(path, text);
      await (await locked(path))!();
    }
  });

  test("says so where the disk cannot be written", async () => {
    await expect(locked(join(root, "no", "folder"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
