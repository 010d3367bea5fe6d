"""Torch's and captum's own explanations of one sentence by ioi-lm, from the weights of the committed ONNX file.

    python ioi_lm_goldens.py ../ioi_lm_golden.json

Needs torch, transformers, captum, onnx and tokenizers. The model is rebuilt in torch in double precision; Hyaline sees the file alone.
"""
import json
import sys
from importlib.metadata import version
from pathlib import Path

import onnx
import torch
from captum.attr import FeatureAblation, InputXGradient, IntegratedGradients, LayerGradCam, Saliency
from onnx import numpy_helper
from tokenizers import Tokenizer
from transformers import AutoConfig, LlamaForCausalLM

CASE, STEPS, LAST = 0, 50, 2
folder = Path(__file__).parents[3] / "models" / "ioi-lm"
torch.set_num_threads(1)

config = AutoConfig.from_pretrained(folder, attn_implementation="eager")
model = LlamaForCausalLM(config).double().eval()
weights = {t.name: torch.tensor(numpy_helper.to_array(t)).double() for t in onnx.load(folder / "onnx" / "model.onnx").graph.initializer}
products = [weights[name] for name in sorted((n for n in weights if n.startswith("onnx::MatMul_")), key=lambda n: int(n.split("_")[1]))]
state = {name.removeprefix("model.") if name.startswith("model.model.") else name: tensor for name, tensor in weights.items() if not name.startswith("onnx::")}
parts = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
for i, product in enumerate(products[:-1]):
    state[f"model.layers.{i // len(parts)}.{parts[i % len(parts)]}.weight"] = product.T
state["lm_head.weight"] = products[-1].T
model.load_state_dict(state, strict=True)

case = json.loads((folder / "cases.json").read_text())[CASE]
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
encoded = tokenizer.encode(case["text"])
ids = torch.tensor([encoded.ids])
answer, foil = (tokenizer.token_to_id(case[key]) for key in ("answer", "foil"))
embed = model.get_input_embeddings()


def difference(embeddings):
    logits = model(inputs_embeds=embeddings).logits[:, -1]
    return logits[:, answer] - logits[:, foil]


# Channels first at what enters the last layer, as captum's LayerGradCam wants them.
tap = torch.nn.Identity()
model.model.layers[LAST].register_forward_pre_hook(lambda _, args: (tap(args[0].transpose(1, 2)).transpose(1, 2), *args[1:]))
x = embed(ids).detach().requires_grad_()
special = torch.tensor(encoded.special_tokens_mask, dtype=torch.bool)
pad = torch.where(special[None, :, None], x, embed(torch.tensor([[tokenizer.token_to_id("<pad>")]])).expand_as(x)).detach()
unknown = tokenizer.token_to_id("<unk>")

out = model(inputs_embeds=x, output_attentions=True)
for attention in out.attentions:
    attention.retain_grad()
(out.logits[0, -1, answer] - out.logits[0, -1, foil]).backward()
n = ids.shape[1]
unit, rolled, relevance = torch.eye(n).double(), torch.eye(n).double(), torch.eye(n).double()
for attention in out.attentions:
    a = attention[0].mean(0) + unit
    rolled = (a / a.sum(-1, keepdim=True)) @ rolled
    relevance = relevance + (attention.grad[0] * attention[0]).clamp(min=0).mean(0) @ relevance

ablated = FeatureAblation(lambda tokens: difference(embed(tokens))).attribute(ids, baselines=torch.where(special, ids, torch.full_like(ids, unknown)))
plain = lambda tensor: [round(v, 7) for v in tensor.detach().flatten().tolist()]
golden = {
    "source": "captum and torch autograd on transformers' LlamaForCausalLM in double precision",
    "script": "test/explainers/scripts/ioi_lm_goldens.py",
    "versions": {name: version(name) for name in ("torch", "captum", "transformers", "onnx")},
    "seed": None,
    "tolerance": 2e-5,
    "case": CASE,
    "value": difference(x).item(),
    "saliency": plain(Saliency(difference).attribute(x)[0].norm(dim=-1)),
    "input-x-gradient": plain(InputXGradient(difference).attribute(x)[0].sum(-1)),
    "integrated-gradients": plain(IntegratedGradients(difference).attribute(x, pad, n_steps=STEPS, method="gausslegendre")[0].sum(-1)),
    "grad-cam": plain(LayerGradCam(difference, tap).attribute(x, relu_attributions=True)[0, 0]),
    "attention": plain(out.attentions[-1][0].mean(0)[-1]),
    "attention-rollout": plain(rolled[-1]),
    "attention-gradient": plain((relevance - unit)[-1]),
    "occlusion": plain(ablated[0]),
}
with open(sys.argv[1], "w") as file:
    json.dump(golden, file, indent=1)
