/**
 * Faithfulness of every method on test sentences of the embedded checkpoint, beside random orders and leave-one-out.
 *
 * @module
 */
import { openEngine } from "../packages/cli/src/open.ts";
import { random } from "../packages/core/src/host/random.ts";
import { readPolarity } from "../models/polarity.ts";
import { between, bootstrap, predictor } from "./curves.ts";
import { conditions, table } from "./measure.ts";
import { whiteBox } from "./methods.ts";

const quiet = { signal: new AbortController().signal, progress: () => {} };

/** @param count test sentences, the first of the test side with at least four tokens */
export async function faithfulness(model: string, count: number): Promise<string> {
  const engine = await openEngine({ offline: true }),
    next = random(7),
    areas = new Map<string, number[]>(),
    where = conditions();
  const add = (name: string, value: number): void => void areas.set(name, [...(areas.get(name) ?? []), value]);
  const mask = (await engine.predict({ model, input: { text: "[MASK]" } }, quiet)).tokens.find(({ text }) =>
    text === "[MASK]"
  )?.id;
  if (mask === undefined) throw new Error(`"${model}" has no mask token`);
  const texts = (await readPolarity()).filter(({ side }) => side === "test").map(({ text }) => text).filter((text) =>
    text.split(" ").length >= 4
  ).slice(0, count);
  for (const [i, text] of texts.entries()) {
    const found = await engine.explain({
        model,
        input: { text },
        checks: false,
        methods: whiteBox.map((id) => ({ id })),
      }, quiet),
      { tokens, target } = found[0]!;
    const ids = tokens.map(({ id }) => id),
      ordinary = ids.map((_, k) => k).filter((k) => !tokens[k]!.special),
      how = { ids, mask, predict: predictor(engine, model, target.index), steps: 10 };
    for (const [k, one] of found.entries()) {
      if (one.type === "token-scores") add(whiteBox[k]!, await between(one.data.values, ordinary, how));
    }
    add("random", await between(ids.map(() => next()), ordinary, how));
    const whole = await how.predict(ids),
      without = await Promise.all(ids.map((_, gone) => how.predict(ids.map((id, at) => (at === gone ? mask : id)))));
    add("leave-one-out", await between(without.map((p) => whole - p), ordinary, how));
    if ((i + 1) % 20 === 0) console.error(`${i + 1} of ${texts.length} sentences`);
  }
  await engine.close();
  const rows = [...areas].map(([name, values]) => ({ name, ...bootstrap(values, next) })).sort((a, b) =>
    b.mean - a.mean
  );
  return [
    `## Faithfulness on ${texts.length} test sentences (${model})`,
    where,
    "Area between deletion curves, LeRF − MoRF, of the probability of the predicted class: tokens replaced by [MASK], special ones kept, at most 10 steps, 95 % bootstrap interval. Higher is better; random is 0.",
    table(
      ["method", "LeRF − MoRF", "95 %"],
      rows.map(({ name, mean, low, high }) => [name, mean.toFixed(3), `${low.toFixed(3)} … ${high.toFixed(3)}`]),
    ),
  ].join("\n\n");
}
