"""What torch, captum, the oracle and LXT say about the embedded sentiment checkpoint.

usage: python sentiment.py [--checkpoint models/sentiment-en] [--out test/golden] [--lxt PYTHON]
Speaks of the fp32 model that the committed file's weights are, dequantised. Writes sentiment.json (every method, a dozen sentences) and
sentiment-int8.json (the gradient alone, for 100 test sentences).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
PROJECT = Path(__file__).resolve().parents[3]
sys.path += [str(PROJECT / "test/zoo/scripts"), str(PROJECT / "models/scripts")]

import onnx
import torch
from onnx import numpy_helper
from tokenizers import Tokenizer
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from case_file import rounded
from reference import references
from weights import dequantised

SENTENCES = [
    "I love programming", "I hate waiting in line", "An absolute delight from start to finish .", "The plot is thin and the jokes fall flat .",
    "not bad at all", "It is hard to imagine a duller film .", "a gorgeous , witty , seductive movie .", "The acting is fine , but the story never comes alive .",
    "I expected to be bored and was moved instead .", "too long by half an hour", "Simply wonderful !", "What a waste of a great cast .",
]
IG_STEPS = 50
INT8_SENTENCES = 100


class Columns(nn.Module):
    """A place where hidden states pass as [batch, channels, tokens]: captum pools over the axes after the second."""

    def forward(self, x): return x


def committed(checkpoint: Path) -> BertForSequenceClassification:
    """The torch model with the weights of the committed file. Its exporter named products after the module they come from."""
    file = onnx.load(checkpoint / "onnx/model_quantized.onnx")
    stored = {i.name: numpy_helper.to_array(i) for i in file.graph.initializer}
    real = {q.name: q.array for q in dequantised(file)}
    model = BertForSequenceClassification(BertConfig.from_pretrained(checkpoint, attn_implementation="eager"))
    names = model.state_dict().keys()
    found = {n.removeprefix("model.").removesuffix("_quantized"): real.get(n, stored[n]) for n in stored}
    weight_of = {node.output[0]: node.input[0] for node in file.graph.node if node.op_type == "DequantizeLinear"}
    for node in file.graph.node:
        if not (module := re.match(r"/model/(.+?)/(Gemm_)?MatMul", node.name)) or len(node.input) < 2: continue
        if (weight := weight_of.get(node.input[1], node.input[1])) in real: found[module[1].replace("/", ".") + ".weight"] = real[weight].T.copy()
    model.load_state_dict({n: torch.tensor(found[n]) for n in names})
    return model.eval().requires_grad_(False)


def ids_of(tokenizer: Tokenizer, text: str) -> torch.Tensor: return torch.tensor([tokenizer.encode(text).ids])


def whole_call(ids): return lambda m: lambda: m(input_ids=ids, attention_mask=torch.ones_like(ids)).logits


def word_table(model): return [model.bert.embeddings.word_embeddings.weight]


def grad_cam(model, ids, target: int) -> list[list[float]]:
    """captum's LayerGradCam at the embeddings' output and after each block but the last, without the final ReLU."""
    from captum.attr import LayerGradCam
    scores = []
    for module in [model.bert.embeddings, *model.bert.encoder.layer[:-1]]:
        columns = Columns()

        def through(_module, _inputs, output):
            hidden = output[0] if isinstance(output, tuple) else output
            hidden = columns(hidden.transpose(1, 2)).transpose(1, 2)
            return (hidden, *output[1:]) if isinstance(output, tuple) else hidden
        hook = module.register_forward_hook(through)
        try:
            cam = LayerGradCam(lambda x: model(input_ids=x, attention_mask=torch.ones_like(x)).logits, columns)
            scores.append(cam.attribute(ids, target=target).detach().flatten().tolist())
        finally:
            hook.remove()
    return scores


def integrated_gradients(model, ids, target: int, baseline: str) -> list[float]:
    """captum, Gauss–Legendre, 50 steps, from zero embeddings or from [PAD] in the place of every ordinary token."""
    from captum.attr import IntegratedGradients
    table = model.bert.embeddings.word_embeddings
    start = torch.zeros_like(table(ids))
    if baseline == "pad":
        padded = torch.full_like(ids, model.config.pad_token_id)
        padded[:, 0], padded[:, -1] = ids[:, 0], ids[:, -1]
        start = table(padded).detach()

    def logits(embeddings): return model(inputs_embeds=embeddings, attention_mask=torch.ones(embeddings.shape[:2], dtype=torch.int64)).logits
    found = IntegratedGradients(logits).attribute(table(ids).detach(), baselines=start, target=target, n_steps=IG_STEPS, method="gausslegendre", internal_batch_size=10)
    return found.sum(-1).flatten().tolist()


def explain(model, tokenizer, text: str) -> dict:
    ids = ids_of(tokenizer, text)
    with torch.no_grad(): logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0]
    target = int(logits.argmax())
    r = references(model, whole_call(ids), word_table, (0, target), ig=False)
    source = r["sources"][0]
    return dict(text=text, input_ids=ids[0].tolist(), target=target, value=r["value"], logits=r["logits"],
                x_times_g=source["x_times_g"], g_l2=source["g_l2"], attnlrp=source["attnlrp"], cplrp=source["cplrp"], ledgers=r["ledgers"],
                ig_zero=integrated_gradients(model, ids, target, "zero"), ig_pad=integrated_gradients(model, ids, target, "pad"), grad_cam=grad_cam(model, ids, target))


LXT_CODE = """
import importlib, json, sys, torch, lxt.efficient
from lxt.efficient.models.bert import attnLRP
module = importlib.import_module("transformers.models.bert.modeling_bert")
lxt.efficient.monkey_patch(module, attnLRP)
model = module.BertForSequenceClassification.from_pretrained(sys.argv[1]).float().eval().requires_grad_(False)
out = []
for case in json.load(sys.stdin):
    e = model.bert.embeddings.word_embeddings(torch.tensor([case["input_ids"]])).detach().requires_grad_()
    model(inputs_embeds=e, attention_mask=torch.ones(e.shape[:2], dtype=torch.int64)).logits[0, case["target"]].backward()
    out.append((e * e.grad).sum(-1)[0].tolist())
