/**
 * Puts a rule to the test on ONNX Runtime. Needs vitest.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import type { Attribute } from "../graph/graph.ts";
import { isFloat, numbers, size, type Tensor } from "../graph/tensor.ts";
import type { Composite, ModifierName } from "../lrp/composite.ts";
import { adds, type OpRule, ruleTable } from "../rules/rule.ts";
import { carry, type CarryRequest } from "./carry.ts";
import { conservation } from "./conservation.ts";
import { gradcheck } from "./gradcheck.ts";
import { lattice, randomNumbers } from "./numbers.ts";
import { sketch, type SketchNode, tensor } from "./sketch.ts";
import { Trial } from "./trial.ts";

type Dims = readonly number[];

/** What a rule is tried on: every shape with every set of attributes in every opset. */
export interface RuleCases {
  /** Shapes of the inputs that are differentiated: one shape, or a list with one for each input. */
  readonly shapes: readonly (Dims | readonly Dims[])[];
  readonly attributes?: readonly Readonly<Record<string, Attribute>>[];
  readonly opsets?: readonly number[];
  /** Inputs that are constants of the file, by their place: axes, indices, weights. The others keep their order around them. */
  readonly given?: Readonly<Record<number, Tensor>>;
  /** Interval that inputs are drawn from. */
  readonly range?: readonly [number, number];
  /** How many outputs the operator has. */
  readonly outputs?: number;
  /** Outputs that carry no derivative (indices). */
  readonly ignore?: readonly number[];
  /** Largest error of a slope, relative to the gradient. */
  readonly tolerance?: number;
}

