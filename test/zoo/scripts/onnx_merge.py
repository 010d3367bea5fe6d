"""Joins a decoder without and one with past states behind an `If`, as optimum's decoder_model_merged.onnx does.

Its two branches use the same names for different tensors, weights lie outside of them and scalars within, and a branch that does not give an
output (the keys and values of crossing attentions, once they are cached) gives an empty constant for it.
"""

import onnx
from onnx import TensorProto, helper


def hoist(models: list[onnx.ModelProto]) -> list[onnx.TensorProto]:
    """Takes the weights out of the models, equal ones once, and renames them there; scalars and shapes stay."""
    hoisted, by_content = [], {}
    for model in models:
        renamed, kept = {}, []
        for t in model.graph.initializer:
            if not t.dims or (len(t.dims) == 1 and t.data_type in (TensorProto.INT32, TensorProto.INT64)):
                kept.append(t)
                continue
            content = (t.data_type, tuple(t.dims), t.raw_data or t.SerializeToString())
            if content not in by_content:
                copy = onnx.TensorProto()
                copy.CopyFrom(t)
                copy.name = by_content[content] = f"{t.name}_merged_{sum(h.name.startswith(f'{t.name}_merged_') for h in hoisted)}"
                hoisted.append(copy)
            renamed[t.name] = by_content[content]
        del model.graph.initializer[:]
        model.graph.initializer.extend(kept)
        rename(model.graph, renamed)
    return hoisted


def rename(graph: onnx.GraphProto, names: dict[str, str]):
    for node in graph.node:
        node.input[:] = [names.get(n, n) for n in node.input]
        for a in node.attribute:
            if a.HasField("g"): rename(a.g, names)


def unify(graph: onnx.GraphProto, wanted: list[onnx.ValueInfoProto]):
    """Gives a graph the outputs `wanted`, in their order; one that it does not make becomes a constant without elements."""
    made = {o.name for o in graph.output}
    for o in wanted:
        if o.name in made: continue
        dims, empty = [], False
        for d in o.type.tensor_type.shape.dim:
            dims.append(d.dim_value if d.HasField("dim_value") else int(empty))
            empty = empty or not d.HasField("dim_value")
        value = helper.make_tensor("const_tensor", o.type.tensor_type.elem_type, dims, [])
        graph.node.append(helper.make_node("Constant", [], [o.name], f"Constant_{len(graph.node) + 1}", value=value))
    del graph.output[:]
    graph.output.extend(wanted)


def merge(with_past: onnx.ModelProto, without: onnx.ModelProto) -> onnx.ModelProto:
    """One model with the inputs of both and a boolean input `use_cache_branch`."""
    outputs = list(without.graph.output)
    unify(with_past.graph, outputs)
    inputs = {i.name: i for m in (without, with_past) for i in m.graph.input}
    weights = hoist([without, with_past])
    then_branch, else_branch = (helper.make_graph(m.graph.node, name, [], outputs, m.graph.initializer)
                                for m, name in ((with_past, "with_past"), (without, "no_past")))
    node = helper.make_node("If", ["use_cache_branch"], [o.name for o in outputs], "optimum::if", then_branch=then_branch, else_branch=else_branch)
    flag = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    graph = helper.make_graph([node], "merged", [*inputs.values(), flag], outputs, weights)
    return helper.make_model(graph, opset_imports=with_past.opset_import, ir_version=with_past.ir_version)
