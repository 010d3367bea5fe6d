"""The layouts of optimum: decoders with past states (empty here), merged ones, logits of the last positions only, encoder and decoder apart.

usage: python layouts.py OUT [--seed 1] [--hidden 24] [--layers 2]
"""

import argparse
import contextlib
import io
import os
import shutil

import numpy as np
import onnx
import torch
import transformers
from torch import nn
from transformers.cache_utils import DynamicCache

from case_file import fresh, numpy_inputs, strip, write
from export import Prepared
from families import Size, word_embeddings
from onnx_merge import merge
from pairs import pair_case
from reference import references

DECODERS = {"gpt2": ("past", "past-filled", "merged"), "llama": ("past", "past-filled", "merged", "merged-cached", "keep"), "qwen3": ("past", "keep"), "qwen2": ("merged",)}
PAIRS = {"t5": ("pair", "merged"), "bart": ("pair", "merged"), "marian": ("pair", "merged")}


class Decoder(nn.Module):
    """ids, mask, positions, [num_logits_to_keep], then key and value of every layer; gives logits and the present states."""

    def __init__(self, model, past: bool, keep: bool):
        super().__init__()
        self.model, self.past, self.keep = model, past, keep

    def forward(self, input_ids, attention_mask, position_ids, *rest):
        kept, states = (rest[0], rest[1:]) if self.keep else (None, rest)
        cache = DynamicCache(list(zip(states[0::2], states[1::2]))) if self.past else DynamicCache()
        body = self.model.base_model(input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, past_key_values=cache, use_cache=True)
        hidden = body.last_hidden_state
        if kept is not None: hidden = hidden[:, -kept:, :]
        present = [t for layer in body.past_key_values.layers for t in (layer.keys, layer.values)]
        return (self.model.get_output_embeddings()(hidden), *present)


def state_names(layers: int, prefix: str) -> list[str]: return [f"{prefix}.{i}.{kind}" for i in range(layers) for kind in ("key", "value")]


def export_decoder(prepared: Prepared, path: str, past: bool, keep: bool):
    """Traced with three past positions, as optimum does; the graph then takes any number, zero included."""
    config, layers = prepared.config, prepared.size.layers
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    ids, steps = prepared.inputs["input_ids"], 3 if past else 0
    length = ids.shape[1]
    values = [ids, torch.ones(1, length + steps, dtype=torch.int64), torch.arange(steps, steps + length)[None]]
    names = ["input_ids", "attention_mask", "position_ids"]
    axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}, "attention_mask": {0: "batch_size", 1: "total_sequence_length"},
            "position_ids": {0: "batch_size", 1: "sequence_length"}, "logits": {0: "batch_size", 1: "sequence_length"}}
    if keep: values.append(torch.tensor(1)); names.append("num_logits_to_keep")
    states = state_names(layers, "past_key_values")
    if past:
        values += [torch.randn(1, heads, steps, width) for _ in states]
        names += states
        axes.update({n: {0: "batch_size", 2: "past_sequence_length"} for n in states})
    present = state_names(layers, "present")
    axes.update({n: {0: "batch_size", 2: "total_sequence_length"} for n in present})
    torch.onnx.export(Decoder(prepared.model, past, keep).eval(), tuple(values), path, input_names=names, output_names=["logits", *present],
                      dynamic_axes=axes, opset_version=17, dynamo=False)
    onnx.save(strip(onnx.load(path)), path)
    return {n: np.zeros((1, heads, 0, width), np.float32) for n in states}


FILLED = 3
"""Positions of the past in `past-filled`: the first words of the input; the others are explained."""


def filled_past(prepared: Prepared) -> tuple[dict[str, np.ndarray], dict]:
    """Feeds whose first words lie in the past states, and references of the others: the past is what it is, nothing reaches its words."""
    ids, mask = prepared.inputs["input_ids"], prepared.inputs["attention_mask"]
    with torch.no_grad(): past = prepared.model(input_ids=ids[:, :FILLED], use_cache=True).past_key_values
    states = [t.detach().clone() for layer in past.layers for t in (layer.keys, layer.values)]

    def call(model):
        of = lambda: DynamicCache([(k.double(), v.double()) for k, v in zip(states[0::2], states[1::2])])
        return lambda: model(input_ids=ids[:, FILLED:], attention_mask=mask, past_key_values=of(), use_cache=True).logits

    index = [0, ids.shape[1] - FILLED - 1, prepared.index[2]]
    positions = np.arange(FILLED, ids.shape[1])[None]
    feed = {"input_ids": ids[:, FILLED:].numpy(), "attention_mask": mask.numpy(), "position_ids": positions}
    feed |= dict(zip(state_names(prepared.size.layers, "past_key_values"), (t.numpy() for t in states)))
    return feed, dict(index=index, reference=references(prepared.model, call, word_embeddings, index, ig=False))


def decoder_case(out: str, prepared: Prepared, layout: str) -> str:
    folder = os.path.join(out, f"{prepared.name}-optimum-{layout}")
    path, keep = fresh(folder), layout == "keep"
    empty = export_decoder(prepared, path, True, keep)
    length = prepared.inputs["input_ids"].shape[1]
    feed = {**numpy_inputs(prepared.inputs), "position_ids": np.arange(length)[None], **empty}
    if keep: feed["num_logits_to_keep"] = np.array(1)
    if layout.startswith("merged"):
        without = path + ".without"
        export_decoder(prepared, without, False, False)
        onnx.save(merge(onnx.load(path), onnx.load(without)), path)
        os.remove(without)
        feed["use_cache_branch"] = np.array([layout == "merged-cached"])
    index, reference = [0, 0, prepared.index[2]] if keep else prepared.index, prepared.reference
    if layout == "past-filled":
        feed, about = filled_past(prepared)
        index, reference = about["index"], about["reference"]
    return write(folder, prepared.config, prepared.facts("optimum", layout, script="layouts.py"), reference, feed, index, "exact", 1e-3)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=Size.hidden)
    parser.add_argument("--layers", type=int, default=Size.layers)
    parser.add_argument("--families", help="only these, by name")
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    size = Size(hidden=options.hidden, layers=options.layers)
    for name in {**DECODERS, **PAIRS} if not options.families else options.families.split(","):
        prepared = Prepared(name, size, options.seed)
        for layout in DECODERS.get(name) or PAIRS[name]:
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    line = (pair_case if name in PAIRS else decoder_case)(options.out, prepared, layout)
            except Exception as error:
                shutil.rmtree(f"{options.out}/{name}-optimum-{layout}", ignore_errors=True)
                line = f"{name}-optimum-{layout}: FAILED {type(error).__name__} {str(error)[:300]}"
            print(line, flush=True)


if __name__ == "__main__": main()
