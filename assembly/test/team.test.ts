import { spawnSync } from "node:child_process";
import { compile, initSync } from "@hyaline/assembly";
import { enlist, Member, order, RESERVED } from "@hyaline/assembly/team";
import { expect, test } from "vitest";

/** A team on a shared memory, and a way to write a program into it. */
async function team(size: number) {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 16, shared: true });
  const module = await compile({ build: "simd", shared: true }), kernel = initSync({ module, memory });
  const workers = await Promise.all(
    Array.from({ length: size - 1 }, (_, i) => enlist({ module, memory, index: i + 1, size })),
  );
  const leader = new Member(kernel, memory, 0, size, true), names = order(kernel);
  let stamp = 0;
  return {
    memory,
    leader,
    names,
    close: () => workers.forEach((worker) => worker.terminate()),
    /** Writes lists at byte 4096 and their table at 1024. */
    write(lists: [string, ...number[]][][]): number {
      const table = new Int32Array(memory.buffer, 1024, 2 * size + 1);
      let at = 4096;
      lists.forEach((list, i) => {
        const words = list.flatMap((
          [name, ...args],
        ) => [name === "barrier" ? -1 : names.indexOf(name), args.length, ...args]);
        new Float64Array(memory.buffer, at, words.length).set(words);
        table.set([at, words.length], 2 * i);
        at += words.length * 8;
      });
      table[2 * size] = ++stamp;
      return 1024;
    },
  };
}

test.each([1, 2, 3])("a team of %i walks its lists in step: each phase sees all of the phase before", async (size) => {
  const { memory, leader, write, close } = await team(size), n = 60, at = 65536;
  const floats = new Float32Array(memory.buffer, at, 3 * n);
  // Phase 1 fills parts, phase 2 copies the mirrored part (written by another thread), phase 3 sums on one thread.
  const part = (i: number): [number, number] => [Math.floor(n * i / size), Math.floor(n * (i + 1) / size)];
  const lists = Array.from({ length: size }, (_, i): [string, ...number[]][] => {
    const [from, to] = part(i), [mirror] = part(size - 1 - i);
    const list: [string, ...number[]][] = [
      ["fill_f32", to - from, i + 1, at + 4 * from],
      ["barrier"],
      ["neg_f32", to - from, at + 4 * mirror, at + 4 * (n + from)],
      ["barrier"],
    ];
    return i === 0 ? [...list, ["sum_f32", 1, n, 1, at + 4 * n, at + 8 * n]] : list;
  });
  const table = write(lists);
  for (let run = 0; run < 50; run++) {
    floats.fill(0);
    leader.lead(table);
    expect(floats[2 * n]).toBe(
      -[...Array(size).keys()].reduce((sum, i) => sum + (size - i) * (part(i)[1] - part(i)[0]), 0),
    );
  }
  close();
});

test("a program at the same place with another stamp replaces the one before", async () => {
  const { memory, leader, write, close } = await team(2), at = 65536;
  leader.lead(write([[["fill_f32", 1, 5, at]], []]));
  leader.lead(write([[], [["fill_f32", 1, 7, at]]]));
  expect(new Float32Array(memory.buffer, at, 1)[0]).toBe(7);
  close();
});

test("the control words lie in the reserved bytes", () => expect(RESERVED).toBeGreaterThanOrEqual(24));

test("waiting threads do not keep the process alive, and starting ones do not let it end", () => {
  const script = `import { compile, initSync } from ${
    JSON.stringify(new URL("../pkg/relevance.js", import.meta.url).href)
  };
    import { enlist } from ${JSON.stringify(new URL("../pkg/relevance_team.js", import.meta.url).href)};
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    await enlist({ module: await compile({ build: "simd", shared: true }), memory, index: 1, size: 2 });
    console.log("started");`;
  const commands: [string, string[]][] = [["node", ["--input-type=module", "-e", script]]];
  if ("Deno" in globalThis) commands.push([process.execPath, ["eval", "--quiet", script]]);
  for (const [command, args] of commands) {
    const { stdout, stderr, status, signal } = spawnSync(command, args, { encoding: "utf8", timeout: 30_000 });
    expect({ stdout: stdout.trim(), stderr, status, signal }).toEqual({
      stdout: "started",
      stderr: "",
      status: 0,
      signal: null,
    });
  }
});
