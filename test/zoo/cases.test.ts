import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

interface Ledger extends Readonly<Record<string, number>> {
  readonly value: number;
  readonly tokens: number;
  readonly residue: number;
}

interface Facts {
  readonly family: string;
  readonly exporter: string;
  readonly variant: string | null;
  readonly inputs: Readonly<Record<string, { dims: number[]; data: number[] }>>;
  readonly logits: readonly number[];
  readonly target: { readonly index: readonly number[]; readonly value: number };
  readonly sources: readonly { readonly attnlrp?: readonly number[]; readonly cplrp?: readonly number[] }[];
  readonly ledgers: Readonly<Record<string, Ledger>>;
  readonly lxt?: Readonly<Record<string, number>>;
  readonly finite_difference: number;
}

const folder = fileURLToPath(new URL("cases/", import.meta.url)), names = (await readdir(folder)).sort();
const cases = new Map(
  await Promise.all(
    names.map(async (name) =>
      [name, JSON.parse(await readFile(`${folder}${name}/case.json`, "utf8")) as Facts] as const
    ),
  ),
);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

test("there are at least thirty fp32 cells and fifteen quantised or fused ones", () => {
  const plain = [...cases.values()].filter(({ variant }) => variant === null).length;
  expect(plain).toBeGreaterThanOrEqual(30);
  expect(cases.size - plain).toBeGreaterThanOrEqual(15);
  expect(new Set([...cases.values()].map(({ family }) => family)).size).toBeGreaterThanOrEqual(30);
});

test("inputs hold as many numbers as their dims say, and the target is one of the logits", () => {
  for (const [name, { inputs, logits, target }] of cases) {
    for (const { dims, data } of Object.values(inputs)) expect(data.length, name).toBe(dims.reduce((a, b) => a * b, 1));
    expect(logits[target.index.at(-1)!], name).toBe(target.value);
  }
});

test("torch's gradients agree with a central difference", () => {
  for (const [name, { finite_difference }] of cases) expect(finite_difference, name).toBeLessThan(1e-5);
});

test("the oracle's ledgers close, and their tokens are the sum of the sources", () => {
  for (const [name, { ledgers, sources }] of cases) {
    for (const [method, { value, residue, tokens, ...rest }] of Object.entries(ledgers)) {
      expect(Math.abs(residue), name).toBeLessThan(1e-9);
      expect(tokens + sum(Object.values(rest)), name).toBeCloseTo(value, 4);
      expect(sum(sources.flatMap((source) => source[method as "attnlrp" | "cplrp"] ?? [])), name).toBeCloseTo(
        tokens,
        4,
      );
    }
  }
});

test("without biases CP-LRP gives the whole logit to the tokens, and AttnLRP loses only what the softmax absorbs", () => {
  const free = [...cases].filter(([name]) => name.includes("bias-free"));
  expect(free.length).toBeGreaterThan(1);
  for (const [name, { ledgers: { attnlrp, cplrp } }] of free) {
    expect(cplrp!.tokens / cplrp!.value, name).toBeCloseTo(1, 5);
    expect((attnlrp!.tokens + attnlrp!["softmax"]!) / attnlrp!.value, name).toBeCloseTo(1, 5);
  }
});

test("the oracle equals LXT where LXT knows the family", () => {
  const known = [...cases].filter(([, { lxt }]) => lxt);
  expect(known.length).toBeGreaterThan(5);
  for (const [name, { lxt }] of known) for (const gap of Object.values(lxt!)) expect(gap, name).toBeLessThan(1e-5);
});
