"""Joins a decoder without and one with past states behind an `If`, as optimum's decoder_model_merged.onnx does."""

import onnx
from onnx import TensorProto, helper


def renamed(graph: onnx.GraphProto, prefix: str, keep: set[str], shared: dict[str, str]) -> list[onnx.NodeProto]:
    """The nodes with every name of their own prefixed; `shared` maps the names of initialisers."""
    name_of = lambda n: n if not n or n in keep else shared.get(n, prefix + n)
    nodes = []
    for node in graph.node:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.name = prefix + node.name
        copy.input[:], copy.output[:] = map(name_of, node.input), map(name_of, node.output)
        for a in copy.attribute:
            if a.HasField("g"):
                inner = renamed(a.g, prefix, keep, shared)
                del a.g.node[:]
                a.g.node.extend(inner)
                for o in a.g.output: o.name = name_of(o.name)
        nodes.append(copy)
    return nodes


def merge(with_past: onnx.ModelProto, without: onnx.ModelProto) -> onnx.ModelProto:
    """One model with the inputs of `with_past` and a boolean input `use_cache_branch`; equal initialisers are stored once."""
    inputs = {i.name: i for m in (with_past, without) for i in m.graph.input}
    hoisted, by_content = [], {}

    def branch(model, prefix):
        shared = {}
        for t in model.graph.initializer:
            content = (t.data_type, tuple(t.dims), t.raw_data or t.SerializeToString())
            if content not in by_content:
                copy = onnx.TensorProto()
                copy.CopyFrom(t)
                copy.name = by_content[content] = prefix + t.name
                hoisted.append(copy)
            shared[t.name] = by_content[content]
        outputs = [helper.make_tensor_value_info(prefix + o.name, o.type.tensor_type.elem_type, None) for o in model.graph.output]
        return helper.make_graph(renamed(model.graph, prefix, set(inputs), shared), prefix + "branch", [], outputs)

    then_branch, else_branch = branch(with_past, "with_past/"), branch(without, "without_past/")
    outputs = list(with_past.graph.output)
    node = helper.make_node("If", ["use_cache_branch"], [o.name for o in outputs], "optimum::if", then_branch=then_branch, else_branch=else_branch)
    flag = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    graph = helper.make_graph([node], "merged", [*inputs.values(), flag], outputs, hoisted)
    return helper.make_model(graph, opset_imports=with_past.opset_import, ir_version=with_past.ir_version)
