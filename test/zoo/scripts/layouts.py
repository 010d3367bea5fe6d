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

from case_file import fresh, run_onnx, numpy_inputs, strip, write
from export import Prepared
from families import Size
from onnx_merge import merge

DECODERS = {"gpt2": ("past", "merged"), "llama": ("past", "merged", "merged-cached", "keep"), "qwen3": ("past", "keep"), "qwen2": ("merged",)}
PAIRS = ("t5", "bart", "marian")


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
    index = [0, 0, prepared.index[2]] if keep else prepared.index
    return write(folder, prepared.config, prepared.facts("optimum", layout, script="layouts.py"), prepared.reference, feed, index, "exact", 1e-3)


class Encoder(nn.Module):
    def __init__(self, model): super().__init__(); self.model = model

    def forward(self, input_ids, attention_mask): return self.model.get_encoder()(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


class CrossDecoder(nn.Module):
    def __init__(self, model): super().__init__(); self.model = model

    def forward(self, encoder_attention_mask, input_ids, encoder_hidden_states):
        outputs = transformers.modeling_outputs.BaseModelOutput(last_hidden_state=encoder_hidden_states)
        return self.model(encoder_outputs=outputs, attention_mask=encoder_attention_mask, decoder_input_ids=input_ids, use_cache=False).logits


def pair_case(out: str, prepared: Prepared) -> str:
    """encoder_model.onnx and decoder_model.onnx: the states of the one are an input of the other, and sources lie in both."""
    folder = os.path.join(out, f"{prepared.name}-optimum-pair")
    fresh(folder)
    ids, mask, decoder_ids = prepared.inputs.values()
    states = Encoder(prepared.model)(ids, mask).detach()
    encoder, decoder = f"{folder}/onnx/encoder_model.onnx", f"{folder}/onnx/decoder_model.onnx"
    sequence, batch = "encoder_sequence_length", "batch_size"
    torch.onnx.export(Encoder(prepared.model), (ids, mask), encoder, input_names=["input_ids", "attention_mask"], output_names=["last_hidden_state"],
                      dynamic_axes={n: {0: batch, 1: sequence} for n in ("input_ids", "attention_mask", "last_hidden_state")}, opset_version=17, dynamo=False)
    torch.onnx.export(CrossDecoder(prepared.model), (mask, decoder_ids, states), decoder,
                      input_names=["encoder_attention_mask", "input_ids", "encoder_hidden_states"], output_names=["logits"],
                      dynamic_axes={"encoder_attention_mask": {0: batch, 1: sequence}, "encoder_hidden_states": {0: batch, 1: sequence},
                                    "input_ids": {0: batch, 1: "decoder_sequence_length"}, "logits": {0: batch, 1: "decoder_sequence_length"}},
                      opset_version=17, dynamo=False)
    for path in (encoder, decoder): onnx.save(strip(onnx.load(path)), path)
    feed = numpy_inputs(prepared.inputs)
    hidden = run_onnx(encoder, feed, "last_hidden_state")
    decoder_feed = {"encoder_attention_mask": feed["attention_mask"], "input_ids": feed["decoder_input_ids"], "encoder_hidden_states": hidden}
    facts = prepared.facts("optimum", "pair", script="layouts.py", encoder=dict(file="encoder_model.onnx", output="last_hidden_state", feeds="encoder_hidden_states"),
                           all_inputs={k: v.tolist() for k, v in feed.items()})
    return write(folder, prepared.config, facts, prepared.reference, decoder_feed, prepared.index, "exact", 1e-3, file="decoder_model.onnx")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=Size.hidden)
    parser.add_argument("--layers", type=int, default=Size.layers)
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    size = Size(hidden=options.hidden, layers=options.layers)
    for name in (*DECODERS, *PAIRS):
        prepared = Prepared(name, size, options.seed)
        for layout in DECODERS.get(name, ("pair",)):
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    line = pair_case(options.out, prepared) if layout == "pair" else decoder_case(options.out, prepared, layout)
            except Exception as error:
                shutil.rmtree(f"{options.out}/{name}-optimum-{layout}", ignore_errors=True)
                line = f"{name}-optimum-{layout}: FAILED {type(error).__name__} {str(error)[:300]}"
            print(line, flush=True)


if __name__ == "__main__": main()
