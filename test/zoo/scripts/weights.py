"""Reads weights back from a quantised file and puts them into torch, so that the reference speaks of the model that the file really is."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Callable

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

BELIEVED = 0.35
"""Largest relative distance at which a dequantised tensor is taken for a parameter (4 bits in blocks of 16 stay below 0.2)."""


@dataclass
class Quantised:
    """A weight as its file holds it, dequantised; `lookup` marks an embedding's."""

    array: np.ndarray
    lookup: bool
    name: str


def unpack(packed: np.ndarray, bits: int) -> np.ndarray:
    """Unsigned numbers of `bits` bits from bytes, lowest bits first; the last axis grows."""
    per_byte = 8 // bits
    return np.stack([(packed >> (bits * i)) & (2**bits - 1) for i in range(per_byte)], -1).reshape(*packed.shape[:-1], -1)


def matmul_nbits(node, init) -> np.ndarray:
    """B of MatMulNBits as float [N, K]: (q − zero) · scale, in blocks along K."""
    a = {x.name: x.i for x in node.attribute}
    rows, columns, bits, block = a["N"], a["K"], a["bits"], a["block_size"]
    scales = init[node.input[2]].astype(np.float32).reshape(rows, -1)
    q = unpack(init[node.input[1]].reshape(rows, scales.shape[1], -1), bits)[..., :block].astype(np.float32)
    zero = np.full(scales.shape, 2 ** (bits - 1), np.float32)
    if len(node.input) > 3 and node.input[3]:
        stored = init[node.input[3]].reshape(rows, -1)
        zero = (unpack(stored, bits) if stored.dtype == np.uint8 else stored)[:, : scales.shape[1]].astype(np.float32)
    return ((q - zero[..., None]) * scales[..., None]).reshape(rows, -1)[:, :columns]


NF4 = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0,
       0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]
FP4 = [0, 5.208333333e-3, 2 / 3, 1, 1 / 3, 1 / 2, 1 / 6, 1 / 4]
BNB4 = {0: FP4 + [-v for v in FP4], 1: NF4}


def matmul_bnb4(node, init) -> np.ndarray:
    """B of MatMulBnb4 as float [N, K]: one of sixteen values a nibble (high ones first), times the largest of its block."""
    a = {x.name: x.i for x in node.attribute}
    packed, largest = init[node.input[1]], init[node.input[2]].astype(np.float32)
    values = np.array(BNB4[a["quant_type"]], np.float32)[np.stack([packed >> 4, packed & 15], -1).ravel()[: a["N"] * a["K"]]]
    return (values * np.repeat(largest, a["block_size"])[: len(values)]).reshape(a["N"], a["K"])


def gather_block_quantized(node, init) -> np.ndarray:
    """data of GatherBlockQuantized as float [V, D], blocks along the last axis."""
    a = {x.name: x.i for x in node.attribute}
    data, scales = init[node.input[0]], init[node.input[2]].astype(np.float32)
    bits, block = a.get("bits", 4), a.get("block_size", 128)
    if data.dtype == np.uint8 and bits < 8: data = unpack(data, bits)
    zero = 2 ** (bits - 1) if init[node.input[0]].dtype == np.uint8 else 0
    if len(node.input) > 3 and node.input[3]:
        zero = init[node.input[3]]
        if zero.dtype == np.uint8 and bits < 8: zero = unpack(zero, bits)[..., : scales.shape[-1]]
        zero = np.repeat(zero.astype(np.float32), block, -1)[..., : data.shape[-1]]
    return (data.astype(np.float32) - zero) * np.repeat(scales, block, -1)[..., : data.shape[-1]]


