"""Decoders written directly in newer operators than PyTorch's exporters emit: Attention, RMSNormalization, RotaryEmbedding, Swish.

and one in onnxruntime's own RotaryEmbedding, SkipSimplifiedLayerNormalization and GroupQueryAttention without rotation, as the genai builder
writes them for devices other than the processor.

usage: python handmade.py OUT [--seed 1] [--hidden 24] [--layers 2]
The weights are those of the torch checkpoint, so its references hold.
"""

import argparse
import os
import shutil

import numpy as np
import onnx
import torch
import transformers
from onnx import TensorProto, helper, numpy_helper

from case_file import fresh, numpy_inputs, write
from export import Prepared
from families import Size
from layouts import filled_past


class GraphWriter:
    """Nodes and weights in the order they are asked for; every method returns the name of what it made."""

    def __init__(self): self.nodes, self.weights = [], []

    def weight(self, name, value):
        array = value.detach().numpy() if torch.is_tensor(value) else value
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def op(self, kind, *inputs, domain="", **attributes):
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name, domain=domain, **attributes))
        return name

    def several(self, kind, *inputs, outputs, domain="", **attributes):
        """A node with more than one output; an empty name leaves one out."""
        name = self.op(kind, *inputs, domain=domain, **attributes)
        self.nodes[-1].output[:] = names = [o and f"{name}/{o}" for o in outputs]
        return names

    def linear(self, x, layer, name):
        y = self.op("MatMul", x, self.weight(name + ".weight", layer.weight.T))
        return y if layer.bias is None else self.op("Add", y, self.weight(name + ".bias", layer.bias))


def rotary_caches(model, positions=32):
    """cos and sin as float32 [positions, head/2], from the model's own rotary embedding."""
    cos, sin = model.model.rotary_emb(torch.zeros(1, 1, 1), torch.arange(positions)[None])
    half = cos.shape[-1] // 2
    return cos[0, :, :half], sin[0, :, :half]


def decoder(model, opset: int, heads_apart: bool) -> onnx.ModelProto:
    """A Llama, Qwen2 or Qwen3 decoder. With `heads_apart` queries and keys are [B, heads, T, d], else [B, T, heads · d]."""
    config, g = model.config, GraphWriter()
    heads, shared = config.num_attention_heads, config.num_key_value_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    cos, sin = (g.weight(n, c) for n, c in zip(("cos_cache", "sin_cache"), rotary_caches(model)))
    norm = lambda x, layer, name: g.op("RMSNormalization", x, g.weight(name, layer.weight), axis=-1, epsilon=layer.variance_epsilon)

    def apart(x, count): return g.op("Transpose", g.op("Reshape", x, g.weight(f"{x}_shape", np.array([0, 0, count, width]))), perm=[0, 2, 1, 3])

    x = g.op("Gather", g.weight("embed_tokens.weight", model.model.embed_tokens.weight), "input_ids")
    for i, layer in enumerate(model.model.layers):
        a, at = layer.self_attn, f"layers.{i}."
        n = norm(x, layer.input_layernorm, at + "input_layernorm.weight")
        q, k, v = (g.linear(n, getattr(a, p), at + p) for p in ("q_proj", "k_proj", "v_proj"))
        if heads_apart:
            q, k, v = apart(q, heads), apart(k, shared), apart(v, shared)
            if hasattr(a, "q_norm"): q, k = norm(q, a.q_norm, at + "q_norm.weight"), norm(k, a.k_norm, at + "k_norm.weight")
            q, k = (g.op("RotaryEmbedding", t, cos, sin, "position_ids") for t in (q, k))
            y = g.op("Attention", q, k, v, is_causal=1, scale=a.scaling)
            y = g.op("Reshape", g.op("Transpose", y, perm=[0, 2, 1, 3]), g.weight(at + "joined", np.array([0, 0, heads * width])))
        else:
            q, k = (g.op("RotaryEmbedding", t, cos, sin, "position_ids", num_heads=h) for t, h in ((q, heads), (k, shared)))
            y = g.op("Attention", q, k, v, is_causal=1, q_num_heads=heads, kv_num_heads=shared, scale=a.scaling)
        x = g.op("Add", x, g.linear(y, a.o_proj, at + "o_proj"))
        n, mlp = norm(x, layer.post_attention_layernorm, at + "post_attention_layernorm.weight"), layer.mlp
        gate = g.linear(n, mlp.gate_proj, at + "gate_proj")
        gate = g.op("Swish", gate) if opset >= 24 else g.op("Mul", gate, g.op("Sigmoid", gate))
        x = g.op("Add", x, g.linear(g.op("Mul", gate, g.linear(n, mlp.up_proj, at + "up_proj")), mlp.down_proj, at + "down_proj"))
    logits = g.linear(norm(x, model.model.norm, "norm.weight"), model.lm_head, "lm_head")
    g.nodes[-1].output[0] = "logits"
    assert logits == g.nodes[-1].name
    ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"]) for n in ("input_ids", "position_ids")]
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "sequence", config.vocab_size])
    graph = helper.make_graph(g.nodes, "decoder", ids, [out], g.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def gated(g: GraphWriter, n, layer, at):
    """The feed-forward part of Llama and its kin: W_down (silu(W_gate n) ⊙ W_up n)."""
    mlp, gate = layer.mlp, g.linear(n, layer.mlp.gate_proj, at + "gate_proj")
    return g.linear(g.op("Mul", g.op("Mul", gate, g.op("Sigmoid", gate)), g.linear(n, mlp.up_proj, at + "up_proj")), mlp.down_proj, at + "down_proj")


def contrib_decoder(model, feed_forward=gated) -> onnx.ModelProto:
    """A Llama, Qwen2 or Mixtral decoder in com.microsoft operators, its past states inputs of length zero."""
    config, g, ms = model.config, GraphWriter(), "com.microsoft"
    heads, shared = config.num_attention_heads, config.num_key_value_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    cos, sin = (g.weight(n, c) for n, c in zip(("cos_cache", "sin_cache"), rotary_caches(model)))
    total = g.op("ReduceSum", "attention_mask", g.weight("axes", np.array([1])), keepdims=0)
    last = g.op("Cast", g.op("Sub", total, g.weight("one", np.array(1))), to=TensorProto.INT32)
    length = g.op("Cast", g.op("Gather", g.op("Shape", "attention_mask"), g.weight("axis", np.array(1))), to=TensorProto.INT32)
    x = g.op("Gather", g.weight("embed_tokens.weight", model.model.embed_tokens.weight), "input_ids")
    n, epsilon = None, config.rms_norm_eps
    skip = lambda x, y, weight, name: g.several("SkipSimplifiedLayerNormalization", x, y, g.weight(name, weight), outputs=("normed", "", "", "sum"), domain=ms, epsilon=epsilon)
    for i, layer in enumerate(model.model.layers):
        a, at = layer.self_attn, f"layers.{i}."
        if n is None: n = g.op("SimplifiedLayerNormalization", x, g.weight(at + "input_layernorm.weight", layer.input_layernorm.weight), axis=-1, epsilon=epsilon)
        q, k, v = (g.linear(n, getattr(a, p), at + p) for p in ("q_proj", "k_proj", "v_proj"))
        q, k = (g.op("RotaryEmbedding", t, "position_ids", cos, sin, domain=ms, interleaved=0) for t in (q, k))
        y = g.several("GroupQueryAttention", q, k, v, f"past_key_values.{i}.key", f"past_key_values.{i}.value", last, length,
                      outputs=("y", "key", "value"), domain=ms, num_heads=heads, kv_num_heads=shared, scale=a.scaling)[0]
        n, _, _, x = skip(x, g.linear(y, a.o_proj, at + "o_proj"), layer.post_attention_layernorm.weight, at + "post_attention_layernorm.weight")
        down = feed_forward(g, n, layer, at)
        following = model.model.layers[i + 1].input_layernorm if i + 1 < len(model.model.layers) else model.model.norm
        n, _, _, x = skip(x, down, following.weight, at + "next_norm.weight")
    g.linear(n, model.lm_head, "lm_head")
    g.nodes[-1].output[0] = "logits"
    ids = [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "sequence"]) for n in ("input_ids", "attention_mask", "position_ids")]
    past = [helper.make_tensor_value_info(f"past_key_values.{i}.{kind}", TensorProto.FLOAT, ["batch", shared, "past", width])
            for i in range(len(model.model.layers)) for kind in ("key", "value")]
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "sequence", config.vocab_size])
    graph = helper.make_graph(g.nodes, "decoder", ids + past, [out], g.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid(ms, 1)], ir_version=10)


