/**
 * An encoder and a decoder exported as two files are one model: their graphs are joined where the decoder reads the encoder's
 * hidden states, so that relevance runs through both.
 *
 * @module
 */
import { failure } from "../errors.ts";
import type { Constant, Graph, Node } from "./graph.ts";

/** What a decoder calls the encoder's output and mask, and what its own ids are called in the joined model. */
const STATES = "encoder_hidden_states";
const MASK = "encoder_attention_mask";
const IDS = "input_ids";
const DECODER_IDS = "decoder_input_ids";

/**
 * Joins two graphs of one opset.
 *
 * Tensors of the encoder get the prefix `encoder.`; its inputs keep their names. The decoder's ids become `decoder_input_ids`.
 *
 * @throws NOT_A_PAIR where the decoder does not read an encoder's hidden states
 *
 * @example
 * ```ts
 * import { type Graph, joinGraphs } from "@hyaline/core";
 * const port = (name: string) => ({ name, dtype: "float32", dims: [1] } as const);
 * const relu = (input: string, output: string) => ({ op: "Relu", domain: "", name: "r", inputs: [input], outputs: [output], attributes: {} });
 * const whole = (input: string, output: string): Graph => ({
 *   inputs: [port(input)], outputs: [port(output)], nodes: [relu(input, output)],
 *   constants: new Map(), inFile: new Set([output]), opsets: new Map([["", 21]]),
 * });
 * const joined = joinGraphs(whole("input_ids", "last_hidden_state"), whole("encoder_hidden_states", "logits"));
 * console.assert(joined.nodes[1]?.inputs[0] === "encoder.last_hidden_state");
 * ```
 */
export function joinGraphs(encoder: Graph, decoder: Graph): Graph {
  const states = encoder.outputs.find(({ name }) => name === "last_hidden_state") ?? encoder.outputs[0];
  if (!states || !decoder.inputs.some(({ name }) => name === STATES)) {
    throw failure({
      code: "NOT_A_PAIR",
      message: `The decoder does not read "${STATES}": these files are not one encoder and its decoder`,
      hint: "Name the file to explain with --dtype, or give its path",
    });
  }
  const given = new Set(encoder.inputs.map(({ name }) => name));
  const inEncoder = (name: string): string => (name === "" || given.has(name) ? name : `encoder.${name}`);
  const mask = given.has("attention_mask") ? "attention_mask" : MASK;
  const renamed = new Map([[STATES, inEncoder(states.name)], [MASK, mask], [IDS, DECODER_IDS]]);
  const inDecoder = (name: string): string => renamed.get(name) ?? name;
  const moved = (nodes: readonly Node[], name: (tensor: string) => string, prefix: string): Node[] =>
    nodes.map((node) => ({
      ...node,
      name: prefix + node.name,
      inputs: node.inputs.map(name),
      outputs: node.outputs.map(name),
    }));
  const constants = new Map<string, Constant>();
  for (const [name, value] of encoder.constants) constants.set(inEncoder(name), value);
  for (const [name, value] of decoder.constants) constants.set(inDecoder(name), value);
  const apart = decoder.inputs.filter(({ name }) => name !== STATES && !(name === MASK && mask !== MASK));
  return {
    inputs: [...encoder.inputs, ...apart.map((port) => ({ ...port, name: inDecoder(port.name) }))],
    outputs: decoder.outputs,
    nodes: [...moved(encoder.nodes, inEncoder, "encoder/"), ...moved(decoder.nodes, inDecoder, "")],
    constants,
    inFile: new Set([...[...encoder.inFile].map(inEncoder), ...decoder.inFile]),
    opsets: new Map([...encoder.opsets, ...decoder.opsets]),
  };
}
