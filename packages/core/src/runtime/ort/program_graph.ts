/**
 * A relevance program as an ONNX graph: what is not ONNX in the primitive set is spelled out here.
 *
 * @module
 */
import type { Graph, Node } from "../../graph/graph.ts";
import { type Constant, constant } from "../../graph/graph.ts";
import { scalar } from "../../graph/tensor.ts";
import { folded } from "./dequantise.ts";
import { outputsOf, type Program, type Step, takesSeed } from "../../program/program.ts";
import { spelledOut } from "../../program/spelled_out.ts";

/** Whether the runtime's build has the fused `com.microsoft` operators for this backend. */
export interface Dialect {
  readonly fusedMatMul: boolean;
}

type Write = (step: Partial<Node> & Pick<Node, "op" | "inputs" | "outputs">) => void;

interface Lowering {
  readonly step: Step;
  readonly write: Write;
  readonly dialect: Dialect;
  readonly fresh: (stem: string) => string;
  readonly scalarOf: (value: number) => string;
  readonly rank: (tensor: string) => number;
}

/** MatMul with transposes: the runtime's FusedMatMul, or Transpose and MatMul where it has none. */
function matmul({ step, write, dialect, fresh, scalarOf, rank }: Lowering): void {
  const { transA = 0, transB = 0, alpha = 1 } = step.attributes as { transA?: number; transB?: number; alpha?: number };
  if (!transA && !transB && alpha === 1) return write(step);
  if (dialect.fusedMatMul) {
    return write({ ...step, op: "FusedMatMul", domain: "com.microsoft", attributes: { transA, transB, alpha } });
  }
  const swapped = (tensor: string, swap: number): string => {
    if (!swap) return tensor;
    const n = rank(tensor), perm = Array.from({ length: n }, (_, i) => i), out = fresh("swap");
    [perm[n - 2], perm[n - 1]] = [n - 1, n - 2];
    write({ op: "Transpose", inputs: [tensor], outputs: [out], attributes: { perm } });
    return out;
  };
  const inputs = [swapped(step.inputs[0]!, transA), swapped(step.inputs[1]!, transB)];
  if (alpha === 1) return write({ op: "MatMul", inputs, outputs: step.outputs, attributes: {} });
  const plain = fresh("product");
  write({ op: "MatMul", inputs, outputs: [plain], attributes: {} });
  write({ op: "Mul", inputs: [plain, scalarOf(alpha)], outputs: step.outputs, attributes: {} });
}

/** x σ(αx). */
function silu({ step, write, fresh, scalarOf }: Lowering): void {
  const alpha = (step.attributes["alpha"] as number | undefined) ?? 1, gate = fresh("sigmoid");
  let inner = step.inputs[0]!;
  if (alpha !== 1) {
    inner = fresh("scaled");
    write({ op: "Mul", inputs: [step.inputs[0]!, scalarOf(alpha)], outputs: [inner], attributes: {} });
  }
  write({ op: "Sigmoid", inputs: [inner], outputs: [gate], attributes: {} });
  write({ op: "Mul", inputs: [step.inputs[0]!, gate], outputs: step.outputs, attributes: {} });
}

const LOWERINGS: Readonly<Record<string, (lowering: Lowering) => void>> = {
  MatMul: matmul,
  Silu: silu,
  // The runtime's name for RMSNormalization before opset 23.
  RMSNormalization: ({ step, write }) => write({ ...step, op: "SimplifiedLayerNormalization" }),
};

/** The program as a graph whose inputs are the taps and the seed, and whose outputs are {@link outputsOf}. */
export function programGraph(written: Program, dialect: Dialect): Graph {
  const program = spelledOut(written), nodes: Node[] = [], constants = new Map<string, Constant>(program.constants);
  let count = 0;
  const fresh = (stem: string): string => `${stem}~~${count++}`;
  const scalarOf = (value: number): string => {
    const name = fresh("scalar");
    constants.set(name, constant(scalar(value)));
    return name;
  };
  for (const step of program.steps) {
    const write: Write = (node) =>
      nodes.push({ domain: "", attributes: {}, name: `${step.origin}/${count++}`, origin: step.origin, ...node });
    const weight = folded(step, constants, program.types.get(step.outputs[0]!)!.dims);
    if (weight) {
      constants.set(step.outputs[0]!, weight);
      continue;
    }
    const lower = LOWERINGS[step.op];
    if (lower) {
      lower({
        step,
        write,
        dialect,
        fresh,
        scalarOf,
        rank: (tensor) => program.types.get(tensor)!.dims.length,
      });
    } else write(step);
  }
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  for (const name of constants.keys()) if (!read.has(name)) constants.delete(name);
  const port = (name: string) => ({ name, ...program.types.get(name)! });
  return {
    inputs: [...program.taps, ...(takesSeed(program) ? [program.seed] : [])].map(port),
    outputs: outputsOf(program).map(port),
    nodes,
    constants,
    inFile: new Set(),
    opsets: new Map([["", 21], ["com.microsoft", 1]]),
  };
}