PLAN = [("llama", "opset23", 23, False), ("llama", "opset23h", 23, True), ("qwen3", "opset23h", 23, True), ("qwen2", "opset23", 23, False), ("llama", "opset24", 24, False),
        ("llama", "contrib", 0, False), ("llama", "contrib-filled", 0, False), ("qwen2", "contrib", 0, False)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=Size.hidden)
    parser.add_argument("--layers", type=int, default=Size.layers)
    parser.add_argument("--variants", help="only these, by name")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    prepared: dict[tuple[str, int], Prepared] = {}
    for name, variant, opset, heads_apart in PLAN:
        if options.variants and variant not in options.variants.split(","): continue
        hidden = options.hidden if opset else 32 * -(-options.hidden // 32)      # GroupQueryAttention wants heads of a multiple of eight channels
        if (name, hidden) not in prepared: prepared[name, hidden] = Prepared(name, Size(hidden=hidden, layers=options.layers), options.seed)
        p, folder = prepared[name, hidden], os.path.join(options.out, f"{name}-handmade-{variant}")
        feed, about = {**numpy_inputs(p.inputs), "position_ids": np.arange(p.size.tokens)[None]}, dict(index=p.index, reference=p.reference)
        if variant.endswith("filled"): feed, about = filled_past(p)
        try:
            made = decoder(p.model, opset, heads_apart) if opset else contrib_decoder(p.model)
            onnx.save(made, fresh(folder))
            for i in made.graph.input:
                empty = [1, p.config.num_key_value_heads, 0, i.type.tensor_type.shape.dim[-1].dim_value]
                if i.name.startswith("past"): feed.setdefault(i.name, np.zeros(empty, np.float32))
            line = write(folder, p.config, p.facts("handmade", variant, script="handmade.py"), about["reference"], feed, about["index"], "exact", 1e-3)
        except Exception as error:
            shutil.rmtree(folder, ignore_errors=True)
            line = f"{name}-handmade-{variant}: FAILED {type(error).__name__} {str(error)[:300]}"
        print(line, flush=True)


if __name__ == "__main__": main()
