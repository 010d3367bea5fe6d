import { afterAll, expect, test } from "vitest";
import { size, type Tensor } from "../../../graph/tensor.ts";
import { Builder } from "../../../program/builder.ts";
import { ortExecutor } from "../../ort/executor.ts";
import { kernelExecutor } from "../executor.ts";
import { fromShape, random } from "../testing.ts";

const M = 30, K = 24, N = 52, RESULT = 4 * M * N;
const kernels = [kernelExecutor({ threads: 1 }), kernelExecutor({ threads: 2 })];
const ort = ortExecutor({ backend: "wasm", threads: 1 });
afterAll(() => Promise.all(kernels.map((executor) => executor.stop())));

type Dims = readonly number[];
/** What stands behind a product: an operator and the dims of its other operand; "twice" is the product itself. */
type Behind = readonly (readonly ["Cast" | "Mul" | "Add", (Dims | "twice")?])[];

/** A product of integers or floats, and what stands behind it; the last tensor is wanted, or every one. */
function chain(kind: "integers" | "floats", behind: Behind, every: boolean) {
  const b = new Builder(), next = random(5), given = new Map<string, Tensor>(), dims = [2, M / 2, N];
  const whole = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor((next() + 1) * 128));
  const feed = (name: string, tensor: Tensor): string => {
    given.set(name, tensor);
    return b.input(name, tensor);
  };
  const step = (op: string, inputs: string[], dtype: "float32" | "int32" = "float32"): string => {
    const output = `${op}${b.steps.length}`, attributes = op === "Cast" ? { to: 1 } : {};
    b.forward({ op, domain: "", inputs, outputs: [output], attributes }, [{ dtype, dims }]);
    return output;
  };
  const made = [
    kind === "floats"
      ? step("MatMul", [feed("a", fromShape([2, M / 2, K], next)), b.constant("w", fixed(fromShape([K, N], next)))])
      : step("MatMulInteger", [
        feed("a", { dtype: "uint8", dims: [2, M / 2, K], data: whole(M * K) }),
        b.constant("w", fixed({ dtype: "int8", dims: [K, N], data: Int8Array.from(whole(K * N), (v) => v - 128) })),
        feed("zero", { dtype: "uint8", dims: [], data: Uint8Array.of(97) }),
      ], "int32"),
  ];
  behind.forEach(([op, other], i) => {
    const last = made.at(-1)!;
    const inputs = other === undefined ? [] : [other === "twice" ? last : feed(`x${i}`, fromShape(other, next))];
    made.push(step(op, [...inputs, last]));
  });
  const wanted = every ? made : made.slice(-1);
  const program = {
    ...{ taps: [...given.keys()], seed: "seed", seeds: 1, constants: b.constants, types: b.types, steps: b.steps },
    ...{ cotangents: new Map(), values: new Map(wanted.map((name) => [name, name])), ledger: [] },
  };
  return { program, given, last: made.at(-1)! };
}
const fixed = (tensor: Tensor) => ({ dtype: tensor.dtype, dims: tensor.dims, read: () => tensor });

const CASES: Record<string, ["integers" | "floats", Behind, number]> = {
  // Results that are in memory at once: one where all is done with the product.
  "a scale for each column and a bias": ["integers", [["Cast"], ["Mul", [N]], ["Add", [N]]], 1],
  "one scale": ["integers", [["Cast"], ["Mul", []]], 1],
  "one scale and a bias": ["integers", [["Cast"], ["Mul", [1, 1]], ["Add", [1, N]]], 1],
  "a scale for each element": ["integers", [["Cast"], ["Mul", [2, M / 2, N]]], 2],
  "a scale for each row": ["integers", [["Cast"], ["Mul", [M / 2, 1]]], 2],
  "a square": ["integers", [["Cast"], ["Mul", "twice"]], 2],
  "a bias without a scale": ["integers", [["Cast"], ["Add", [N]]], 2],
  "a bias of floats": ["floats", [["Add", [N]]], 1],
  "a bias of floats, then another": ["floats", [["Add", [N]], ["Add", [N]]], 2],
  "one summand for all": ["floats", [["Add", []]], 2],
};

test.each(Object.entries(CASES))(
  "%s behind a product: every bit as step by step",
  async (_, [kind, behind, results]) => {
    const alone = chain(kind, behind, false), stepped = chain(kind, behind, true);
    const bits = async (executor: (typeof kernels)[number] | typeof ort, { program, given, last }: typeof alone) => {
      const prepared = await executor.prepare(program), found = await prepared.run(given);
      await prepared.release();
      return Array.from(found.get(last)!.data as Float32Array);
    };
    const expected = await bits(ort, alone);
    for (const executor of kernels) {
      const found = await bits(executor, alone);
      expect(found).toEqual(await bits(executor, stepped));
      if (kind === "integers") expect(found).toEqual(expected);
    }
    const prepared = await kernels[0]!.prepare(alone.program);
    const inputs = [...alone.given.values()].reduce((sum, { dims }) => sum + 64 * Math.ceil(4 * size(dims) / 64), 0);
    expect(prepared.memory.working - inputs).toBeLessThan((results + 0.5) * RESULT);
    expect(prepared.memory.working).toBeGreaterThanOrEqual(results * RESULT);
    await prepared.release();
  },
);
