"""Graphs of the onnxruntime-genai builder: GroupQueryAttention, SkipSimplifiedLayerNormalization, RotaryEmbedding, MatMulNBits, past states.

usage: python genai.py OUT [--seed 1] [--layers 2] [--families llama,qwen2]      needs the PyPI package onnxruntime-genai on the path
Its kernels want heads of a multiple of 16 channels, so the hidden size is 64. Families with sliding windows are left out: its kernel
keeps a ring of past states that must be at least one window long, so a prompt cannot start from an empty one.
"""

import argparse
import contextlib
import io
import json
import os
import shutil
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers

from case_file import fresh, numpy_inputs, strip, write
from export import Prepared
from families import Size
from weights import dequantised, with_weights

FAMILIES = ("llama", "smollm2", "qwen2", "qwen3", "phi3")
PRECISIONS = {"fp32": ("exact", 5e-3), "int4": ("weight-only", 5e-3)}


def save_for_builder(prepared: Prepared, folder: str):
    """The checkpoint with a tokenizer of one word per id, which the builder insists on."""
    prepared.model.save_pretrained(folder)
    with open(f"{folder}/config.json") as f: config = json.load(f)
    if "rope_theta" not in config and "rope_theta" in (rope := config.get("rope_parameters") or {}): config["rope_theta"] = rope["rope_theta"]
    with open(f"{folder}/config.json", "w") as f: json.dump(config, f)
    words = {w: i for i, w in enumerate(["<pad>", "<s>", "</s>", "<unk>", *(f"w{i}" for i in range(4, prepared.size.vocab))])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>").save_pretrained(folder)


def feed_of(path: str, prepared: Prepared) -> dict[str, np.ndarray]:
    """The case's ids with positions from zero and past states of length zero."""
    known = {**numpy_inputs(prepared.inputs), "position_ids": np.arange(prepared.size.tokens)[None]}
    options = ort.SessionOptions()
    options.log_severity_level = 3
    inputs = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"]).get_inputs()
    width = getattr(prepared.config, "head_dim", None) or prepared.config.hidden_size // prepared.config.num_attention_heads
    return {i.name: known[i.name] if i.name in known else np.zeros([1, i.shape[1], 0, width], np.float32) for i in inputs}


def genai_case(out: str, prepared: Prepared, precision: str) -> str:
    from onnxruntime_genai.models.builder import create_model, parse_extra_options
    kind, limit = PRECISIONS[precision]
    folder = os.path.join(out, f"{prepared.name}-genai-{precision}")
    with tempfile.TemporaryDirectory() as scratch:
        save_for_builder(prepared, f"{scratch}/torch")
        place = ("", f"{scratch}/torch", f"{scratch}/built", precision, "cpu", f"{scratch}/cache")
        create_model(*place, **parse_extra_options(*place, ["accuracy_level=0", "block_size=32"] if precision == "int4" else []))
        model = onnx.load(f"{scratch}/built/model.onnx")
    path = fresh(folder)
    onnx.save_model(strip(model), path, save_as_external_data=True, location="model.onnx.data", size_threshold=1024)
    weights = dequantised(onnx.load(path))
    reference = prepared.explain(with_weights(prepared.model, weights), ig=False) if weights else prepared.reference
    facts = prepared.facts("genai", precision, script="genai.py", weights_put_back=len(weights))
    return write(folder, prepared.config, facts, reference, feed_of(path, prepared), prepared.index, kind, limit)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--layers", type=int, default=Size.layers)
    parser.add_argument("--families", default=",".join(FAMILIES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    for name in options.families.split(","):
        prepared = Prepared(name, Size(hidden=64, layers=options.layers), options.seed)
        for precision in PRECISIONS:
            try:
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()): line = genai_case(options.out, prepared, precision)
            except Exception as error:
                shutil.rmtree(f"{options.out}/{name}-genai-{precision}", ignore_errors=True)
                line = f"{name}-genai-{precision}: FAILED {type(error).__name__} {str(error)[:300]}"
            print(line, flush=True)


if __name__ == "__main__": main()
