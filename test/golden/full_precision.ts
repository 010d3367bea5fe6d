/** The embedded int8 checkpoint with float activations everywhere: the fp32 model that its weights are. */
import { encodeGraph, type Node, openGraph } from "@hyaline/core";

/**
 * Every product of integers, cast and scaled, becomes x · DequantizeLinear(W). Weights keep their bytes.
 *
 * @param file a model that onnxruntime quantised dynamically
 * @returns an ONNX file without integer products
 */
export function fullPrecision(file: Uint8Array): Uint8Array {
  const { graph } = openGraph(file);
  const made = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const whole = (node: Node): Node[] => {
    const product = node.op === "Mul" ? made.get(made.get(node.inputs[0]!)?.inputs[0] ?? "") : undefined;
    if (product?.op !== "MatMulInteger") return [node];
    const [rounded, weight, , zero] = product.inputs as [string, string, string, string], table = `${weight}~float`;
    const scale = weight.replace("_quantized", "_scale"), x = made.get(rounded)!.inputs[0]!;
    const from = { domain: "", attributes: {} };
    return [
      {
        ...from,
        op: "DequantizeLinear",
        name: table,
        inputs: [weight, scale, zero],
        outputs: [table],
        attributes: { axis: 1 },
      },
      { ...from, op: "MatMul", name: `${product.name}~float`, inputs: [x, table], outputs: node.outputs },
    ];
  };
  const nodes = graph.nodes.flatMap(whole), wanted = new Set(graph.outputs.map(({ name }) => name));
  const kept = nodes.toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some((name) => wanted.has(name))) return false;
    inputs.forEach((name) => wanted.add(name));
    return true;
  });
  return encodeGraph({ ...graph, nodes: kept.toReversed() });
}
