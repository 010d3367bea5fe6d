/**
 * Sixteen ways out, each tried by a plugin that means harm. Every time: nothing gets out, the host goes on, the message is clear.
 */
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { packTar } from "modern-tar";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Subject } from "../../packages/core/src/host/subject.ts";
import { candidate } from "../../packages/core/src/plugins/store.ts";
import type { Explanation } from "../../packages/core/src/result/mod.ts";
import { findDeno } from "../../packages/core/src/sandbox/process.ts";
import { hostOf, subjectIn } from "../explainers/host.ts";
import { letIn, SOUND, type Source, written } from "./hostile.ts";

vi.setConfig({ testTimeout: 180_000 }); // processes start slowly on a busy machine

const failing = (code: string, words: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(words) });

describe.skipIf(!findDeno())("a hostile plugin (skipped where there is no Deno to lock it in)", () => {
  let home = "", secret = "", visits = 0, model: Subject;
  const made: string[] = [],
    server = createServer((_, response) => {
      visits++;
      response.end("caught");
    });
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  beforeAll(async () => {
    model = await subjectIn(new URL("../../models/ioi-lm/", import.meta.url));
    home = await mkdtemp(join(tmpdir(), "hyaline-home-"));
    secret = join(home, "secret.txt");
    await writeFile(secret, "the secret");
    await writeFile(join(home, "secret.js"), 'export default "the secret"');
    process.env.HYALINE_SECRET = "the secret";
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  });
  afterAll(async () => {
    server.close();
    for (const folder of [home, ...made]) await rm(folder, { recursive: true, force: true });
  });

  /** Explains by the plugin, and whatever came of it, by a built-in method on the same host afterwards. */
  async function run(source: Source): Promise<Explanation> {
    const folder = await written(source);
    made.push(folder);
    const plugin = await letIn(folder, home, source.seconds), hyaline = hostOf(model, [plugin]);
    const ask = (id: string) =>
      hyaline.explain({
        model: "ioi-lm",
        input: { text: "John gave a drink to" },
        methods: [{ id, options: {} }],
        checks: false,
      });
    try {
      const [found] = await ask(source.id ?? "hostile");
      return found!;
    } finally {
      const [after] = await ask("attention");
      expect(after!.method.id).toBe("attention");
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      await plugin.close?.();
    }
  }

  /** Tries each expression; what succeeded stands among the notes. */
  const attempts = (...tries: string[]): Source => ({
    body: `const got = [];
      for (const attempt of [${tries.map((code) => `async () => (${code})`).join(", ")}]) {
        try { const found = await attempt(); got.push("GOT " + attempt + " " + JSON.stringify(found)); } catch (error) { got.push(error.name + ": " + error.message); }
      }
      return { ...${SOUND}, notes: got };`,
  });
  const refused = (explanation: Explanation, words: RegExp) => {
    const tries = explanation.diagnostics.notes;
    expect(tries.length).toBeGreaterThan(0);
    for (const note of tries) expect(note).toMatch(words);
    expect(JSON.stringify(explanation)).not.toContain("the secret");
  };

  test("1. reads no file outside of its folder, by any door", async () => {
    const path = JSON.stringify(secret);
    refused(
      await run(attempts(
        `Deno.readTextFile(${path})`,
        `Deno.readTextFileSync("/etc/passwd")`,
        `Deno.readTextFileSync("/proc/self/environ")`,
        `(await import("node:fs")).readFileSync(${path}, "utf8")`,
        `(await fetch("file://" + ${path})).text()`,
        `(await import("file://" + ${path}.replace(".txt", ".js"))).default`,
        `(await import(${path}, { with: { type: "text" } })).default`,
        `Deno.open(${path})`,
        `[...Deno.readDirSync("/")].length`,
        `Deno.statSync(${path}).size`,
        `Deno.writeTextFileSync("mod.js", "x")`,
        `Deno.symlinkSync(${path}, "link")`,
        `localStorage.setItem("kept", "1")`,
        `(await caches.open("kept")).put("http://x/y", new Response("1"))`,
      )),
      /Requires (read|write|all) access|not supported|Not a directory|File exists|Failed to create cache storage/i,
    );
  });

  test("2. reaches no network", async () => {
    const port = `${(server.address() as AddressInfo).port}`;
    refused(
      await run(attempts(
        `(await fetch("${url()}")).text()`,
        `(await Deno.connect({ hostname: "127.0.0.1", port: ${port} })).write(new Uint8Array(1))`,
        `new Promise((ok, no) => { const socket = new WebSocket("${
          url().replace("http", "ws")
        }"); socket.onopen = ok; socket.onerror = (e) => no(new Error(e.message || "Requires net access")); })`,
        `new Promise((ok, no) => import("node:net").then(({ connect }) => connect(${port}, "127.0.0.1").on("connect", ok).on("error", no)))`,
        `Deno.resolveDns("example.org", "A")`,
        `(await Deno.listen({ port: 0 })).addr`,
      )),
      /Requires (net|read) access|NotCapable/,
    );
    expect(visits).toBe(0);
  });

  test("2. reaches where a person agreed that it may, and nowhere else", async () => {
    const { host } = new URL(url());
    const found = await run({
      manifest: { permissions: { net: [host] } },
      body: `const said = await (await fetch("${url()}")).text();
        const other = await fetch("http://127.0.0.1:18081/").catch((error) => error.message);
        return { ...${SOUND}, notes: [said, other] };`,
    });
    expect(found.diagnostics.notes).toEqual(["caught", expect.stringMatching(/Requires net access/)]);
    visits = 0;
  });

  test("3. sees no environment", async () => {
    refused(
      await run(attempts(
        `Deno.env.toObject()`,
        `Deno.env.get("HYALINE_SECRET")`,
        `(await import("node:process")).default.env.HYALINE_SECRET.length`,
        `Deno.hostname()`,
        `new Deno.Command("/bin/sh", { args: ["-c", "env"] }).outputSync().code`,
        `(await import("node:child_process")).execFileSync("/usr/bin/env")`,
      )),
      /Requires (env|sys|read|run) access|NotCapable|undefined/,
    );
  });

  test("4. imports nothing from npm, the web or the host", async () => {
    refused(
      await run(attempts(
        `import("npm:left-pad")`,
        `import("jsr:@std/path")`,
        `import("${url()}x.js")`,
        `import("zod")`,
        `import("@hyaline/core")`,
        `import("../../secret.js")`,
      )),
      /--no-npm|--no-remote|access|not a dependency|Module not found|Relative import path|Import/,
    );
    expect(visits).toBe(0);
  });

  test("5. gets no more by a worker of its own", async () => {
    const code = `data:text/javascript,try { postMessage(Deno.readTextFileSync(${
      JSON.stringify(secret)
    })) } catch (error) { postMessage(error.message) }`;
    const worker = (permissions: string) =>
      `new Promise((ok, no) => { const worker = new Worker(${
        JSON.stringify(code)
      }, { type: "module"${permissions} }); worker.onmessage = ({ data }) => no(new Error(data)); worker.onerror = (e) => { e.preventDefault(); no(new Error("Requires access: " + e.message)); }; })`;
    refused(await run(attempts(worker(""))), /Requires read access/);
    await expect(run(attempts(worker(", deno: { permissions: { read: true } }")))).rejects.toEqual(
      failing("PLUGIN_CRASHED", /Unstable API 'Worker.deno.permissions'/),
    );
  });

  test("6. is stopped when it works without end", async () => {
    await expect(run({ body: "for (;;);" })).rejects.toEqual(
      failing("PLUGIN_LIMIT", /"hostile" was stopped: it used more time than the 4 s/),
    );
  });

  test.each([
    ["objects", "const all = []; for (;;) all.push(new Array(1e5).fill(0.5));"],
    ["buffers", "const all = []; for (;;) all.push(new Uint8Array(1e8));"],
    [
      "workers",
      `const code = "data:text/javascript,const all = []; for (;;) all.push(new Uint8Array(1e8));";
       for (let i = 0; i < 8; i++) new Worker(code, { type: "module" }); await new Promise(() => {});`,
    ],
  ])("7. takes no more memory than it may: %s", async (_, body) => {
    await expect(run({ body, seconds: 40 })).rejects.toEqual(failing("PLUGIN_LIMIT", /more memory/));
  });

  test.each([
    ["frames", `for (;;) context.log("x".repeat(100_000));`, /output than the 1048576 bytes/],
    [
      "standard output",
      `const junk = new Uint8Array(1e6).fill(65); for (;;) Deno.stdout.writeSync(junk);`,
      /claims \d+ bytes/,
    ],
    ["standard error", `for (;;) console.error("x".repeat(100_000));`, /output than the 1048576 bytes of messages/],
    ["progress", `for (;;) context.progress(1, 2);`, /output than/],
  ])("8. is stopped when it floods: %s", async (_, body, words) => {
    await expect(run({ body })).rejects.toMatchObject({
      code: expect.stringMatching(/^(PLUGIN_LIMIT|BAD_FRAME)$/),
      message: expect.stringMatching(words),
    });
  });

  test("9. is held to its manifest: type of result, predictions, evidence", async () => {
    await expect(
      run({
        body:
          `return { type: "curve", signed: false, data: { x: { title: "x" }, y: { title: "y" }, series: [{ title: "s", x: [1], y: [1] }] } };`,
      }),
    )
      .rejects.toEqual(failing("PLUGIN_BROKEN", /gives "curve", its manifest says token-scores/));
    await expect(run({ body: `await context.predict([]);` })).rejects.toEqual(
      failing("PLUGIN_FAILED", /predict is not a function/),
    );
    await expect(
      run({
        before: `const said = new TextEncoder();`,
        body: forged(`{ kind: "predict", call: 1, edits: [{ ids: [1] }] }`) +
          `await new Promise((ok) => setTimeout(ok, 200)); return ${SOUND};`,
      }),
    )
      .resolves.toMatchObject({ type: "token-scores" });
    const seen = await run({ body: `return { ...${SOUND}, notes: Object.keys(evidence).sort() };` });
    expect(seen.diagnostics.notes).toEqual(["target", "tokens", "words"]);
  });

  test("10. cannot be unpacked outside of its folder, nor name a module there", async () => {
    const manifest = JSON.stringify({ manifestVersion: 1 });
    for (const name of ["../evil.js", "package/../../evil.js", "/etc/evil.js", "a\\..\\evil.js"]) {
      const archive = await packTar([
        { header: { name: "package/explainer.json", size: manifest.length, type: "file" }, body: manifest },
        { header: { name, size: 1, type: "file" }, body: "x" },
      ]);
      const path = join(home, "evil.tgz");
      await writeFile(path, archive);
      await expect(candidate(path)).rejects.toMatchObject({ code: expect.stringMatching(/^PLUGIN_(PATH|SOURCE)$/) });
    }
    for (const type of ["symlink", "link"] as const) {
      const path = join(home, "link.tgz");
      await writeFile(
        path,
        await packTar([{ header: { name: "package/mod.js", size: 0, type, linkname: "/etc/passwd" } }]),
      );
      await expect(candidate(path)).rejects.toEqual(
        failing("PLUGIN_PATH", /"package\/mod.js" is a (sym)?link in an archive/),
      );
    }
    for (const entry of ["../mod.js", "./../mod.js", "./a/../../mod.js", "/etc/mod.js", "https://example.org/mod.js"]) {
      const folder = await written({ body: "", manifest: { entry } });
      made.push(folder);
      await expect(candidate(folder)).rejects.toEqual(failing("PLUGIN_MANIFEST", /entry: A path inside the plugin/));
    }
  });

  test("11. brings no link that leaves its folder", async () => {
    for (const target of [secret, "/etc", "..", join(home, "nowhere")]) {
      const folder = await written({ body: "" });
      made.push(folder);
      await symlink(target, join(folder, "data"));
      await expect(candidate(folder)).rejects.toEqual(
        failing("PLUGIN_PATH", /"data" is a link (that leaves the folder|to nothing)/),
      );
    }
  });

  test("12. does not run once a file of it has changed, is gone, or is new", async () => {
    const place = join(home, "plugins", "hostile");
    for (
      const [change, words] of [
        [
          () => writeFile(join(place, "part.js"), "export default 2"),
          /its file "part.js" is not the one that was installed/,
        ],
        [() => rm(join(place, "part.js")), /its file "part.js" is gone/],
        [() => writeFile(join(place, "extra.js"), ""), /its file "extra.js" is new/],
        [() => writeFile(join(place, "explainer.json"), "{}"), /its file "explainer.json" is not/],
      ] as const
    ) {
      const folder = await written({ body: `return ${SOUND};`, files: { "part.js": "export default 1" } });
      made.push(folder);
      const plugin = await letIn(folder, home), hyaline = hostOf(model, [plugin]);
      const ask = () =>
        hyaline.explain({
          model: "ioi-lm",
          input: { text: "John gave" },
          methods: [{ id: "hostile", options: {} }],
          checks: false,
        });
      await ask();
      await change();
      await expect(ask()).rejects.toEqual(failing("PLUGIN_CHANGED", words));
      await plugin.close?.();
    }
  });

  test("13. reaches no prototype of the host", async () => {
    await expect(run({ body: `return JSON.parse('{"__proto__": {"polluted": 1}, "type": "token-scores"}');` })).rejects
      .toEqual(failing("BAD_FRAME", /__proto__/));
    await expect(run({ body: `return { ...${SOUND}, constructor: { prototype: { polluted: 1 } } };` })).rejects.toEqual(
      failing("PLUGIN_BROKEN", /constructor/),
    );
    const own = await run({
      body: `Object.prototype.polluted = 1; Array.prototype.map = () => 7; return ${
        SOUND.replace("tokens.map((_, i) => i)", "Array.from(tokens, () => 1)")
      };`,
    });
    expect(own.type).toBe("token-scores");
    const folder = await written({ body: "", manifest: JSON.parse('{"__proto__": {"polluted": 1}}') });
    made.push(folder);
    await expect(candidate(folder)).rejects.toEqual(failing("PLUGIN_MANIFEST", /Unrecognized key: "__proto__"/));
  });

  test("14. is refused with a result that is huge, or not as large as it says", async () => {
    await expect(
      run({ body: `return { ...${SOUND}, data: { shape: [1e9], values: new Array(1e6).fill(0), join: "sum" } };` }),
    ).rejects.toEqual(
      failing("PLUGIN_LIMIT", /output/),
    );
    await expect(run({ body: `return { ...${SOUND}, data: { shape: [1e9], values: [1], join: "sum" } };` })).rejects
      .toEqual(failing("PLUGIN_BROKEN", /contradicts itself/));
    await expect(run({ body: `return { ...${SOUND}, notes: ["x".repeat(5e6)] };` })).rejects.toEqual(
      failing("PLUGIN_LIMIT", /output/),
    );
    await expect(
      run({
        body: `return { ...${SOUND}, data: { shape: [tokens.length], values: tokens.map(() => NaN), join: "sum" } };`,
      }),
    ).rejects.toEqual(failing("PLUGIN_BROKEN", /is none/));
    for (const nothing of ["undefined", "null", "7", "[]", "{}"]) {
      await expect(run({ body: `return ${nothing};` })).rejects.toEqual(failing("PLUGIN_BROKEN", /is none/));
    }
  });

  test("15. is not waited for when it never answers, nor when it will not stop", async () => {
    await expect(run({ body: "await new Promise(() => {});" })).rejects.toEqual(failing("PLUGIN_LIMIT", /time/));
    const folder = await written({ body: "for (;;) await new Promise((ok) => setTimeout(ok, 10));" });
    made.push(folder);
    const plugin = await letIn(folder, home), hyaline = hostOf(model, [plugin]);
    const began = performance.now();
    await expect(
      hyaline.explain({ model: "ioi-lm", input: { text: "John" }, methods: [{ id: "hostile", options: {} }] }, {
        signal: AbortSignal.timeout(500),
      }),
    ).rejects.toMatchObject({ name: "TimeoutError" });
    expect(performance.now() - began).toBeLessThan(3000);
    await plugin.close?.();
  });

  test.each([
    ["exit", "Deno.exit(3);", "PLUGIN_CRASHED", /exit code 3/],
    ["throws", `throw new Error("boom");`, "PLUGIN_FAILED", /boom/],
    ["throws nothing", "throw undefined;", "PLUGIN_FAILED", /undefined/],
    [
      "throws later",
      `setTimeout(() => { throw new Error("late boom"); }, 10); await new Promise(() => {});`,
      "PLUGIN_CRASHED",
      /late boom/,
    ],
    ["overflows", "const deep = () => deep() + 1; deep();", "PLUGIN_FAILED", /call stack/],
    ["kills itself", `Deno.kill(Deno.pid, "SIGKILL"); await new Promise(() => {});`, "PLUGIN_CRASHED", /SIGKILL/],
    ["kills the host", `Deno.kill(Deno.ppid, "SIGKILL");`, "PLUGIN_FAILED", /run access/],
  ])("16. may crash, and only itself: %s", async (_, body, code, words) => {
    await expect(run({ body })).rejects.toEqual(failing(code, words));
  });

  test("16. may fail to load, and only itself", async () => {
    await expect(run({ before: "throw new Error('not today');", body: "" })).rejects.toEqual(
      failing("PLUGIN_FAILED", /not today/),
    );
    await expect(run({ before: "this is no JavaScript", body: "" })).rejects.toEqual(failing("PLUGIN_FAILED", /./));
  });

  /** Writes a frame past the guest, as if the guest had said it. */
  function forged(message: string): string {
    return `const text = new TextEncoder().encode(JSON.stringify(${message})), frame = new Uint8Array(8 + text.length);
      new Uint32Array(frame.buffer, 0, 2).set([frame.length, text.length]); frame.set(text, 8);
      Deno.stdout.writeSync(frame);`;
  }
});
