/**
 * The `Constant` operator's seven ways to write a tensor.
 *
 * @module
 */
import type { AttributeProto } from "onnx-buf";
import { malformedModel, typeUnsupported } from "../errors.ts";
import { constantOf, type Elsewhere } from "../onnx/tensors.ts";
import { type Constant, constant } from "./graph.ts";
import type { Tensor } from "./tensor.ts";

/** What a `Constant` node says. @throws MODEL_MALFORMED, TYPE_UNSUPPORTED (sparse) */
export function constantNode(attributes: readonly AttributeProto[], name: string, elsewhere: Elsewhere = {}): Constant {
  for (const attribute of attributes) {
    if (attribute.name === "value" && attribute.t) return constantOf(attribute.t, { ...elsewhere, name });
    if (attribute.name === "sparse_value") throw typeUnsupported("sparse tensor", name);
    const tensor = valued(attribute);
    if (tensor) return constant(tensor);
  }
  throw malformedModel(`Constant node "${name}" has no value`);
}

function valued({ name, f, floats, i, ints, s, strings }: AttributeProto): Tensor | undefined {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (name) {
    case "value_float":
      return { dtype: "float32", dims: [], data: Float32Array.of(f) };
    case "value_floats":
      return { dtype: "float32", dims: [floats.length], data: Float32Array.from(floats) };
    case "value_int":
      return { dtype: "int64", dims: [], data: BigInt64Array.of(i) };
    case "value_ints":
      return { dtype: "int64", dims: [ints.length], data: BigInt64Array.from(ints) };
    case "value_string":
      return { dtype: "string", dims: [], data: [text(s)] };
    case "value_strings":
      return { dtype: "string", dims: [strings.length], data: strings.map(text) };
    default:
      return undefined;
  }
}
