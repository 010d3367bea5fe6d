/**
 * `ValueInfoProto` → {@link Port}.
 *
 * @module
 */
import type { ValueInfoProto } from "onnx-buf";
import { typeUnsupported } from "../errors.ts";
import { dtypeOf } from "../onnx/tensors.ts";
import type { Port } from "./graph.ts";

/**
 * An input or output of a file. A size without value or name is called by its port and axis.
 * An output's type may be left to the runtime: float32 then, without sizes.
 *
 * @throws TYPE_UNSUPPORTED for what is no tensor, and for an input of unknown rank
 */
export function port({ name, type }: ValueInfoProto, required: boolean): Port {
  const value = type?.value;
  if (value?.case !== "tensorType") {
    if (required || value?.case) throw typeUnsupported(value?.case ?? "none", name);
    return { name, dtype: "float32", dims: [] };
  }
  const { elemType, shape } = value.value;
  if (!shape && required) throw typeUnsupported("tensor of unknown rank", name);
  const dims = (shape?.dim ?? []).map(({ value }, axis) =>
    value.case === "dimValue" && value.value >= 0n
      ? Number(value.value)
      : value.case === "dimParam" && value.value
      ? value.value
      : `${name}.${axis}`
  );
  return { name, dtype: elemType || required ? dtypeOf(elemType, name) : "float32", dims };
}
