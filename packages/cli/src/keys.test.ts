import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hyaline } from "./testing.ts";

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "hyaline-keys-"))));
afterAll(() => rm(folder, { recursive: true }));

test("a key is printed once and kept as a hash, for its owner's eyes; it is listed and removed by name", async () => {
  const file = join(folder, "keys.json"), keys = (...args: string[]) => hyaline(["keys", ...args, "--file", file]);
  const { code, out } = await keys("add", "dashboard", "--scope", "read");
  expect(code).toBe(0);
  expect(out).toMatch(/^hya_[\w-]{43}\n$/);
  expect(await readFile(file, "utf8")).not.toContain(out.trim());
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await keys("list")).out).toBe("dashboard\tread\n");
  expect((await keys("add", "dashboard")).code).toBe(2);
  expect((await keys("add", "a b")).code).toBe(2);
  expect((await keys("add", "x", "--scope", "root")).code).toBe(2);
  expect((await keys("remove", "nobody")).code).toBe(2);
  expect((await keys("remove", "dashboard")).code).toBe(0);
  expect((await keys("list")).out).toBe("");
});

test("serving refuses a file of keys that is not one, before anything is started", async () => {
  const missing = await hyaline(["serve", "--keys", join(folder, "none.json")]);
  expect([missing.code, missing.err]).toEqual([1, expect.stringMatching(/^UNREADABLE_FILE .*none.json/)]);
});
