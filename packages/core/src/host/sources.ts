/**
 * Where the explained tokens enter a graph: the output of the look-up (or of the first convolution) that reads them, before
 * positions and types are added. Found by following the data, never by an architecture's name.
 *
 * @module
 */
import { failure } from "../errors.ts";
import { consumers, type Graph, type Node, producers } from "../graph/graph.ts";
import { isFloat, type TensorType } from "../graph/tensor.ts";

/** One input that is explained. */
export interface Source {
  /** The graph's input: "input_ids", "decoder_input_ids", "pixel_values". */
  readonly input: string;
  /** What people call it: "text", "encoder", "decoder", "image". */
  readonly name: string;
  /** The explained tensors; more than one where several look-ups read the same input. */
  readonly tensors: readonly string[];
  /** Axis of the explained tensor that is summed for a token's score: the last one, or 1 behind a convolution. */
  readonly channels: "last" | "second";
}

const PASSES = new Set([
  "Reshape",
  "Cast",
  "Identity",
  "Flatten",
  "Unsqueeze",
  "Squeeze",
  "Expand",
  "Slice",
  "Transpose",
  "DynamicQuantizeLinear",
  "QuantizeLinear",
  "DequantizeLinear",
]);
const LOOKUPS = new Set(["Gather", "GatherBlockQuantized"]);
const CONVOLUTIONS = new Set(["Conv", "ConvInteger", "FusedConv", "QLinearConv"]);
/** What a stored number passes on its way to a float: an integer look-up is explained behind its scale. */
const SCALES = new Set(["DequantizeLinear", "Cast", "Identity", "Transpose"]);

/** The inputs that hold what is explained: token ids by their customary names, pictures, or else the first integer input. */
function explainable(graph: Graph): string[] {
  const given = graph.inputs.filter(({ name }) => !graph.constants.has(name));
  const ids = given.filter(({ name }) => /(^|_)input_ids$/.test(name));
  if (ids.length) return ids.map(({ name }) => name);
  const first = given.find(({ name }) => /^(pixel_values|input_values|input_features|inputs_embeds)$/.test(name)) ??
    given.find(({ dtype }) => dtype === "int64" || dtype === "int32") ?? given.find(({ dtype }) => isFloat(dtype));
  return first ? [first.name] : [];
}

/** An explained tensor, and whether its channels were moved before its positions. */
interface Found {
  readonly tensor: string;
  readonly turned: boolean;
}

/** Follows an integer look-up forward to the tensors that hold it as floats. */
function asFloats(
  from: Found,
  users: ReadonlyMap<string, readonly Node[]>,
  types: ReadonlyMap<string, TensorType>,
): Found[] {
  if (isFloat(types.get(from.tensor)?.dtype ?? "float32")) return [from];
  return (users.get(from.tensor) ?? []).filter((node) => SCALES.has(node.op) && node.inputs[0] === from.tensor).flatMap(
    (node) =>
      asFloats(
        { tensor: node.outputs[0]!, turned: node.op === "Transpose" ? !from.turned : from.turned },
        users,
        types,
      ),
  );
}

/**
 * Every source of a graph, in the order of its inputs.
 *
 * @throws NO_SOURCE where no look-up reads an input
 */
export function findSources(graph: Graph, types: ReadonlyMap<string, TensorType>): Source[] {
  const made = producers(graph.nodes),
    users = consumers(graph.nodes),
    inputs = explainable(graph),
    found = new Map<string, Source>();
  const root = (tensor: string): string => {
    for (let node = made.get(tensor); node && PASSES.has(node.op); node = made.get(tensor)) tensor = node.inputs[0]!;
    return tensor;
  };
  const several = inputs.length > 1;
  for (const node of graph.nodes) {
    const lookup = LOOKUPS.has(node.op), convolution = CONVOLUTIONS.has(node.op);
    if (!lookup && !convolution) continue;
    const input = root(node.inputs[lookup ? 1 : 0]!);
    if (!inputs.includes(input)) continue;
    const floats = asFloats({ tensor: node.outputs[0]!, turned: convolution }, users, types);
    if (floats.length === 0 || (lookup && (types.get(floats[0]!.tensor)?.dims.length ?? 0) < 2)) continue;
    const before = found.get(input);
    found.set(input, {
      input,
      name: convolution ? "image" : !several ? "text" : input.startsWith("decoder") ? "decoder" : "encoder",
      tensors: [...(before?.tensors ?? []), ...floats.map(({ tensor }) => tensor)],
      channels: floats[0]!.turned ? "second" : "last",
    });
  }
  for (const input of inputs) { // inputs that are embeddings already
    const type = types.get(input);
    if (!found.has(input) && type && isFloat(type.dtype)) {
      found.set(input, { input, name: "input", tensors: [input], channels: "last" });
    }
  }
  if (found.size === 0) throw noSource(inputs);
  return inputs.flatMap((input) => found.get(input) ?? []);
}

const noSource = (inputs: readonly string[]) =>
  failure({
    code: "NO_SOURCE",
    message: `No look-up or convolution reads ${
      inputs.map((name) => `"${name}"`).join(", ") || "any input"
    }: there is nothing to explain`,
    hint: "hyaline inspect lists the model's inputs and operators",
  });
