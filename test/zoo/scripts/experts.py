"""Mixtures of experts in onnxruntime's own operators: a Mixtral decoder whose experts are one MoE, or one QMoE on packed integers, a layer.

usage: python experts.py OUT [--seed 1] [--layers 2]
The genai builder packs experts like this (gate and linear branch row by row, SwiGLU inside the operator) for families that it cannot build small.
"""

import argparse
import copy
import os
import shutil

import numpy as np
import onnx
import torch
import transformers

from case_file import fresh, numpy_inputs, write
from export import Prepared
from families import Size
from handmade import contrib_decoder


class EvenSize(Size):
    """Packed rows of four bits want an even width between an expert's layers, GroupQueryAttention heads of a multiple of eight channels."""

    intermediate = 64


def quantise(w: np.ndarray, bits: int, block: int, zeros: bool):
    """Rows [E, N, K] as unsigned integers in blocks along K (one block where `block` is 0): bytes, scales, zero points, and the floats they stand for."""
    experts, rows, columns = w.shape
    top = 2**bits - 1
    blocks = w.reshape(experts, rows, -1, block or columns)
    low, high = np.minimum(blocks.min(-1, keepdims=True), 0), np.maximum(blocks.max(-1, keepdims=True), 0)
    if zeros: scale, zero = (high - low) / top, np.round(-low / ((high - low) / top))
    else: scale, zero = np.maximum(-low, high) / (2 ** (bits - 1) - 1), np.full_like(low, 2 ** (bits - 1))
    scale = scale.astype(np.float32)
    q = np.clip(np.round(blocks / scale) + zero, 0, top)
    pack = lambda a: a.astype(np.uint8) if bits == 8 else (a[..., 0::2] | a[..., 1::2] << 4).astype(np.uint8)
    shape = scale.shape[:-1] if block else (experts, rows)      # zero points are packed along the last of these axes
    points = pack(zero.reshape(shape).astype(np.uint8))
    return pack(q.reshape(w.shape).astype(np.uint8)), scale.reshape(shape), points, ((q - zero) * scale).reshape(w.shape).astype(np.float32)


VARIANTS = {  # bits (0: floats), block, zero points
    "moe": (0, 0, False),
    "qmoe4": (4, 0, False),
    "qmoe4z": (4, 0, True),
    "qmoe4b": (4, 16, True),
    "qmoe8": (8, 0, False),
}


def experts_of(model, bits: int, block: int, zeros: bool):
    """Writes a layer's feed-forward part as one node, and puts the floats its weights stand for into `model`."""
    def feed_forward(g, n, layer, at):
        moe, e = layer.mlp, layer.mlp.experts
        inner = e.gate_up_proj.shape[1] // 2
        # SwiGLU reads gate and linear branch from neighbouring rows.
        interleaved = torch.stack([e.gate_up_proj[:, :inner], e.gate_up_proj[:, inner:]], 2).reshape(e.gate_up_proj.shape).detach().numpy()
        weights, points = [], []
        for name, w in (("gate_up", interleaved), ("down", e.down_proj.detach().numpy())):
            if not bits: weights += [g.weight(f"{at}{name}", w), ""]; continue
            packed, scale, zero, floats = quantise(w, bits, block, zeros)
            weights += [g.weight(f"{at}{name}.q", packed), g.weight(f"{at}{name}.scale", scale), ""]
            points.append(g.weight(f"{at}{name}.zero", zero) if zeros else "")
            if name == "gate_up":
                pairs = torch.tensor(floats).reshape(len(w), inner, 2, -1)
                e.gate_up_proj.data = torch.cat([pairs[:, :, 0], pairs[:, :, 1]], 1).contiguous()
            else: e.down_proj.data = torch.tensor(floats)
        router = g.op("Reshape", g.op("MatMul", n, g.weight(at + "router", moe.gate.weight.T)), g.weight(at + "rows", np.array([-1, moe.experts.num_experts])))
        inputs, attributes = [n, router, *weights], dict(k=moe.gate.top_k, normalize_routing_weights=1, activation_type="swiglu", swiglu_fusion=1, activation_alpha=1.0,
                                                         activation_beta=0.0)
        if bits:
            attributes["expert_weight_bits"] = bits
            if block: attributes["block_size"] = block
            if zeros: inputs += ["", "", "", *points, ""]
        return g.op("QMoE" if bits else "MoE", *inputs, domain="com.microsoft", **attributes)
    return feed_forward


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--layers", type=int, default=Size.layers)
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    prepared = Prepared("mixtral", EvenSize(hidden=32, layers=options.layers), options.seed)
    for variant, how in VARIANTS.items():
        folder, model = os.path.join(options.out, f"mixtral-handmade-{variant}"), copy.deepcopy(prepared.model)
        try:
            made = contrib_decoder(model, experts_of(model, *how))
            onnx.save(made, fresh(folder))
            feed = {**numpy_inputs(prepared.inputs), "position_ids": np.arange(prepared.size.tokens)[None]}
            for i in made.graph.input:
                if i.name.startswith("past"): feed[i.name] = np.zeros([1, prepared.config.num_key_value_heads, 0, i.type.tensor_type.shape.dim[3].dim_value], np.float32)
            reference, kind = (prepared.explain(model, ig=False), "weight-only") if how[0] else (prepared.reference, "exact")
            line = write(folder, prepared.config, prepared.facts("handmade", variant, script="experts.py"), reference, feed, prepared.index, kind, 1e-3)
        except Exception as error:
            shutil.rmtree(folder, ignore_errors=True)
            line = f"mixtral-handmade-{variant}: FAILED {type(error).__name__} {str(error)[:300]}"
        print(line, flush=True)


if __name__ == "__main__": main()
