import { execFile, execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unpacked } from "./archive.ts";
import { differences } from "./files.ts";
import { declared } from "./manifest_file.ts";
import { candidate, type Entry, PluginStore } from "./store.ts";

let root = "";
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "hyaline-plugins-"))));
afterAll(() => rm(root, { recursive: true, force: true }));

const code = (wanted: string, words = /./) =>
  expect.objectContaining({ code: wanted, message: expect.stringMatching(words) });
const manifest = (more: Record<string, unknown> = {}) => ({
  manifestVersion: 1,
  id: "mine",
  version: "1.0.0",
  apiVersion: "^1.0.0",
  title: "Mine",
  description: "d",
  license: "MIT",
  entry: "./mod.js",
  explainers: [method()],
  ...more,
});
const method = (more: Record<string, unknown> = {}) => ({
  id: "mine",
  title: "Mine",
  summary: "s",
  limits: "l",
  needs: ["tokens"],
  output: ["token-scores"],
  signed: true,
  cost: "1 forward",
  ...more,
});
let folders = 0;
async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = join(root, `plugin-${++folders}`);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}
const plugin = (more = {}) =>
  folderOf({ "explainer.json": JSON.stringify(manifest(more)), "mod.js": "export default {};" });
const filesOf = (value: unknown, more: Record<string, string> = { "mod.js": "" }) =>
  new Map(
    Object.entries({ "explainer.json": typeof value === "string" ? value : JSON.stringify(value), ...more }).map((
      [path, text],
    ) => [path, new TextEncoder().encode(text)]),
  );

describe("a manifest", () => {
  test.each<[string, unknown, RegExp]>([
    ["no JSON", "{", /not JSON/],
    ["no object", "[]", /the whole/],
    ["an unknown key", manifest({ script: "x" }), /Unrecognized key: "script"/],
    ["another version", manifest({ manifestVersion: 2 }), /manifestVersion/],
    ["an id with a path", manifest({ id: "../x" }), /id: /],
    ["an entry outside", manifest({ entry: "./../mod.js" }), /A path inside the plugin/],
    ["an entry that is not there", manifest({ entry: "./other.js" }), /"\.\/other.js" is not among its files/],
    ["explainers without an entry", manifest({ entry: undefined }), /no entry/],
    ["nothing to add", manifest({ explainers: [] }), /adds nothing/],
    [
      "a need nobody fills",
      manifest({ explainers: [method({ needs: [{ predict: "$budget" }] })] }),
      /needs \{"predict":"\$budget"\}/,
    ],
    [
      "a need filled wrongly",
      manifest({
        explainers: [
          method({
            needs: [{ predict: "$n" }],
            options: { type: "object", properties: { n: { type: "integer", default: 0 } } },
          }),
        ],
      }),
      /do not fill/,
    ],
    [
      "an option without a default",
      manifest({
        explainers: [method({ options: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } })],
      }),
      /without a default/,
    ],
    [
      "options that are no schema",
      manifest({ explainers: [method({ options: { type: "nonsense" } })] }),
      /no JSON Schema/,
    ],
    ...["", "*", "a,b", "http://x", "[::]", "UPPER"].map((
      net,
    ): [string, unknown, RegExp] => [`the network "${net}"`, manifest({ permissions: { net: [net] } }), /A host/]),
    ...["", ".", "../x", "/", "~"].map((
      read,
    ): [string, unknown, RegExp] => [
      `files "${read}"`,
      manifest({ permissions: { read: [read] } }),
      /A path from the root/,
    ]),
    ["a composite that is not there", manifest({ composites: ["./c.json"] }), /c.json: there is no such file/],
    ["a composite that is none", manifest({ composites: [{ id: "x" }] }), /composites/],
  ])("with %s is refused and says why", (_, value, words) => {
    expect(() => declared(filesOf(value), "x")).toThrow(code("PLUGIN_MANIFEST", words));
  });

  test("is missing", () =>
    expect(() => declared(new Map(), "x")).toThrow(code("PLUGIN_MANIFEST", /there is no such file/)));

  test("of composites alone needs no code", () => {
    const composite = { id: "soft", title: "t", summary: "s", conserves: false, rules: [] };
    const found = declared(
      filesOf(manifest({ entry: undefined, explainers: [], composites: ["./c.json", { ...composite, id: "hard" }] }), {
        "c.json": JSON.stringify(composite),
      }),
      "x",
    );
    expect(found.composites.map(({ id }) => id)).toEqual(["soft", "hard"]);
  });
});