def dequantised(model: onnx.ModelProto) -> list[Quantised]:
    """Every quantised weight of two or more dimensions: block-wise ones by their operator, 8-bit ones by onnxruntime's naming."""
    init = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    init |= {n.output[0]: numpy_helper.to_array(n.attribute[0].t) for n in model.graph.node if n.op_type == "Constant" and n.attribute[0].HasField("t")}
    for node in model.graph.node:      # tied weights: the look-up reads the output layer's packed rows in another shape
        if node.op_type == "Reshape" and node.input[0] in init and node.input[1] in init: init[node.output[0]] = init[node.input[0]].reshape(init[node.input[1]])
    looked_up = {n.input[0] for n in model.graph.node if n.op_type == "Gather"}
    looked_up |= {i for n in model.graph.node if n.op_type.endswith("EmbedLayerNormalization") for i in n.input}
    dequantise_inputs = {n.output[0]: n.input[0] for n in model.graph.node if n.op_type == "DequantizeLinear"}
    looked_up |= {dequantise_inputs[x] for x in looked_up if x in dequantise_inputs}
    found = []
    for node in model.graph.node:
        if node.op_type == "MatMulNBits": found.append(Quantised(matmul_nbits(node, init), False, node.input[1]))
        if node.op_type == "MatMulBnb4": found.append(Quantised(matmul_bnb4(node, init), False, node.input[1]))
        if node.op_type == "GatherBlockQuantized": found.append(Quantised(gather_block_quantized(node, init), True, node.input[0]))
    per_channel_first = {x for n in model.graph.node if n.op_type in ("ConvInteger", "Conv") for x in n.input[1:2]}
    per_channel_first |= {dequantise_inputs[x] for x in per_channel_first if x in dequantise_inputs}
    for name, q in init.items():
        if not name.endswith("_quantized") or q.ndim < 2: continue
        scale, zero = (init[name[: -len("_quantized")] + s].astype(np.float32) for s in ("_scale", "_zero_point"))
        if scale.size > 1:
            axis = 0 if name in per_channel_first else q.ndim - 1
            if q.shape[axis] != scale.size: axis = q.shape.index(scale.size)
            shape = [scale.size if i == axis else 1 for i in range(q.ndim)]
            if q.ndim == 3 and scale.ndim == 2: shape = [scale.shape[0], 1, scale.shape[1]]
            scale, zero = scale.reshape(shape), zero.reshape(shape)
        found.append(Quantised((q.astype(np.float32) - zero) * scale, name in looked_up, name))
    return found


@dataclass
class View:
    """Parameters as an exporter may lay them out, and the way back."""

    parameters: list[nn.Parameter]
    array: np.ndarray
    back: Callable[[np.ndarray], list[np.ndarray]]


def split_rows(parameters): return lambda w: np.split(w, np.cumsum([len(p) for p in parameters])[:-1])


def views(parameters: list[nn.Parameter], shape: tuple[int, ...]):
    """Every view of that shape: a parameter, its transpose, 2 or 3 consecutive ones stacked (packed projections), an LSTM's gates reordered."""
    value = lambda p: p.detach().numpy()
    for p in parameters:
        yield View([p], value(p), lambda w: [w])
        if p.dim() == 2: yield View([p], value(p).T, lambda w: [w.T])
    if len(shape) == 2:
        for count in (2, 3):
            for i in range(len(parameters) - count + 1):
                group = parameters[i : i + count]
                if any(p.dim() != 2 or p.shape[1] != group[0].shape[1] for p in group): continue
                stacked = np.concatenate([value(p) for p in group])
                yield View(group, stacked, split_rows(group))
                yield View(group, stacked.T, lambda w, group=group: split_rows(group)(w.T))
    if len(shape) == 3: yield from lstm_views(parameters, value)


def lstm_views(parameters, value):
    """onnxruntime holds [directions, input, 4·hidden] with gates i, o, f, c; torch holds [4·hidden, input] with gates i, f, c, o."""
    reorder = lambda w, order: np.concatenate([np.split(w, 4)[i] for i in order])
    to_onnx, to_torch = (0, 3, 1, 2), (0, 2, 3, 1)
    two = [p for p in parameters if p.dim() == 2 and p.shape[0] % 4 == 0]
    for group in [[p] for p in two] + [[p, q] for p in two for q in two if p is not q and p.shape == q.shape]:
        array = np.stack([reorder(value(p), to_onnx).T for p in group])
        yield View(group, array, lambda w: [reorder(x.T, to_torch) for x in w])


def untied(model: nn.Module) -> nn.Module:
    """A copy in which no linear layer shares its weight with an embedding: a quantiser may treat the two differently."""
    model = copy.deepcopy(model)
    shared = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    for m in model.modules():
        if isinstance(m, nn.Linear) and id(m.weight) in shared: m.weight = nn.Parameter(m.weight.detach().clone())
    return model


def with_weights(model: nn.Module, found: list[Quantised]) -> nn.Module:
    """A copy of the model whose nearest parameters take the dequantised weights; raises where one finds no parameter near it."""
    model = untied(model)
    tables = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    groups = {lookup: [p for p in model.parameters() if p.dim() >= 2 and (id(p) in tables) == lookup] for lookup in (True, False)}
    assigned = []
    for q in found:
        best = None
        for view in views(groups[q.lookup], q.array.shape):
            if view.array.shape != q.array.shape: continue
            distance = float(np.linalg.norm(view.array - q.array) / (np.linalg.norm(view.array) + 1e-9))
            if best is None or distance < best[0]: best = (distance, view)
        if best is None and q.array.ndim > 2: continue      # a constant of the graph, such as a mask
        if best is None or best[0] > BELIEVED: raise RuntimeError(f"no parameter like {q.name} {q.array.shape}, nearest {best and best[0]}")
        assigned.append((best[1], q.array))
    for view, array in assigned:
        for p, w in zip(view.parameters, view.back(array)): p.data = torch.tensor(np.ascontiguousarray(w), dtype=torch.float32)
    return model
