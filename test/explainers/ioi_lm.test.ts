/** The built-in explainers on a real language model whose deciding word is known, through the same host that CLI and API call. */
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import type { Hyaline } from "../../packages/core/src/host/hyaline.ts";
import type { Explanation, ExplanationOf } from "../../packages/core/src/result/mod.ts";
import { hostOn } from "./host.ts";

const folder = new URL("../../models/ioi-lm/", import.meta.url);
interface Case {
  readonly text: string;
  readonly answer: string;
  readonly foil: string;
  readonly evidence_positions: readonly number[];
  readonly kind: string;
}

const golden = JSON.parse(await readFile(new URL("ioi_lm_golden.json", import.meta.url), "utf8"));
/** Sentences of one length, so that one compiled program serves them all. */
const cases = (JSON.parse(await readFile(new URL("cases.json", folder), "utf8")) as Case[])
  .filter(({ kind, text }) => kind === "indirect-object" && text.match(/\w+|[^\w\s]/g)!.length === 14).slice(0, 4);
interface Asked {
  readonly id: string;
  readonly options?: Readonly<Record<string, string | number | boolean>>;
}
const ask = (
  { text, answer, foil }: Case,
  methods: readonly Asked[],
) => ({
  model: "ioi-lm",
  input: { text },
  target: { label: answer, foil },
  checks: false,
  methods: methods.map(({ id, options = {} }) => ({ id, options: { ...options } })),
});
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

let host: Hyaline;
beforeAll(async () => void (host = await hostOn(folder)));

describe("on ioi-lm", () => {
  let all: Explanation[];
  const of = (id: string) => all.find(({ method }) => method.id === id)! as ExplanationOf<"token-scores">;

  test("one call runs every built-in explainer", { timeout: 300_000 }, async () => {
    const budgeted = new Set(["shap", "shapley-sampling", "lime", "occlusion"]),
      ids = host.registry.methods.map(({ entry }) => entry.id);
    all = await host.explain(
      ask(
        cases[0]!,
        ids.map((id) => ({
          id,
          options: budgeted.has(id) ? { budget: 120 } : id === "grad-cam" ? { average: "all" } : {},
        })),
      ),
    );
    expect(all.map(({ method }) => method.id)).toEqual(ids);
    for (const { type, data, tokens } of all) {
      if (type === "token-scores") expect(data.values).toHaveLength(tokens.length);
    }
  });

  // Grad-CAM's own scale is [0, 1]; captum's is not.
  test.each([
    "saliency",
    "input-x-gradient",
    "integrated-gradients",
    "grad-cam",
    "attention",
    "attention-rollout",
    "attention-gradient",
    "occlusion",
  ])(
    "%s is torch's and captum's own to four digits",
    (id) => {
      const expected = golden[id] as number[], largest = Math.max(...expected.map(Math.abs)), { values } = of(id).data;
      const scale = id === "grad-cam" ? 1 / largest : 1;
      expected.forEach((value, t) =>
        expect(Math.abs(values[t]! - value * scale) / (largest * scale)).toBeLessThan(golden.tolerance)
      );
    },
  );

  test("relevance and its leaks close the books", () => {
    const { diagnostics: { ledger }, target, data } = of("lrp");
    expect(ledger!.closed).toBe(true);
    expect(ledger!.value).toBeCloseTo(target.value, 3);
    expect(sum(data.values)).toBeCloseTo(ledger!.tokens, 3);
  });

  test("attention and rollout are shares of one", () => {
    for (const id of ["attention", "attention-rollout"]) expect(sum(of(id).data.values)).toBeCloseTo(1, 4);
  });

  test("the walk-through's softmax is the model's own", () => {
    expect(of("attention-walkthrough").diagnostics.checks.find(({ id }) => id === "softmax")!.value!).toBeLessThan(
      1e-5,
    );
  });

  test("integrated gradients are complete", () => {
    expect(of("integrated-gradients").diagnostics.checks.find(({ id }) => id === "completeness")!.status).toBe(
      "passed",
    );
  });

  test("the black-box methods share out the same rise", () => {
    const rises = ["shap", "shapley-sampling"].map((id) => sum(of(id).data.values));
    expect(rises[0]).toBeCloseTo(rises[1]!, 3);
    const { low, high, values } = of("shapley-sampling").data;
    expect(values.every((v, t) => low![t]! <= v && v <= high![t]!)).toBe(true);
  });

  test("a stopped run answers with what it has, and leaves the methods after it out", async () => {
    const stop = new AbortController(), methods = [{ id: "shapley-sampling" }, { id: "lime" }];
    const stopped = await host.explain(ask(cases[1]!, methods), {
      signal: stop.signal,
      progress: (_, done) => done >= 100 && stop.abort(),
    });
    expect(stopped.map(({ method }) => method.id)).toEqual(["shapley-sampling"]);
    expect(stopped[0]!.diagnostics.notes.join()).toContain("Stopped after");
    expect((stopped[0] as ExplanationOf<"token-scores">).data.low).toBeDefined();
  });

  test("the methods that can, point to the word that decides", { timeout: 300_000 }, async () => {
    const methods = [{ id: "lrp" }, { id: "occlusion" }, { id: "occlusion", options: { twoSided: true } }, {
      id: "shap",
    }, { id: "lime", options: { budget: 200 } }];
    const first = methods.map(() => 0);
    for (const one of cases) {
      (await host.explain(ask(one, methods))).forEach((explanation, i) => {
        const { data: { values }, tokens } = explanation as ExplanationOf<"token-scores">,
          words = values.filter((_, t) => !tokens[t]!.special);
        if (words.indexOf(Math.max(...words)) === one.evidence_positions[0]) first[i]!++;
      });
    }
    first.forEach((hits) => expect(hits).toBeGreaterThanOrEqual(cases.length - 1));
  });
});
