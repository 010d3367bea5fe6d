/**
 * A model at work: operators, tensors, inputs, memory.
 *
 * @module
 */
import { failure, type HyalineError } from "./failure.ts";

/** An operator in a file that some table does not know. */
export interface MissingOperator {
  readonly op: string;
  readonly domain: string;
  readonly node: string;
}

const operatorName = ({ op, domain }: MissingOperator): string => (domain ? `${domain}.${op}` : op);
const listed = (missing: readonly MissingOperator[]): string =>
  missing.map((m) => `"${operatorName(m)}" (node "${m.node}")`).join(", ");

/** A checkpoint uses operators on the way from the tokens to the target that no rule knows. Lists all of them at once. */
export const missingRules = (missing: readonly MissingOperator[]): HyalineError =>
  failure({
    code: "MISSING_RULES",
    message: `Cannot carry relevance through this model: no rule for ${listed(missing)}`,
    hint: "Explainers that only predict still work: --method occlusion. To add a rule see CONTRIBUTING.md",
  });

/** Operators whose output shape is not known ahead of a run. */
export const missingShapes = (missing: readonly MissingOperator[]): HyalineError =>
  failure({
    code: "MISSING_SHAPES",
    message: `Cannot tell the shapes of this model: no shape rule for ${listed(missing)}`,
    hint: "To add a shape rule see packages/core/src/graph/shapes",
  });

/** A rule, a composite or a program asks for something no tensor of the graph provides. */
export const unknownTensor = (name: string): HyalineError =>
  failure({
    code: "UNKNOWN_TENSOR",
    message: `Unknown tensor "${name}"`,
    hint: "hyaline inspect lists a model's tensors",
  });

/** The explained tensor does not reach the target: nothing could carry relevance back. */
export const unreachable = (from: string, to: string): HyalineError =>
  failure({
    code: "UNREACHABLE",
    message: `Output "${to}" does not depend on "${from}"`,
    hint: "Choose another output, or another input to explain",
  });

/** A node breaks its operator's contract: a missing input, shapes that do not fit, an axis outside the rank. */
export const malformedNode = ({ op, node, because }: { op: string; node: string; because: string }): HyalineError =>
  failure({
    code: "MALFORMED_NODE",
    message: `Operator "${op}" (node "${node}") cannot run: ${because}`,
    hint: "The file is damaged, or an input has a shape the model was not made for",
  });

/** An input is missing, or its type contradicts the file. */
export const wrongInput = ({ name, because }: { name: string; because: string }): HyalineError =>
  failure({
    code: "WRONG_INPUT",
    message: `Cannot feed input "${name}": ${because}`,
    hint: "hyaline inspect lists a model's inputs",
  });

/** A tensor would take more memory than is allowed: a mistake, or a file made to exhaust the machine. */
export const tensorTooLarge = ({ name, bytes, limit }: { name: string; bytes: number; limit: number }): HyalineError =>
  failure({
    code: "TENSOR_TOO_LARGE",
    message: `Tensor "${name}" would take ${bytes} bytes, more than the limit of ${limit}`,
    hint: "Shorten the text, or raise the limit",
  });

/** A model that finds no room among those that must stay open. */
export const memoryFull = (bytes: number, left: number): HyalineError =>
  failure({
    code: "MEMORY_FULL",
    message: `The model takes ${bytes} bytes and ${left} are left for models`,
    hint: "Unload another, choose a smaller precision, or raise --memory",
  });
