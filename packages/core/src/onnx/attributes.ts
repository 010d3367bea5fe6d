/**
 * `AttributeProto` ↔ {@link Attribute}.
 *
 * A graph's attributes are plain values, so a whole number no longer says whether it was written as FLOAT or INT.
 * ONNX uses each attribute name for one of the two throughout; the names of the floats are listed here.
 *
 * @module
 */
import { create } from "@bufbuild/protobuf";
import { type AttributeProto, AttributeProto_AttributeType as Kind, AttributeProtoSchema } from "onnx-buf";
import { malformedModel, typeUnsupported } from "../errors.ts";
import { type Attribute, constant } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Elsewhere, tensorOf, tensorProto } from "./tensors.ts";

/** Attributes that are FLOAT or FLOATS in `ai.onnx` and `com.microsoft`. */
export const floatAttributes: ReadonlySet<string> = new Set([
  "activation_alpha",
  "activation_beta",
  "alpha",
  "beta",
  "bias",
  "clip",
  "cubic_coeff_a",
  "epsilon",
  "extrapolation_value",
  "gamma",
  "high",
  "lambd",
  "low",
  "mask_filter_value",
  "max",
  "mean",
  "min",
  "momentum",
  "ratio",
  "sample_rate",
  "scale",
  "scales",
  "seed",
  "softcap",
  "spatial_scale",
  "swiglu_limit",
  "value_float",
  "value_floats",
]);

/** An attribute's value. @throws TYPE_UNSUPPORTED for lists of tensors, types and sparse tensors */
export function attributeOf(attribute: AttributeProto, elsewhere: Elsewhere = {}): Attribute {
  const { name } = attribute;
  switch (kindOf(attribute)) {
    case Kind.FLOAT:
      return attribute.f;
    case Kind.INT:
      return Number(attribute.i);
    case Kind.STRING:
      return text(attribute.s);
    case Kind.TENSOR:
      if (!attribute.t) throw malformedModel(`attribute "${name}" has no tensor`);
      return tensorOf(attribute.t, { ...elsewhere, name });
    case Kind.FLOATS:
      return attribute.floats;
    case Kind.INTS:
      return attribute.ints.map(Number);
    case Kind.STRINGS:
      return attribute.strings.map(text);
    default:
      throw typeUnsupported(Kind[attribute.type] ?? String(attribute.type), `attribute ${name}`);
  }
}

/** Files before format 4 leave the kind out: it is that of the field in use. */
export function kindOf(attribute: AttributeProto): Kind {
  if (attribute.type !== Kind.UNDEFINED) return attribute.type;
  if (attribute.g) return Kind.GRAPH;
  if (attribute.t) return Kind.TENSOR;
  if (attribute.ints.length) return Kind.INTS;
  if (attribute.floats.length) return Kind.FLOATS;
  if (attribute.strings.length) return Kind.STRINGS;
  if (attribute.s.length) return Kind.STRING;
  return attribute.f !== 0 ? Kind.FLOAT : Kind.INT;
}

/** A value as an attribute. */
export function attributeProto(name: string, value: Attribute): AttributeProto {
  const proto = (fields: Partial<AttributeProto>): AttributeProto =>
    Object.assign(create(AttributeProtoSchema), { name }, fields);
  if (typeof value === "string") return proto({ type: Kind.STRING, s: bytes(value) });
  if (typeof value === "number") {
    return isFloat(name, [value]) ? proto({ type: Kind.FLOAT, f: value }) : proto({ type: Kind.INT, i: int64(value) });
  }
  if (!isList(value)) return proto({ type: Kind.TENSOR, t: tensorProto("", constant(value)) });
  if (value.some((v) => typeof v === "string")) {
    return proto({ type: Kind.STRINGS, strings: (value as readonly string[]).map(bytes) });
  }
  const list = value as readonly number[];
  return isFloat(name, list)
    ? proto({ type: Kind.FLOATS, floats: [...list] })
    : proto({ type: Kind.INTS, ints: list.map(int64) });
}

const isList = (value: Attribute): value is readonly number[] | readonly string[] => Array.isArray(value);
const isFloat = (name: string, values: readonly number[]): boolean =>
  floatAttributes.has(name) || !values.every(Number.isInteger);
const text = (s: Uint8Array): string => new TextDecoder().decode(s);
const bytes = (s: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(s);
/** INT64_MAX, "to the end" in slices, is not a double: it comes back as 2⁶³ and is put back. */
const int64 = (value: number): bigint =>
  value >= 2 ** 63 ? 2n ** 63n - 1n : value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(value);

/** A tensor-valued attribute, whatever its name. */
export const isTensor = (value: Attribute | undefined): value is Tensor =>
  typeof value === "object" && !Array.isArray(value);