describe("a source", () => {
  test("is a folder, without what git and npm keep there; a link within it is a file", async () => {
    const folder = await plugin();
    for (const apart of [".git", "node_modules"]) {
      await mkdir(join(folder, apart));
      await writeFile(join(folder, apart, "x"), "");
    }
    await symlink("mod.js", join(folder, "same.js"));
    const { files, source } = await candidate(folder);
    expect([[...files.keys()].sort(), source]).toEqual([["explainer.json", "mod.js", "same.js"], folder]);
  });

  test("is an archive with one folder around it, or none, zipped or not", async () => {
    const text = JSON.stringify(manifest()),
      entry = (name: string, body: string) => ({ header: { name, size: body.length, type: "file" as const }, body });
    for (const around of ["package/", "mine-1.0.0/", "", "./"]) {
      const tar = await packTar([
        entry(`${around}explainer.json`, text),
        entry(`${around}mod.js`, "export default {};"),
      ]);
      for (const bytes of [tar, gzipSync(tar)]) {
        const path = join(root, "some.tgz");
        await writeFile(path, bytes);
        expect([...(await candidate(path)).files.keys()].sort()).toEqual(["explainer.json", "mod.js"]);
      }
    }
  });

  test.each<[string, Uint8Array]>([
    ["junk", new Uint8Array(1000).fill(7)],
    ["nothing", new Uint8Array(0)],
    ["half a zip", gzipSync(new Uint8Array(1e5)).subarray(0, 60)],
    ["a zip of far more than a plugin has", gzipSync(new Uint8Array(200 * 2 ** 20))],
  ])("is not %s", async (_, bytes) => {
    await expect(unpacked(bytes, "x.tgz")).rejects.toEqual(code("PLUGIN_SOURCE"));
  });

  test("is a git repository at a commit; its hooks and filters do not run", async () => {
    const folder = await plugin(),
      git = (...args: string[]) =>
        String(
          execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...args], {
            stdio: ["ignore", "pipe", "ignore"],
          }),
        ).trim();
    const proof = join(root, "it-ran");
    git("init", "-q", "-b", "main");
    await writeFile(join(folder, ".gitattributes"), "*.js filter=evil\n");
    git("add", ".");
    git("commit", "-qm", "one");
    git("tag", "v1");
    await writeFile(join(folder, "mod.js"), "export default 2;");
    git("commit", "-qam", "two");
    git("config", "filter.evil.smudge", `touch ${proof}`);
    git("config", "core.fsmonitor", `touch ${proof}`);
    git("config", "uploadpack.packObjectsHook", `touch ${proof}`);
    const hook = join(folder, ".git", "hooks", "post-checkout");
    await writeFile(hook, `#!/bin/sh\ntouch ${proof}\n`);
    await chmod(hook, 0o755);

    const now = await candidate(`git+file://${folder}`), then = await candidate(`${folder}#v1`);
    expect([now.resolved, then.resolved]).toEqual([git("rev-parse", "HEAD"), git("rev-parse", "v1")]);
    expect([now, then].map(({ files }) => new TextDecoder().decode(files.get("mod.js")))).toEqual([
      "export default 2;",
      "export default {};",
    ]);
    expect([...now.files.keys()].some((path) => path.startsWith(".git/"))).toBe(false);
    expect((await candidate(then.source)).resolved).toBe(then.resolved);
    await expect(stat(proof)).rejects.toMatchObject({ code: "ENOENT" });
    for (const ref of ["none", "--output=/tmp/x"]) {
      await expect(candidate(`${folder}#${ref}`)).rejects.toEqual(code("PLUGIN_SOURCE"));
    }
  });

  test.each([
    "./nowhere",
    "/nowhere.tgz",
    "https://example.org/x.tgz",
    "x@file:..",
    "--help",
    "git+ext::sh -c x",
    "ext::sh.git",
    "Ünicode",
    "",
  ])(
    "is not %j",
    async (source) => {
      await expect(candidate(source || join(root, "no"))).rejects.toEqual(code("PLUGIN_SOURCE"));
    },
  );
});