print(json.dumps(out))
"""


def lxt_difference(python: str, model, cases: list[dict]) -> float:
    """Largest difference between LXT's AttnLRP and the oracle's, relative to the largest relevance of a sentence."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        run = subprocess.run([python, "-c", LXT_CODE, folder], input=json.dumps(cases), capture_output=True, text=True, check=True)
    found = json.loads(run.stdout.splitlines()[-1])
    return max(max(abs(a - b) for a, b in zip(mine, c["attnlrp"])) / max(map(abs, c["attnlrp"])) for mine, c in zip(found, cases))


def projection(channels: int) -> torch.Tensor:
    """Eight cosines over the channels, [channels, 8]: enough of a gradient to compare directions, and small enough to commit."""
    c, k = torch.arange(channels)[:, None], torch.arange(1, 9)[None]
    return torch.cos(torch.pi * (2 * c + 1) * k / (2 * channels)).float()


def int8_gradients(model, tokenizer, file: Path) -> dict:
    """The gradient by torch, projected, and input × gradient."""
    from polarity import split
    cases = []
    for example in split()["test"][:: len(split()["test"]) // INT8_SENTENCES][:INT8_SENTENCES]:
        ids = ids_of(tokenizer, example.text)
        e = model.bert.embeddings.word_embeddings(ids).detach().requires_grad_()
        logits = model(inputs_embeds=e, attention_mask=torch.ones_like(ids)).logits[0]
        target = int(logits.argmax())
        logits[target].backward()
        cases.append(dict(input_ids=ids[0].tolist(), target=target, value=float(logits[target].detach()), x_times_g=(e * e.grad).sum(-1)[0].tolist(),
                          gradient=(e.grad[0] @ projection(e.shape[-1])).tolist()))
    return dict(script="sentiment.py", sha256=hashlib.sha256(file.read_bytes()).hexdigest(), cases=cases)


def write(path: Path, content: dict, digits: int):
    path.write_text(json.dumps(rounded(content, digits), separators=(",", ":")) + "\n")
    print(path, path.stat().st_size // 1024, "kB")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=PROJECT / "models/sentiment-en")
    parser.add_argument("--out", type=Path, default=PROJECT / "test/golden")
    parser.add_argument("--lxt", help="a Python that has lxt 2.1 and transformers 4.52.4")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = committed(options.checkpoint)
    tokenizer = Tokenizer.from_file(str(options.checkpoint / "tokenizer.json"))
    tokenizer.no_padding()
    file = options.checkpoint / "onnx/model_quantized.onnx"
    write(options.out / "sentiment-int8.json", int8_gradients(model, tokenizer, file), 4)
    cases = [explain(model, tokenizer, text) for text in SENTENCES]
    facts = dict(script="sentiment.py", versions={p: version(p) for p in ("torch", "transformers", "captum")},
                 integrated_gradients=dict(rule="gauss-legendre", steps=IG_STEPS), grad_cam=dict(relu=False, layers="embeddings, then each block but the last"))
    if options.lxt: facts["lxt_attnlrp_difference"] = lxt_difference(options.lxt, model, cases)
    write(options.out / "sentiment.json", dict(**facts, cases=cases), 6)


if __name__ == "__main__": main()
