"""Encoder-decoders in optimum's files: encoder_model.onnx beside decoder_model.onnx, or beside decoder_model_merged.onnx with its `If`."""

import os

import numpy as np
import onnx
import torch
import transformers
from torch import nn
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from case_file import fresh, numpy_inputs, run_onnx, strip, write
from export import Prepared
from onnx_merge import merge

BATCH, SEQUENCE, TARGETS, PAST = "batch_size", "encoder_sequence_length", "decoder_sequence_length", "past_decoder_sequence_length"


class Encoder(nn.Module):
    def __init__(self, model): super().__init__(); self.model = model

    def forward(self, input_ids, attention_mask): return self.model.get_encoder()(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


class CrossDecoder(nn.Module):
    """Mask, ids and the encoder's hidden states, then key and value of every layer's own and crossing attention; gives logits and what is new of the states.

    With past states nothing is read from the hidden states: keys and values of the crossing attentions are given.
    """

    def __init__(self, model, cached=False, past=False): super().__init__(); self.model, self.cached, self.past = model, cached, past

    def forward(self, encoder_attention_mask, input_ids, encoder_hidden_states, *states):
        outputs = transformers.modeling_outputs.BaseModelOutput(last_hidden_state=encoder_hidden_states)
        own, crossing = ([DynamicCache(list(zip(states[i::4], states[i + 1::4]))) for i in (0, 2)] if self.past else (DynamicCache(), DynamicCache()))
        cache = EncoderDecoderCache(own, crossing) if self.cached else None
        result = self.model(encoder_outputs=outputs, attention_mask=encoder_attention_mask, decoder_input_ids=input_ids, past_key_values=cache, use_cache=self.cached)
        if not self.cached: return result.logits
        caches = (own,) if self.past else (own, crossing)
        return (result.logits, *(t for i in range(len(own.layers)) for c in caches for t in (c.layers[i].keys, c.layers[i].values)))


def states_of(layers: int, prefix: str, kinds=("decoder", "encoder")) -> list[str]:
    return [f"{prefix}.{i}.{kind}.{part}" for i in range(layers) for kind in kinds for part in ("key", "value")]


def export_encoder(prepared: Prepared, path: str):
    ids, mask, _ = prepared.inputs.values()
    torch.onnx.export(Encoder(prepared.model), (ids, mask), path, input_names=["input_ids", "attention_mask"], output_names=["last_hidden_state"],
                      dynamic_axes={n: {0: BATCH, 1: SEQUENCE} for n in ("input_ids", "attention_mask", "last_hidden_state")}, opset_version=17, dynamo=False)
    onnx.save(strip(onnx.load(path)), path)


def export_decoder(prepared: Prepared, hidden: torch.Tensor, path: str, cached=False, past=False):
    """Without states, with states as outputs alone, or as inputs too (then traced with two past positions and one new, as optimum does)."""
    _, mask, ids = prepared.inputs.values()
    layers, values, names = prepared.size.layers, [mask, ids, hidden], ["encoder_attention_mask", "input_ids", "encoder_hidden_states"]
    axes = {"encoder_attention_mask": {0: BATCH, 1: SEQUENCE}, "encoder_hidden_states": {0: BATCH, 1: SEQUENCE}, "input_ids": {0: BATCH, 1: TARGETS},
            "logits": {0: BATCH, 1: TARGETS}}
    present = states_of(layers, "present", ("decoder",) if past else ("decoder", "encoder")) if cached else []
    if past:
        with torch.no_grad(): _, *states = CrossDecoder(prepared.model, cached=True)(mask, ids[:, :2], hidden)
        values, names = [mask, ids[:, 2:3], hidden, *states], names + states_of(layers, "past_key_values")
    for name in [*names, *present]:
        if ".decoder." in name: axes[name] = {0: BATCH, 2: PAST if name.startswith("past") else f"{PAST} + 1"}
        if ".encoder." in name: axes[name] = {0: BATCH, 2: f"{SEQUENCE}_out"}
    torch.onnx.export(CrossDecoder(prepared.model, cached, past).eval(), tuple(values), path, input_names=names, output_names=["logits", *present],
                      dynamic_axes={k: v for k, v in axes.items() if k in [*names, *present, "logits"]}, opset_version=17, dynamo=False)
    onnx.save(strip(onnx.load(path)), path)


def pair_case(out: str, prepared: Prepared, layout: str) -> str:
    """The hidden states of the encoder's file are an input of the decoder's, and sources lie in both."""
    folder = os.path.join(out, f"{prepared.name}-optimum-{layout}")
    fresh(folder)
    ids, mask, decoder_ids = prepared.inputs.values()
    hidden, encoder = Encoder(prepared.model)(ids, mask).detach(), f"{folder}/onnx/encoder_model.onnx"
    file = "decoder_model_merged.onnx" if layout == "merged" else "decoder_model.onnx"
    path = f"{folder}/onnx/{file}"
    export_encoder(prepared, encoder)
    export_decoder(prepared, hidden, path, cached=layout == "merged")
    feed = numpy_inputs(prepared.inputs)
    decoder_feed = {"encoder_attention_mask": feed["attention_mask"], "input_ids": feed["decoder_input_ids"],
                    "encoder_hidden_states": run_onnx(encoder, feed, "last_hidden_state")}
    if layout == "merged":
        export_decoder(prepared, hidden, f"{path}.past", cached=True, past=True)
        onnx.save(merge(onnx.load(f"{path}.past"), onnx.load(path)), path)
        os.remove(f"{path}.past")
        decoder_feed |= empty_states(path)
    facts = prepared.facts("optimum", layout, script="layouts.py", encoder=dict(file="encoder_model.onnx", output="last_hidden_state", feeds="encoder_hidden_states"),
                           all_inputs={k: v.tolist() for k, v in feed.items()})
    return write(folder, prepared.config, facts, prepared.reference, decoder_feed, prepared.index, "exact", 1e-3, file=file)


def empty_states(path: str) -> dict:
    """States without positions for every cache input, and the branch that reads none: what transformers.js feeds at the first step."""
    feed = {"use_cache_branch": np.array([False])}
    for i in onnx.load(path).graph.input:
        if i.name.startswith("past"): feed[i.name] = np.zeros([d.dim_value or (1 if k == 0 else 0) for k, d in enumerate(i.type.tensor_type.shape.dim)], np.float32)
    return feed
