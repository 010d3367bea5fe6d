/** For a request that nobody waits for any more nothing is computed after a second, however it was given up. */
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { children, times } from "./processes.ts";
import { canServe, json, type Serving, serving } from "./serving.ts";

const can = canServe && process.platform === "linux";
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const request = (steps: number) => ({
  input: { text: Array.from({ length: 60 }, (_, i) => ["good", "bad", "film", "love", "the"][i % 5]).join(" ") },
  methods: [{ id: "integrated-gradients", options: { steps } }],
  checks: false,
});
/** 600 passes over 62 tokens. */
const long = request(300);
const events = { accept: "text/event-stream" };

interface Way {
  readonly name: string;
  /** Begins the long run and gives it up while it computes. */
  give(server: Serving): Promise<void>;
}

const hangUp = (headers: Record<string, string>) => async ({ url }: Serving): Promise<void> => {
  const leave = new AbortController(), { headers: own, ...asked } = json(long);
  const gone = fetch(`${url}/api/v1/explain`, { ...asked, headers: { ...own, ...headers }, signal: leave.signal });
  const read = gone.then((answer) => answer.text()).catch(() => {});
  await pause(1000);
  leave.abort();
  await read;
};
const cancel = async ({ url }: Serving): Promise<void> => {
  const { headers: own, ...asked } = json(long);
  const answer = await fetch(`${url}/api/v1/explain?keep=300`, { ...asked, headers: { ...own, ...events } });
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader(), { value } = await reader.read();
  await pause(1000);
  expect((await fetch(`${url}/api/v1/runs/${/"id":"([^"]+)"/.exec(value!)![1]}`, { method: "DELETE" })).status).toBe(
    204,
  );
  await reader.cancel();
};
const late = async ({ url }: Serving): Promise<void> => {
  expect((await fetch(`${url}/api/v1/explain`, json(long))).status).toBe(504);
};
const ways: readonly Way[] = [
  { name: "the client hangs up", give: hangUp({}) },
  { name: "the client closes the stream of events", give: hangUp(events) },
  { name: "the run is cancelled", give: cancel },
];

/** Gives up and compares what the engine has computed a second later and half a second after that. */
async function rests(server: Serving, give: Way["give"]): Promise<void> {
  const [engine] = await children(server.child.pid!) as [string], computed = async () => (await times(engine))?.user;
  const before = (await computed())!, begun = give(server);
  await pause(900);
  expect((await computed())! - before).toBeGreaterThan(5); // it computes
  await begun;
  await pause(1000);
  const rested = await computed();
  await pause(500);
  // Undefined where it had to be ended. Who tidies up takes a moment; a pass takes six.
  expect(((await computed()) ?? rested ?? 0) - (rested ?? 0)).toBeLessThan(3);
}

describe.skipIf(!can)("the processor rests within a second (skipped without /proc)", { timeout: 120_000 }, () => {
  let patient: Serving, strict: Serving;
  beforeAll(async () => {
    [patient, strict] = await Promise.all([serving(), serving(["--pin", "sentiment-en", "--deadline", "3"])]);
  });
  afterAll(() => Promise.all([patient.end(), strict.end()])); // fails where one waits for who may come back to a run

  test.each(ways)("after $name", async ({ give }) => {
    expect((await fetch(`${patient.url}/api/v1/explain`, json(request(1)))).status).toBe(200); // the model is open
    await rests(patient, give);
  });

  test("after the deadline", () => rests(strict, late));
});
