"""From torch to ONNX: the TorchScript export, dynamic int8, and a run for evaluation."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper
from onnxruntime.quantization import QuantType, quantize_dynamic

import batches

OPSET = 17


class Positional(torch.nn.Module):
    """Positional inputs in the order of `names`, logits out."""

    def __init__(self, model: torch.nn.Module, names: Sequence[str]):
        super().__init__()
        self.model, self.names = model, tuple(names)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        result = self.model(**dict(zip(self.names, inputs)))
        return result if torch.is_tensor(result) else result.logits


def export(model: torch.nn.Module, names: Sequence[str], path: Path, vocabulary: int, outputs: dict[int, str]) -> None:
    """Writes `path` with int64 inputs [batch, sequence] and one output `logits`.

    `outputs` names the dynamic axes of the logits.
    """
    ids = torch.randint(5, vocabulary, (2, 9))
    sample = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    axes = {name: {0: "batch", 1: "sequence"} for name in names}
    trace(Positional(model, names), {n: sample[n] for n in names}, path, ["logits"], {**axes, "logits": outputs})


def trace(model: torch.nn.Module, feed: dict[str, torch.Tensor], path: Path, outputs: list[str], axes: dict[str, dict[int, str]]) -> None:
    """Traces `model` on `feed`, positional and named by its keys, and writes `path`. `axes` names the dynamic axes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), tuple(feed.values()), str(path), input_names=list(feed), output_names=outputs,
                          opset_version=OPSET, dynamic_axes=axes, dynamo=False)
    onnx.checker.check_model(onnx.load(path))


def quantise(source: Path, target: Path, weight_only: str | None = None) -> None:
    """Dynamic int8: weights int8 per output channel in seven bits, activations uint8.

    Seven bits (`reduce_range`), because processors with AVX2 but no VNNI add
    pairs of uint8 x int8 products in 16 bits, where eight bits can overflow.
    Products whose name matches `weight_only` keep float activations.
    """
    quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    model = onnx.load(target)
    if weight_only is not None:
        keep_activations(model, weight_only)
        onnx.save(model, target)
    onnx.checker.check_model(model)


def keep_activations(model: onnx.ModelProto, names: str) -> list[str]:
    """Makes products of a dynamic int8 file weight-only, in place; returns their names.

    MatMulInteger(round(x), W), cast and scaled, becomes x · DequantizeLinear(W).
    The bytes of the weights stay as they are.
    """
    graph = model.graph
    made = {output: node for node in graph.node for output in node.output}
    changed, nodes = [], []
    for node in graph.node:
        product = scaled_product(node, made)
        if product is None or not re.search(names, product.name):
            nodes.append(node)
            continue
        weight = product.input[1]
        x = made[product.input[0]].input[0]
        scale, zero, table = weight.replace("_quantized", "_scale"), product.input[3], f"{weight}_dequantized"
        nodes.append(helper.make_node("DequantizeLinear", [weight, scale, zero], [table], f"{product.name}_weight", axis=1))
        nodes.append(helper.make_node("MatMul", [x, table], list(node.output), product.name.removesuffix("_quant")))
        changed.append(product.name)
    del graph.node[:]
    graph.node.extend(needed(nodes, {o.name for o in graph.output}))
    return changed


def scaled_product(node: onnx.NodeProto, made: dict[str, onnx.NodeProto]) -> onnx.NodeProto | None:
    """The MatMulInteger under a Mul that onnxruntime's quantiser wrote: Mul(Cast(MatMulInteger), Mul(scale of x, scale of W))."""
    cast = made.get(node.input[0]) if node.op_type == "Mul" else None
    product = made.get(cast.input[0]) if cast is not None and cast.op_type == "Cast" else None
    return product if product is not None and product.op_type == "MatMulInteger" else None


def needed(nodes: list[onnx.NodeProto], wanted: set[str]) -> list[onnx.NodeProto]:
    """The nodes that `wanted` tensors come from, in their order."""
    kept = []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            kept.append(node)
            wanted |= set(node.input)
    return kept[::-1]


def logits_of(path: Path, rows: Sequence[Sequence[int]], filler: int = 0, size: int = 1) -> torch.Tensor:
    """Logits [rows, classes] of a classifier file, in the order of `rows`.

    One row at a time by default, as a user would ask: the scale of dynamic
    int8 depends on everything in the batch.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    wanted = [i.name for i in session.get_inputs()]
    out: list[np.ndarray | None] = [None] * len(rows)
    for batch in batches.by_length([len(r) for r in rows], size):
        feed = {k: v.numpy() for k, v in batches.pad([rows[i] for i in batch], filler).items()}
        feed["token_type_ids"] = np.zeros_like(feed["input_ids"])
        logits = session.run(["logits"], {name: feed[name] for name in wanted})[0]
        for i, row in zip(batch, logits):
            out[i] = row
    return torch.from_numpy(np.stack(out))
