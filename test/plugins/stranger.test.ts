/**
 * The plugins of examples/, as strangers publish and people add them: packed by npm, from a file and from a registry.
 */
import { execFile, execFileSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { run } from "../../packages/cli/src/mod.ts";
import { openEngine } from "../../packages/cli/src/open.ts";
import { type Explanation, migrate } from "../../packages/core/src/result/mod.ts";
import { findDeno } from "../../packages/core/src/sandbox/process.ts";
import { type Registry, registry } from "./registry.ts";

vi.setConfig({ testTimeout: 180_000 }); // processes start slowly on a busy machine

const examples = fileURLToPath(new URL("../../examples/plugins/", import.meta.url));
const has = (command: string): boolean => {
  try {
    return execFileSync(command, ["--version"]).length > 0;
  } catch {
    return false;
  }
};

describe.skipIf(!findDeno() || !has("npm"))("a stranger's plugin (skipped without npm, or Deno to lock it in)", () => {
  let root = "", own: Registry;
  const before = { ...process.env };
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "hyaline-stranger-"));
    own = await registry();
    const npmrc = join(root, "npmrc");
    await writeFile(
      npmrc,
      `registry=${own.url}\n${own.url.replace("http:", "")}:_authToken=anybody\nfetch-retries=0\n`,
    );
    Object.assign(process.env, {
      HYALINE_HOME: join(root, "home"),
      npm_config_userconfig: npmrc,
      npm_config_cache: join(root, "cache"),
    });
    delete process.env.npm_config_registry;
  });
  afterAll(async () => {
    own.close();
    for (const name of ["HYALINE_HOME", "npm_config_userconfig", "npm_config_cache", "npm_config_registry"]) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    await rm(root, { recursive: true, force: true });
  });

  /** A command line in memory, on the real engine; `answer` is what the person says when asked. */
  async function hyaline(args: readonly string[], answer?: string) {
    const written = { out: "", err: "" };
    const sink = (to: "out" | "err") => ({ write: (text: string) => void (written[to] += text), isTTY: false });
    const io = {
      stdout: sink("out"),
      stderr: sink("err"),
      stdin: () => Promise.resolve(""),
      env: process.env,
      signal: new AbortController().signal,
      ...(answer === undefined
        ? {}
        : { ask: (question: string) => (written.out += question, Promise.resolve(answer)) }),
    };
    return { code: await run(args, { io, open: openEngine }), ...written };
  }
  const done = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await hyaline(args);
    if (code !== 0) throw new Error(err || out);
    return out;
  };
  const explained = async (...args: string[]): Promise<Explanation> =>
    migrate(JSON.parse(await done("explain", ...args, "--format", "json", "--no-checks")));
  // Not the synchronous way: the registry answers from this very process.
  const npm = async (folder: string, ...args: string[]): Promise<string> =>
    (await promisify(execFile)("npm", [...args, "--silent"], { cwd: folder })).stdout.trim();
  const copied = async (name: string): Promise<string> => {
    const folder = await mkdtemp(join(root, `${name}-`));
    await cp(join(examples, name), folder, { recursive: true });
    return folder;
  };

  test("in TypeScript: packed, shown, agreed to, used, and taken away", async () => {
    const folder = await copied("word-pairs"), archive = join(folder, await npm(folder, "pack"));
    expect(await hyaline(["plugin", "add", archive])).toMatchObject({
      code: 2,
      err: expect.stringContaining("CONSENT_NEEDED"),
    });
    const no = await hyaline(["plugin", "add", archive], "no");
    expect(no.code).toBe(1);
    expect(no.out).toMatch(/sees +your text, tokens, the model's answers to changed texts \(at most option budget\)/);
    expect(no.out).toMatch(/network +none/);
    expect(await done("plugin", "list")).toContain("No plugins were added");

    expect(await hyaline(["plugin", "add", archive], "y")).toMatchObject({
      code: 0,
      out: expect.stringContaining("Installed word-pairs 0.1.0"),
    });
    const found = await explained("not bad at all", "--method", "word-pairs");
    if (found.type !== "token-matrix") throw new Error("not a matrix");
    const { shape: [size], values, rows } = found.data;
    expect(rows.map((i) => found.tokens[i]!.text)).toEqual(["not", "bad", "at", "all"]);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) expect(values[i * size + j]).toBe(values[j * size + i]);
    }
    expect(values.some((v) => Math.abs(v) > 0.01)).toBe(true);
    expect(found.diagnostics.passes.forward).toBe(1 + 1 + 4 + 6);
    expect(await done("methods")).toContain("word-pairs");
    expect(await done("methods", "word-pairs")).toContain("word-pairs 0.1.0");
    expect(await done("plugin", "verify")).toBe("word-pairs: as installed\n");
    await done("plugin", "remove", "word-pairs");
    expect((await hyaline(["explain", "x", "--method", "word-pairs"])).err).toContain("UNKNOWN_METHOD");
  });

  test("in JavaScript: from a folder, beside built-in methods on the same forward pass", async () => {
    await done("plugin", "add", join(examples, "attention-entropy"), "--yes");
    const all = JSON.parse(
      await done(
        "explain",
        "a fine film",
        "--method",
        "attention-entropy,attention",
        "--format",
        "json",
        "--no-checks",
      ),
    ) as Explanation[];
    const found = migrate(all[0]);
    if (found.type !== "layer-head-grid") throw new Error("not a grid");
    expect(found.data.shape).toEqual([6, 12]);
    expect(found.data.values.every((v) => v >= 0 && v <= 1)).toBe(true);
    expect(new Set(found.data.values).size).toBe(72);
    expect(all.map(({ diagnostics }) => diagnostics.passes.forward)).toEqual([1, 1]);
    await done("plugin", "remove", "attention-entropy");
  });

  test("without code: a composite, whose books close", async () => {
    expect((await hyaline(["plugin", "add", join(examples, "positive-lrp"), "--yes"])).out).toMatch(/runs in +no code/);
    const long = await explained("a fine film", "--composite", "positive-lrp"),
      short = await explained("a fine film", "--method", "positive-lrp");
    const usual = await explained("a fine film");
    expect(long.method).toMatchObject({ id: "lrp", composite: "positive-lrp" });
    expect(long.diagnostics.ledger!.closed).toBe(true);
    expect(short.data).toEqual(long.data);
    expect(long.data).not.toEqual(usual.data);
    await done("plugin", "remove", "positive-lrp");
  });

  test.each(["word-pairs", "attention-entropy", "positive-lrp"])("passes the conformance kit: %s", async (name) => {
    const { code, out } = await hyaline(["plugin", "test", join(examples, name), "--model", "ioi-lm"]);
    expect(out).not.toContain("not ok");
    expect(out).toMatch(/^TAP version 14\nok 1 - [^]*\n1\.\.\d+\n$/);
    expect(code).toBe(0);
  });

  test("from npm: published, added by name, updated; its scripts do not run, and a damaged archive is refused", {
    timeout: 180_000,
  }, async () => {
    const folder = await copied("word-pairs"), proof = join(root, "script-ran"), path = join(folder, "package.json");
    const release = async (version: string) => {
      const scripts = Object.fromEntries(
        ["preinstall", "install", "postinstall", "prepare", "prepack"].map((name) => [name, `touch ${proof}`]),
      );
      await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), version, scripts }));
      const manifest = join(folder, "explainer.json");
      await writeFile(manifest, JSON.stringify({ ...JSON.parse(await readFile(manifest, "utf8")), version }));
      await npm(folder, "publish", "--ignore-scripts", "--access=public");
    };
    await release("0.1.0");
    expect(await done("plugin", "add", "hyaline-word-pairs@^0.1.0", "--yes")).toMatch(
      /from +hyaline-word-pairs@\^0\.1\.0 \(sha512-/,
    );
    await expect(stat(proof)).rejects.toMatchObject({ code: "ENOENT" });
    expect((await explained("not bad", "--method", "word-pairs")).explainer).toEqual({
      id: "word-pairs",
      version: "0.1.0",
    });

    expect(await done("plugin", "update")).toMatch(/is what hyaline-word-pairs@\^0\.1\.0 has/);
    await release("0.1.1");
    expect((await hyaline(["plugin", "update"])).err).toContain("CONSENT_NEEDED");
    expect(await done("plugin", "update", "--yes")).toContain("Installed word-pairs 0.1.1");
    expect(await done("plugin", "list")).toMatch(/word-pairs +0\.1\.1/);
    await done("plugin", "remove", "word-pairs");

    await release("0.1.2");
    own.tamper("hyaline-word-pairs-0.1.2.tgz");
    expect((await hyaline(["plugin", "add", "hyaline-word-pairs", "--yes"])).err).toMatch(
      /PLUGIN_SOURCE.*(EINTEGRITY|integrity|sha512)/,
    );
    expect((await hyaline(["plugin", "add", "hyaline-nobody-has-this", "--yes"])).err).toMatch(/PLUGIN_SOURCE.*404/);
  });

  test("gets in only once under one name, and only for this contract", async () => {
    const folder = await copied("attention-entropy"),
      manifest = JSON.parse(await readFile(join(folder, "explainer.json"), "utf8"));
    for (
      const [changed, words] of [
        [{ ...manifest, id: "lime" }, /PLUGIN_COLLISION.*"lime"/],
        [{ ...manifest, explainers: [{ ...manifest.explainers[0], id: "lrp" }] }, /PLUGIN_COLLISION.*"lrp"/],
        [{ ...manifest, explainers: [{ ...manifest.explainers[0], id: "cp-lrp" }] }, /PLUGIN_COLLISION.*"cp-lrp"/],
        [{ ...manifest, apiVersion: "^2.0.0" }, /PLUGIN_API.*\^2\.0\.0/],
      ] as const
    ) {
      await writeFile(join(folder, "explainer.json"), JSON.stringify(changed));
      expect((await hyaline(["plugin", "add", folder, "--yes"])).err).toMatch(words);
    }
  });
});
