import { readFile, stat } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import { type Embedded, modelFile, openEmbedded } from "./embedded.ts";
import { answered, predictions, readCases } from "./evaluate.ts";
import { readPolarity, type Side, sideOf } from "./polarity.ts";
import { accuracy, calibrationError, wilson } from "./scores.ts";

const opened: Embedded[] = [];
const open = async (id: string): Promise<Embedded> => {
  const model = await openEmbedded(id);
  opened.push(model);
  return model;
};
afterAll(async () => {
  for (const model of opened) await model.release();
});

describe("the polarity data", () => {
  it("splits as scripts/polarity.py does: the counts in its README are met", async () => {
    const examples = await readPolarity();
    const count = (side: Side) => ["negative", "positive"].map((label) => examples.filter((e) => e.side === side && e.label === label).length);
    expect([count("train"), count("validation"), count("test")]).toEqual([[4245, 4286], [569, 517], [517, 528]]);
  });

  it("keeps sentences that differ in marks and spaces alone on one side", () => {
    expect(sideOf("a pretentious mess .")).toBe(sideOf(". . . a pretentious mess . . ."));
  });
});

describe("scores", () => {
  it("give Wilson's interval as statsmodels does for 45 of 50", () => {
    const [low, high] = wilson(45, 50);
    expect(low).toBeCloseTo(0.786398, 5);
    expect(high).toBeCloseTo(0.956524, 5);
  });

  it("see no calibration error where confidence is met, and the whole of it where never", () => {
    const sure = { probabilities: [0.75, 0.25], truth: 0 }, wrong = { probabilities: [0.75, 0.25], truth: 1 };
    expect(calibrationError([sure, sure, sure, wrong])).toBeCloseTo(0, 12);
    expect(calibrationError([wrong, wrong])).toBeCloseTo(0.75, 12);
  });
});

describe("ioi-lm", () => {
  it("answers at least 99 % of its held-out cases from the committed file", async () => {
    const cases = await readCases();
    expect(cases.length).toBe(200);
    expect(await answered(await open("ioi-lm"), cases)).toBeGreaterThanOrEqual(198);
  });

  it("has the evidence of every case where it says", async () => {
    for (const { text, evidence, evidence_positions: positions } of await readCases()) {
      const words = text.match(/\w+|[^\w\s]/g)!;
      expect(positions.map((p) => words[p])).toEqual(evidence);
    }
  });
});

describe.each([
  { id: "sentiment-en", bytes: 16_000_000, least: 0.82 },
  { id: "sentiment-lstm", bytes: 3_000_000, least: 0.75 },
])("$id", ({ id, bytes, least }) => {
  it("is within its size and has a row for every token", async () => {
    expect((await stat(modelFile(id))).size).toBeLessThanOrEqual(bytes);
    const folder = new URL(`${id}/`, import.meta.url), read = async (name: string) => JSON.parse(await readFile(new URL(name, folder), "utf8"));
    const { model } = await read("tokenizer.json") as { model: { vocab: Record<string, number> } };
    const ids = Object.values(model.vocab).sort((a, b) => a - b);
    expect(ids).toEqual(Array.from({ length: (await read("config.json")).vocab_size }, (_, i) => i));
  });

  it("classifies every fifth test sentence well above chance", async () => {
    const test = (await readPolarity()).filter((e) => e.side === "test").filter((_, i) => i % 5 === 0);
    expect(accuracy(await predictions(await open(id), test))).toBeGreaterThanOrEqual(least);
  });
});
