import { describe, expect, test } from "vitest";
import { createApp, type Progress } from "./mod.ts";
import { engineWith, golden, post } from "./testing.ts";

/** An engine that waits to be told to go on, and what became of its work. */
function world() {
  let go = (): void => {};
  const became: string[] = [];
  const explain = async (_: unknown, { signal, progress, partial }: Progress) => {
    progress?.("lrp", 1, 2);
    progress?.("lrp", 2, 2);
    partial?.(golden);
    await new Promise<void>((resolve, reject) => {
      go = resolve;
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    }).catch((reason) => (became.push("stopped"), Promise.reject(reason)));
    became.push("done");
    return [golden];
  };
  const api = createApp({
    engine: engineWith({ explain }),
    models: [{ name: "sentiment-en", bytes: 1 }],
    version: "0",
  });
  const begin = (query = "") =>
    api.request(`/api/v1/explain${query}`, post({ input: { text: "x" } }, { accept: "text/event-stream" }));
  return { api, begin, became, go: () => go() };
}

interface Heard {
  readonly id: number;
  readonly event: string;
  readonly data: unknown;
}

const parsed = (text: string): Heard[] =>
  text.split("\n\n").filter(Boolean).map((block) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
    return { id: Number(field("id")), event: field("event"), data: JSON.parse(field("data")) };
  });

/** Reads events until one of a kind has come, then hangs up. */
async function until(response: Response, event: string): Promise<Heard[]> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(`event: ${event}\n`) || !text.endsWith("\n\n")) text += (await reader.read()).value;
  await reader.cancel();
  return parsed(text);
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

describe("a run told as events", () => {
  test("tells progress, each explanation as it comes, and the result; ids rise", async () => {
    const { begin, go } = world(), response = await begin();
    setTimeout(go, 20);
    const heard = parsed(await response.text());
    expect(heard.map(({ event }) => event).filter((event) => event !== "progress")).toEqual(["partial", "result"]);
    expect(heard.find(({ event }) => event === "partial")!.data).toEqual({ explanation: golden });
    expect(heard.at(-1)!.data).toEqual([golden]);
    expect(heard.every(({ id }, i) => i === 0 || id > heard[i - 1]!.id)).toBe(true);
  });

  test("closing the connection stops the work", async () => {
    const { begin, became } = world();
    await until(await begin(), "partial");
    await settled();
    expect(became).toEqual(["stopped"]);
  });

  test("one that is kept goes on; Last-Event-ID brings what was missed, and only that", async () => {
    const { api, begin, became, go } = world(), before = await until(await begin("?keep=5"), "partial");
    const { id } = before[0]!.data as { id: string };
    expect(before[0]!.event).toBe("run");
    go();
    await settled();
    expect(became).toEqual(["done"]);
    const again = (heard?: number) =>
      api.request(`/api/v1/runs/${id}`, heard === undefined ? {} : { headers: { "last-event-id": String(heard) } });
    const after = parsed(await (await again(before.at(-1)!.id)).text());
    expect(after.map(({ event }) => event)).toEqual(["result"]);
    expect(after[0]!.id).toBeGreaterThan(before.at(-1)!.id);
    expect(parsed(await (await again()).text()).map(({ event }) => event)).toEqual([
      "run",
      "progress",
      "partial",
      "result",
    ]);
  });

  test("one that is kept stops when nobody comes back in time, and is forgotten", async () => {
    const { api, begin, became } = world(), [{ data }] = await until(await begin("?keep=1"), "partial") as [Heard];
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(became).toEqual(["stopped"]);
    expect((await api.request(`/api/v1/runs/${(data as { id: string }).id}`)).status).toBe(404);
  });

  test("can be cancelled; who listens is told", async () => {
    const { api, begin, became } = world(),
      response = await begin("?keep=5"),
      reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value!;
    const id = /"id":"([^"]+)"/.exec(text)![1]!;
    expect((await api.request(`/api/v1/runs/${id}`, { method: "DELETE" })).status).toBe(204);
    for (let chunk; !(chunk = await reader.read()).done;) text += chunk.value;
    expect(parsed(text).at(-1)).toMatchObject({ event: "error", data: { code: "CANCELLED" } });
    expect(became).toEqual(["stopped"]);
  });
});

describe("a batch", () => {
  const api = createApp({
    engine: engineWith({
      explain: ({ input }) =>
        "text" in input && input.text === "crash"
          ? Promise.reject(new TypeError("secret inside"))
          : Promise.resolve([golden]),
    }),
    models: [{ name: "sentiment-en", bytes: 1 }],
    version: "0",
    limits: { batch: 3 },
  });
  const send = (requests: unknown[], headers = {}) => api.request("/api/v1/explain/batch", post({ requests }, headers));
  const text = (text: string, rest = {}) => ({ input: { text }, ...rest });

  test("answers every request in its place; what fails fails alone", async () => {
    const { results } = await (await send([text("x"), text("crash"), text("x", { model: "../etc" })])).json();
    expect(results).toEqual([
      { explanations: [golden] },
      { error: expect.objectContaining({ code: "INTERNAL" }) },
      { error: expect.objectContaining({ code: "UNKNOWN_MODEL" }) },
    ]);
    expect(JSON.stringify(results)).not.toContain("secret");
  });

  test("comes as events, too", async () => {
    const heard = parsed(await (await send([text("x"), text("x")], { accept: "text/event-stream" })).text());
    expect(heard.at(-1)).toMatchObject({ event: "result", data: { results: [{}, {}] } });
  });

  test.each([[[], 400, "INVALID_REQUEST"], [Array(4).fill(text("x")), 422, "BATCH_TOO_LARGE"]])(
    "is refused where it is empty or too large",
    async (requests, status, code) => {
      const refused = await send(requests);
      expect([refused.status, (await refused.json()).code]).toEqual([status, code]);
    },
  );
});
