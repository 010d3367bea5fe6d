import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const isDeno = "deno" in process.versions, hasProc = process.platform === "linux";
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(!isDeno)("hyaline serve (skipped on Node, which runs no TypeScript across packages)", () => {
  let server: ChildProcess, address = "", ended: Promise<number | null>;
  beforeAll(async () => {
    server = spawn(process.execPath, ["run", "-A", main, "serve", "--port", "0"], {
      env: { ...process.env, XDG_CONFIG_HOME: "/nonexistent" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    ended = new Promise((resolve) => server.once("exit", resolve));
    address = await new Promise((resolve, reject) => {
      server.stdout!.on("data", (chunk) => {
        const found = /http:\S+/.exec(String(chunk));
        if (found) resolve(found[0]);
      });
      void ended.then((code) => reject(new Error(`it ended with ${code}`)));
    });
  });
  afterAll(() => server.kill("SIGKILL"));
  const ask = (body: unknown, signal?: AbortSignal) => send("explain", body, signal);
  const send = (path: string, body: unknown, signal?: AbortSignal) =>
    fetch(`${address}/api/v1/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  /** Minutes of work on any machine. */
  const long = {
    input: { text: "what a good film ".repeat(20) },
    methods: [{ id: "integrated-gradients", options: { steps: 300 } }, { id: "occlusion", options: {} }],
  };

  test("explains with the model that comes along", async () => {
    const response = await ask({ input: { text: "I love programming" } });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject([{ type: "token-scores", model: { id: expect.any(String) } }]);
  }, 120_000);

  test("tokenises, inspects, loads and unloads; the list says what is open", async () => {
    const read = await (await send("tokenise", { text: "I love it" })).json();
    expect(read.tokens.map(({ text }: { text: string }) => text)).toEqual(["[CLS]", "I", "love", "it", "[SEP]"]);
    expect(await (await fetch(`${address}/api/v1/models/ioi-lm/inspect?length=8`)).json()).toMatchObject({ length: 8 });
    expect(await (await send("models/ioi-lm/load", { pinned: true })).json()).toMatchObject({ pinned: true });
    expect(await (await send("models/sentiment-en/unload", {})).json()).toEqual({ closed: 1 });
    const models: { name: string; open: unknown[] }[] = await (await fetch(`${address}/api/v1/models`)).json();
    expect(models.filter(({ open }) => open.length).map(({ name }) => name)).toEqual(["ioi-lm"]);
  });

  test("health answers within 50 ms while it explains", async () => {
    const leave = new AbortController(), gone = ask(long, leave.signal).catch(() => {}), took: number[] = [];
    await pause(500);
    for (let i = 0; i < 20; i++) {
      const from = performance.now();
      expect((await fetch(`${address}/health/live`)).status).toBe(200);
      took.push(performance.now() - from);
      await pause(20);
    }
    leave.abort();
    await gone;
    expect(took.sort((a, b) => a - b)[Math.floor(took.length / 2)]).toBeLessThan(50); // the median: the machine has others to serve
  }, 120_000);

  test.skipIf(!hasProc)("one second after its client left, what computed for it is idle or gone", async () => {
    await (await send("predict", { input: { text: "I love programming" } })).arrayBuffer(); // an engine just started is busy by itself
    const leave = new AbortController(), gone = ask(long, leave.signal).catch(() => {});
    await pause(1500);
    const [worker] = await children(server.pid!), busy = await ticks(worker!);
    await pause(500);
    expect(await ticks(worker!) - busy).toBeGreaterThan(2);
    leave.abort();
    await gone;
    await pause(1000);
    const before = await ticks(worker!);
    await pause(1000);
    expect(await ticks(worker!) - before).toBeLessThan(5);
  }, 120_000);

  test("on SIGTERM it is no longer ready, answers what is under way, and ends with 0", async () => {
    while (!(await fetch(`${address}/health/ready`)).ok) await pause(100);
    const under = ask({ input: { text: "I love every kind of programming" } });
    await pause(100);
    process.kill(server.pid!, "SIGTERM"); // `server.kill` would have Deno tell the signal instead of the code
    const answer = await under;
    expect([answer.status, answer.headers.get("connection")]).toEqual([200, "close"]);
    expect(await answer.json()).toMatchObject([{ type: "token-scores" }]);
    expect(await ended).toBe(0);
  }, 60_000);
});

/** Hundredths of a second that a process has computed; 0 where there is none. */
async function ticks(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""), fields = stat.split(") ")[1]?.split(" ");
  return Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0);
}

const children = async (pid: number): Promise<string[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
