import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hyaline } from "../testing.ts";

let root = "", env: Record<string, string> = {}, homes = 0;
const here = process.cwd();
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "hyaline-plugin-cli-"));
  process.chdir(root);
});
afterAll(async () => {
  process.chdir(here);
  await rm(root, { recursive: true });
});
beforeEach(() => void (env = { HYALINE_HOME: join(root, `home-${++homes}`) }));
const plugin = (...args: string[]) => hyaline(["plugin", ...args], { env });

describe("plugin new", () => {
  test("writes four files that can be added as they are", async () => {
    const { code, out } = await plugin("new", "first");
    expect(code).toBe(0);
    expect(await readdir("first")).toHaveLength(4);
    expect(out).toContain("hyaline plugin test first");
    expect((await plugin("add", "first", "--yes")).out).toContain("Installed first 0.1.0");
  });

  test("keeps what is there already", async () => {
    await plugin("new", "second");
    await writeFile("second/mod.js", "mine");
    expect(await plugin("new", "second")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/UNWRITABLE_FILE.*it is there already/),
    });
    expect(await readFile("second/mod.js", "utf8")).toBe("mine");
  });

  test.each(["Upper", "../up", "a b", "-x", "", "a".repeat(65)])("does not take the name %j", async (name) => {
    const { code, err } = await plugin("new", "--", name);
    expect([code, err]).toEqual([2, expect.stringMatching(/BAD_OPTION|USAGE/)]);
  });
});

describe("plugin add, list, info, verify, remove", () => {
  test("say what is there, and what is not", async () => {
    await plugin("new", "third");
    expect((await plugin("list")).out).toBe("No plugins were added: hyaline plugin add\n");
    expect(await plugin("add", "third")).toMatchObject({ code: 2, err: expect.stringContaining("CONSENT_NEEDED") });
    expect(JSON.parse((await plugin("list", "--format", "json")).out)).toEqual([]);
    await plugin("add", "third", "--yes");
    expect(JSON.parse((await plugin("list", "--format", "json")).out)).toEqual([
      { id: "third", version: "0.1.0", explainers: ["third"], source: join(process.cwd(), "third"), trust: false },
    ]);
    expect((await plugin("info", "third")).out).toMatch(
      /third 0\.1\.0, MIT[^]*sees +your text, tokens, gradients \(embeddings\)[^]*network +none/,
    );
    expect((await plugin("verify")).out).toBe("third: as installed\n");
    await writeFile(join(env.HYALINE_HOME!, "plugins/third/mod.js"), "");
    expect(await plugin("verify", "third")).toMatchObject({ code: 1, out: "third: mod.js is changed\n" });
    expect(await plugin("update", "third", "--yes")).toMatchObject({ code: 0 });
    expect((await plugin("verify")).code).toBe(0);
    expect((await plugin("remove", "third")).out).toBe("Removed third\n");
    expect(await plugin("remove", "third")).toMatchObject({ code: 1, err: expect.stringContaining("PLUGIN_UNKNOWN") });
  });

  test("show what would leave this machine", async () => {
    await plugin("new", "fourth");
    const path = "fourth/explainer.json", manifest = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...manifest, permissions: { net: ["example.org"], read: ["/data"] } }));
    const { out } = await plugin("add", "fourth", "--yes");
    expect(out).toMatch(/network +example\.org: your text can leave this machine/);
    expect(out).toMatch(/files +its own, and \/data/);
  });

  test.each([["./nowhere.tgz"], ["."], ["https://example.org/x"]])("refuse %s", async (source) => {
    const { code, err } = await plugin("add", source, "--yes");
    expect([code, err]).toEqual([1, expect.stringMatching(/PLUGIN_(SOURCE|MANIFEST)/)]);
  });

  test("say that a damaged store is one", async () => {
    await plugin("new", "fifth");
    await plugin("add", "fifth", "--yes");
    await writeFile(join(env.HYALINE_HOME!, "plugins.lock.json"), "{");
    for (const args of [["list"], ["verify"], ["add", "fifth", "--yes"], ["remove", "fifth"]]) {
      expect(await plugin(...args)).toMatchObject({ code: 1, err: expect.stringContaining("PLUGIN_STORE") });
    }
  });
});
