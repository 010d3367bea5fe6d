"""Trains models/ioi-lm: a Llama-shaped language model of 0.3 million weights on templated English.

`python ioi_lm.py` writes the whole folder (config, tokenizer, ONNX file,
held-out cases) and prints the accuracy on held-out sentences.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.cache_utils import DynamicCache

import ioi_text
import onnx_files
import scores

OUT = Path(__file__).resolve().parent.parent / "ioi-lm"
SPECIAL = ["<pad>", "<s>", "<unk>"]
STEPS, BATCH, RATE, SEED = 3000, 64, 3e-3, 11
HELD_OUT, CASES = 2000, 200


def build_tokenizer() -> Tokenizer:
    """One token a word or mark; `<s>` before every text."""
    words = {word: index for index, word in enumerate([*SPECIAL, *ioi_text.vocabulary()])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer


def build_model(size: int) -> LlamaForCausalLM:
    """RoPE, grouped-query attention (4 heads, 2 key-value heads), SwiGLU, RMSNorm, tied embeddings."""
    config = LlamaConfig(
        vocab_size=size, hidden_size=96, intermediate_size=192, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128, tie_word_embeddings=True, pad_token_id=0,
        bos_token_id=1, eos_token_id=None, use_cache=False, rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    return LlamaForCausalLM._from_config(config, attn_implementation="eager")


def batch_of(tokenizer: Tokenizer, rng: random.Random) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids [batch, longest] and the same with padding as -100."""
    rows = [tokenizer.encode(ioi_text.draw(rng, held=False).sentence()).ids for _ in range(BATCH)]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    return ids, ids.masked_fill(ids == 0, -100)


def train(tokenizer: Tokenizer) -> LlamaForCausalLM:
    """Next-word cross-entropy on sentences drawn afresh at every step."""
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    model = build_model(tokenizer.get_vocab_size())
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.05, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.1)
    started = time.time()
    for step in range(STEPS):
        ids, labels = batch_of(tokenizer, rng)
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 250 == 0:
            print(f"step {step}: loss {loss.item():.3f}, {time.time() - started:.0f} s", flush=True)
    return model.eval()


class Cached(torch.nn.Module):
    """ids, mask, positions, then key and value of every layer; gives logits and the states of the next step, as optimum lays them out."""

    def __init__(self, model: LlamaForCausalLM):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, position_ids, *past):
        cache = DynamicCache(list(zip(past[0::2], past[1::2])))
        out = self.model(input_ids=input_ids, attention_mask=attention_mask, position_ids=position_ids, past_key_values=cache, use_cache=True)
        return (out.logits, *(t for layer in out.past_key_values.layers for t in (layer.keys, layer.values)))


def export(model: LlamaForCausalLM, path: Path) -> None:
    """The model with its cache, traced with three past positions; the graph takes any number, none included."""
    config = model.config
    ids, steps = torch.randint(3, config.vocab_size, (2, 5)), 3
    feed = {"input_ids": ids, "attention_mask": torch.ones(2, 5 + steps, dtype=torch.int64), "position_ids": torch.arange(steps, steps + 5).expand(2, -1)}
    axes = {"input_ids": {0: "batch", 1: "sequence"}, "attention_mask": {0: "batch", 1: "total"}, "position_ids": {0: "batch", 1: "sequence"},
            "logits": {0: "batch", 1: "sequence"}}
    present = []
    for name in (f"{i}.{kind}" for i in range(config.num_hidden_layers) for kind in ("key", "value")):
        feed[f"past_key_values.{name}"] = torch.randn(2, config.num_key_value_heads, steps, config.head_dim)
        axes[f"past_key_values.{name}"], axes[f"present.{name}"] = {0: "batch", 2: "past"}, {0: "batch", 2: "total"}
        present.append(f"present.{name}")
    onnx_files.trace(Cached(model), feed, path, ["logits", *present], axes)


def held_out_cases() -> list[ioi_text.Case]:
    """`HELD_OUT` different prompts from the held-out tenth, both kinds alike."""
    rng = random.Random(SEED + 1)
    found: dict[str, ioi_text.Case] = {}
    wanted = {"indirect-object": HELD_OUT // 2, "agreement": HELD_OUT // 2}
    while any(wanted.values()):
        case = ioi_text.draw(rng, held=True)
        if wanted[case.kind] and case.text not in found:
            found[case.text] = case
            wanted[case.kind] -= 1
    return list(found.values())


def evaluate(path: Path, tokenizer: Tokenizer, cases: list[ioi_text.Case]) -> dict[str, dict[str, float]]:
    """Share of cases whose most probable next word in the ONNX file is the answer, by kind."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    result: dict[str, list[bool]] = {}
    for case in cases:
        ids = np.array([tokenizer.encode(case.text).ids])
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "position_ids": np.arange(ids.shape[1])[None]}
        empty = {i.name: np.zeros((1, i.shape[1], 0, i.shape[3]), np.float32) for i in session.get_inputs() if i.name not in feed}
        logits = session.run(["logits"], {**feed, **empty})[0][0, -1]
        result.setdefault(case.kind, []).append(int(logits.argmax()) == tokenizer.token_to_id(case.answer))
    report = {}
    for kind, right in result.items():
        low, high = scores.wilson(sum(right), len(right))
        report[kind] = {"cases": len(right), "accuracy": sum(right) / len(right), "low": round(low, 4), "high": round(high, 4)}
    return report


def write(model: LlamaForCausalLM, tokenizer: Tokenizer, out: Path) -> None:
    """The Hugging Face layout: config.json, tokenizer.json, tokenizer_config.json, onnx/model.onnx."""
    out.mkdir(parents=True, exist_ok=True)
    model.config.architectures, model.config.use_cache = ["LlamaForCausalLM"], True
    model.config.save_pretrained(out)
    tokenizer.save(str(out / "tokenizer.json"))
    names = {"pad_token": "<pad>", "bos_token": "<s>", "unk_token": "<unk>"}
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 128, **names}
    (out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    export(model, out / "onnx" / "model.onnx")


def main() -> None:
    """Trains, writes, evaluates the written file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--torch", type=Path, help="also save the torch model here")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = build_tokenizer()
    model = train(tokenizer)
    write(model, tokenizer, arguments.out)
    if arguments.torch:
        model.save_pretrained(arguments.torch)
    cases = held_out_cases()
    print(json.dumps(evaluate(arguments.out / "onnx" / "model.onnx", tokenizer, cases), indent=1))
    half = CASES // 2
    chosen = [c for kind in ("indirect-object", "agreement") for c in [c for c in cases if c.kind == kind][:half]]
    lines = ",\n".join(json.dumps(case.public()) for case in chosen)
    (arguments.out / "cases.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