describe("the store", () => {
  const fresh = () => new PluginStore(join(root, `home-${++folders}`));

  test("keeps what was chosen apart from what exactly that was, and takes both away again", async () => {
    const store = fresh(), folder = await plugin();
    expect(await store.entries()).toEqual([]);
    await store.install(await candidate(folder), { trust: true });
    expect(JSON.parse(await readFile(join(store.home, "plugins.json"), "utf8"))).toEqual({
      plugins: { mine: { source: folder, trust: true } },
    });
    const lock = JSON.parse(await readFile(join(store.home, "plugins.lock.json"), "utf8"));
    expect(lock.plugins.mine.manifest.id).toBe("mine");
    expect(Object.keys(lock.plugins.mine.files)).toEqual(["explainer.json", "mod.js"]);
    expect(await store.verify("mine")).toEqual([]);
    await store.install(await candidate(folder), { trust: false });
    expect(await readdir(join(store.home, "plugins"))).toEqual(["mine"]);
    await store.remove("mine");
    expect(await store.entries()).toEqual([]);
    expect(await readdir(join(store.home, "plugins"))).toEqual([]);
  });

  test("knows every file that is not what was installed, a link in its place among them", async () => {
    const store = fresh();
    await store.install(await candidate(await plugin()), { trust: false });
    const place = join(store.home, "plugins", "mine");
    await rm(join(place, "mod.js"));
    await symlink("/etc/hostname", join(place, "mod.js"));
    await writeFile(join(place, "more.js"), "");
    await rm(join(place, "explainer.json"));
    expect(await store.verify("mine")).toEqual([
      { file: "explainer.json", how: "missing" },
      { file: "mod.js", how: "changed" },
      { file: "more.js", how: "new" },
    ]);
  });

  test("says which plugins there are, where one is asked for that is not", async () => {
    const store = fresh();
    await expect(store.remove("x")).rejects.toEqual(code("PLUGIN_UNKNOWN", /"x"/));
    await store.install(await candidate(await plugin()), { trust: false });
    await expect(store.verify("min")).rejects.toMatchObject({ hint: "There are mine" });
  });

  test.skipIf(!("deno" in process.versions))("loses nothing when two processes add plugins at once", async () => {
    const { home } = fresh(), ids = Array.from({ length: 24 }, (_, i) => `plugin-${i}`);
    const sources = await Promise.all(ids.map((id) => plugin({ id, explainers: [method({ id })] })));
    const adder = fileURLToPath(new URL("fixtures/add.ts", import.meta.url));
    const add = (some: string[]) => promisify(execFile)(process.execPath, ["run", "-A", adder, home, ...some]);
    await Promise.all([add(sources.slice(0, 12)), add(sources.slice(12))]);
    const entries = await new PluginStore(home).entries();
    expect(entries.map(({ manifest: { id } }) => id).sort()).toEqual(ids.sort());
    for (const { folder, files } of entries) expect(await differences(folder, files)).toEqual([]);
    expect((await readdir(home)).sort()).toEqual(["plugins", "plugins.json", "plugins.lock.json"]);
  });

  test("judges a plugin beside what is installed by then", async () => {
    const store = fresh(), seen: string[][] = [], found = await candidate(await plugin());
    const fits = (others: readonly Entry[]) =>
      Promise.resolve(void seen.push(others.map(({ manifest }) => manifest.id)));
    await Promise.all([1, 2].map(() => store.install(found, { trust: false, fits })));
    expect(seen).toEqual([[], ["mine"]]);
    const no = new Error("no");
    await expect(store.install(found, { trust: false, fits: () => Promise.reject(no) })).rejects.toBe(no);
    await store.remove("mine");
  });

  test.each([["plugins.json", "{"], ["plugins.json", '{"plugins": {"a": 1}}'], [
    "plugins.lock.json",
    '{"lockVersion": 9}',
  ], ["plugins.lock.json", "null"]])(
    "refuses a damaged %s",
    async (name, text) => {
      const store = fresh();
      await mkdir(store.home);
      await writeFile(join(store.home, name), text);
      await expect(store.entries()).rejects.toEqual(code("PLUGIN_STORE", new RegExp(name)));
    },
  );

  test("says so where it cannot be written", async () => {
    await writeFile(join(root, "a-file"), "");
    await expect(new PluginStore(join(root, "a-file")).install(await candidate(await plugin()), { trust: false }))
      .rejects.toEqual(code("PLUGIN_STORE", /a-file/));
  });

  test("refuses a choice that the lock does not know", async () => {
    const store = fresh();
    await mkdir(store.home);
    await writeFile(join(store.home, "plugins.json"), '{"plugins": {"mine": {"source": "/x"}}}');
    await expect(store.entries()).rejects.toEqual(code("PLUGIN_STORE", /"mine"/));
  });
});