interface Case {
  readonly op: string;
  readonly shapes: readonly Dims[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly opset: number;
  readonly cases: RuleCases;
}

/** One operator on random inputs; several outputs are flattened and joined, so that one seed reaches all. */
function trialOf(
  { op, shapes, attributes, opset, cases: { given = {}, range = [-2, 2], outputs = 1, ignore = [] } }: Case,
) {
  const random = randomNumbers(size(shapes.flat()) + shapes.length + 1),
    total = shapes.reduce((sum, dims) => sum + size(dims), 0);
  const values = lattice(total, { random, range }),
    places: string[] = [],
    inputs: Record<string, Tensor> = {},
    constants: Record<string, Tensor> = {};
  let used = 0, next = 0;
  for (let place = 0; next < shapes.length || place in given; place++) {
    const fixed = given[place], name = `x${place}`;
    if (fixed) constants[name] = fixed;
    else inputs[name] = tensor(shapes[next]!, values.slice(used, used += size(shapes[next++]!)));
    places.push(name);
  }
  const made = Array.from({ length: outputs }, (_, i) => `y${i}`), seen = made.filter((_, i) => !ignore.includes(i));
  const nodes: SketchNode[] = [[op, places.join(" "), made.join(" "), attributes]];
  if (seen.length > 1) {
    constants["flat"] = tensor([1], [-1], "int64");
    seen.forEach((name) => nodes.push(["Reshape", `${name} flat`, `${name}-flat`]));
    nodes.push(["Concat", seen.map((name) => `${name}-flat`).join(" "), "all", { axis: 0 }]);
  }
  const trial = new Trial(sketch({ inputs, constants, nodes, opset })), target = seen.length > 1 ? "all" : seen[0]!;
  const sources = Object.keys(inputs).filter((name) => isFloat(inputs[name]!.dtype)),
    dims = trial.shaped.types.get(target)!.dims;
  return { trial, target, sources, random, seed: () => tensor(dims, () => 2 * random() - 1) };
}

/** A composite that uses one modifier at one operator. */
const only = (op: string, use: ModifierName): Composite => ({
  id: "only",
  title: "",
  summary: "",
  references: [],
  conserves: true,
  rules: [{ match: { op }, use }],
});

const close = (a: number, b: number, scale: number): boolean => Math.abs(a - b) <= 1e-4 * Math.max(1, scale);

/** Inputs to be active together: each factor alone, with and without what is added to it. */
function activeSets(rule: OpRule, sources: readonly string[]): string[][] {
  const added = (name: string): boolean => adds(rule, Number(name.slice(1)));
  const factors = sources.filter((name) => !added(name)), terms = sources.filter(added);
  const alone = (factors.length ? factors : terms).map((name) => [name]);
  return factors.length && terms.length ? [...alone, [factors[0]!, ...terms]] : alone;
}

async function check(of: Case, rule: OpRule): Promise<void> {
  const { trial, target, sources, random, seed } = trialOf(of),
    first = seed(),
    base: CarryRequest = { sources, target, seed: first, extraRules: ruleTable([[rule]]) };
  try {
    const { differences, carried: { cotangents, program } } = await gradcheck(trial, base, random);
    for (const { source, ...difference } of differences) {
      expect(difference.error, `slope along ${source}: carried ${difference.carried}, measured ${difference.measured}`)
        .toBeLessThan(of.cases.tolerance ?? 1e-3);
    }
    for (const name of sources) {
      expect(program.cotangents.has(name), `a message for ${name}`).toBe(true);
      expect(cotangents.get(name)!.dims, `shape of the message for ${name}`).toEqual(trial.inputs.get(name)!.dims);
    }

    // The second of two seeds gives what it gives alone, and nothing of it leaks to the first, which is zero.
    const silence = numbers(first).map(() => 0),
      lifted = await carry(trial, {
        ...base,
        seed: tensor([2, ...first.dims], [...silence, ...numbers(first)]),
        seeds: 2,
      });
    for (const name of sources) {
      const alone = numbers(cotangents.get(name)!),
        want = [...alone.map(() => 0), ...alone],
        scale = Math.max(0, ...want.map(Math.abs));
      numbers(lifted.cotangents.get(name)!).forEach((v, i) =>
        expect(close(v, want[i]!, scale), `two seeds at ${name}[${i}]: ${v} is not ${want[i]}`).toBe(true)
      );
    }

    // What a rule says of itself (linear, additive, identity) must close the books.
    for (const use of ["gradient", ...(rule.identity ? ["identity" as const] : [])] as const) {
      for (const active of activeSets(rule, sources)) {
        const books = await conservation(trial, { ...base, sources: active, composite: only(of.op, use) });
        expect(
          close(books.residual, 0, Math.abs(books.value)),
          `books of ${use} at ${active}: ${JSON.stringify(books)}`,
        ).toBe(true);
        if (use === "identity" || rule.linear === true || (rule.linear && active[0] === sources[0])) {
          expect(books.lines.filter(({ kind }) => kind === "nonlinear"), "a linear rule leaves nothing unexplained")
            .toEqual([]);
        }
      }
    }
  } finally {
    await trial.release();
  }
}

/** Text for a test's name. */
const shown = (value: unknown): string => JSON.stringify(value, (_, v) => (typeof v === "bigint" ? Number(v) : v));

export const ruleTester = {
  /**
   * Registers tests of one operator's rule. Each runs the operator in ONNX Runtime and checks that
   *  - the slope along a random direction of each input is the central difference,
   *  - there is one message for each input, of its shape, and zeros and ones among the sizes do no harm,
   *  - two seeds in one program give what two programs give,
   *  - the books close with what the rule says of itself (`linear`, `additive`), also under its `identity`.
   *
   * @param rules where the operator's rule is looked up
   *
   * @example
   * ```ts ignore
   * import { ruleTester } from "@hyaline/core/testing";
   * ruleTester.run("Softmax", normalization, { shapes: [[2, 3], [1, 1], [4, 0]], attributes: [{ axis: -1 }, { axis: 1 }], opsets: [11, 13] });
   * ```
   */
  run(op: string, rules: readonly OpRule[], cases: RuleCases): void {
    const rule = rules.find((one) => one.op === op);
    describe(op, () => {
      for (const opset of cases.opsets ?? [21]) {
        for (const attributes of cases.attributes ?? [{}]) {
          for (const one of cases.shapes) {
            const shapes = (Array.isArray(one[0]) ? one : [one]) as readonly Dims[];
            test(`${op}-${opset} on ${shapes.map((dims) => `[${dims}]`).join(" ")} ${Object.keys(attributes).length ? shown(attributes) : ""} carries its slope back`, async () => {
              expect(rule, `a rule for ${op}`).toBeDefined();
              await check({ op, shapes, attributes, opset, cases }, rule!);
            });
          }
        }
      }
    });
  },
};
