"""Golden values of the explainers that look inside, computed by captum, pytorch-grad-cam and torch.

    python whitebox_goldens.py ../goldens/whitebox.json

Needs torch, captum and grad-cam. A two-layer encoder with random weights is explained at its first position; cross-attention
is checked on random arrays with eqs. 5 to 10 of Chefer et al., written once more here from the paper.
"""
import json
import sys
from importlib.metadata import version

import numpy as np
import torch
from captum.attr import InputXGradient, IntegratedGradients, LayerGradCam, Saliency
from pytorch_grad_cam import GradCAMPlusPlus, HiResCAM, LayerCAM, XGradCAM

SEED, TOKENS, WIDTH, HEADS, LAYERS, CLASSES, STEPS = 7, 5, 8, 2, 2, 3, 50
torch.set_num_threads(1)
torch.manual_seed(SEED)
torch.set_default_dtype(torch.float64)


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (torch.nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = torch.nn.Linear(WIDTH, 2 * WIDTH), torch.nn.Linear(2 * WIDTH, WIDTH)
        self.first, self.second = torch.nn.LayerNorm(WIDTH), torch.nn.LayerNorm(WIDTH)

    def forward(self, x):
        split = lambda y: y.view(*y.shape[:2], HEADS, -1).transpose(1, 2)
        self.query, self.key, self.value = split(self.q(x)), split(self.k(x)), split(self.v(x))
        self.scale = self.query.shape[-1] ** -0.5
        self.attention = torch.softmax(self.query @ self.key.transpose(-1, -2) * self.scale, -1)
        if self.attention.requires_grad:
            self.attention.retain_grad()
        mixed = (self.attention @ self.value).transpose(1, 2).reshape(x.shape)
        x = self.first(x + self.o(mixed))
        return self.second(x + self.down(torch.nn.functional.gelu(self.up(x))))


class Encoder(torch.nn.Module):
    """The taps between blocks keep channels first, as captum and pytorch-grad-cam want them: [B, d, T]."""

    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.ModuleList(Block() for _ in range(LAYERS))
        self.taps = torch.nn.ModuleList(torch.nn.Identity() for _ in range(LAYERS + 1))
        self.head = torch.nn.Linear(WIDTH, CLASSES)

    def forward(self, x):
        self.states = []
        for i in range(LAYERS + 1):
            x = self.taps[i](x.transpose(1, 2)).transpose(1, 2)
            self.states.append(x)
            if x.requires_grad:
                x.retain_grad()
            if i < LAYERS:
                x = self.blocks[i](x)
        return self.head(x[:, 0])


def rollout(attentions, fuse):
    """Abnar & Zuidema 2020."""
    result = torch.eye(TOKENS)
    for attention in attentions:
        a = fuse(attention[0]) + torch.eye(TOKENS)
        result = (a / a.sum(-1, keepdim=True)) @ result
    return result


def averaged(gradient, attention):
    """Chefer et al. 2021, eq. 5."""
    return (gradient * attention).clamp(min=0).mean(0)


def chefer(attentions, gradients):
    """Eq. 6, one source."""
    r = torch.eye(TOKENS)
    for a, g in zip(attentions, gradients):
        r = r + averaged(g[0], a[0]) @ r
    return r


def chefer_cross(steps, explained, reading):
    """Eqs. 6, 7 and 10, two sources."""
    def normal(r):
        rest = r - torch.eye(len(r))
        return torch.nan_to_num(rest / rest.sum(-1, keepdim=True)) + torch.eye(len(r))

    ree, rrr, rre = torch.eye(explained), torch.eye(reading), torch.zeros(reading, explained)
    for kind, a, g in steps:
        mean = averaged(g, a)
        if kind == "cross":
            rre = rre + normal(rrr).T @ mean @ normal(ree)
        elif kind == "explained":
            ree = ree + mean @ ree
        else:
            rre = rre + mean @ rre
            rrr = rrr + mean @ rrr
    return rre


def cams(states, gradients):
    """pytorch-grad-cam's own weights and images on [1, d, T, 1]."""
    h, g = (t.detach().numpy().transpose(0, 2, 1)[..., None] for t in (states, gradients))
    relu = lambda image: np.maximum(image, 0)[0, :, 0]
    of_weights = lambda w: relu((w[..., None, None] * h).sum(1))
    none = (None,) * 4
    return {
        "hires": relu(HiResCAM.get_cam_image(*none, h, g, False)),
        "layer": relu(LayerCAM.get_cam_image(*none, h, g, False)),
        "xgrad": of_weights(XGradCAM.get_cam_weights(*none, h, g)),
        "plusplus": of_weights(GradCAMPlusPlus.get_cam_weights(*none, h, g)),
    }


plain = lambda t: np.round(t.detach().numpy() if torch.is_tensor(t) else np.asarray(t), 7).tolist()
model, target = Encoder(), 1
x = torch.randn(1, TOKENS, WIDTH, requires_grad=True)
pad = torch.randn(1, 1, WIDTH).expand(1, TOKENS, WIDTH).contiguous()
logits = model(x)
logits[0, target].backward()
gradient = x.grad.clone()
states, hidden_gradients = [s.detach() for s in model.states], [s.grad.clone() for s in model.states]
attentions = [b.attention.detach() for b in model.blocks]
attention_gradients = [b.attention.grad.clone() for b in model.blocks]
heads = [{"query": plain(b.query[0]), "key": plain(b.key[0]), "value": plain(b.value[0]), "scale": b.scale} for b in model.blocks]
mixed = [plain((b.attention @ b.value)[0]) for b in model.blocks]

saliency = Saliency(model).attribute(x, target=target)[0].norm(dim=-1)
input_x_gradient = InputXGradient(model).attribute(x, target=target)[0].sum(-1)
ig, delta = IntegratedGradients(model).attribute(x, pad, target=target, n_steps=STEPS, method="gausslegendre", return_convergence_delta=True)
points, weights = np.polynomial.legendre.leggauss(STEPS)
path = 0
for alpha, weight in zip((points + 1) / 2, weights / 2):
    at = (pad + alpha * (x - pad)).detach().requires_grad_()
    model(at)[0, target].backward()
    path = path + weight * at.grad
path = (x - pad) * path
gradcam = [LayerGradCam(model, model.taps[i]).attribute(x, target=target, relu_attributions=True)[0, 0] for i in range(LAYERS + 1)]

random = np.random.default_rng(SEED)
rows = lambda h, t, s: torch.tensor(random.dirichlet(np.ones(s), size=(h, t)))
noise = lambda *shape: torch.tensor(random.normal(size=shape))
S, R, H = 4, 3, 2
steps = [(kind, rows(H, t, s), noise(H, t, s)) for kind, t, s in
         [("explained", S, S), ("explained", S, S), ("reading", R, R), ("cross", R, S), ("reading", R, R), ("cross", R, S)]]

golden = {
    "source": "captum, pytorch-grad-cam, torch autograd; rollout and eqs. 5-10 of Chefer et al. from the papers",
    "script": "packages/explainers/scripts/whitebox_goldens.py",
    "versions": {name: version(name) for name in ("torch", "captum", "grad-cam", "numpy")},
    "seed": SEED,
    "tolerance": 1e-5,
    "embeddings": plain(x[0]), "gradient": plain(gradient[0]), "logits": plain(logits[0]), "target": target,
    "saliency": plain(saliency), "inputXGradient": plain(input_x_gradient),
    "path": {"attributions": plain(path[0]), "steps": STEPS, "baselineValue": float(model(pad)[0, target].detach()), "captum": plain(ig[0].sum(-1)), "delta": float(delta)},
    "hiddenStates": [plain(s[0]) for s in states], "hiddenGradients": [plain(g[0]) for g in hidden_gradients],
    "cams": [{"gradcam": plain(gradcam[i]), **{k: plain(v) for k, v in cams(states[i], hidden_gradients[i]).items()}} for i in range(LAYERS + 1)],
    "attentions": [plain(a[0]) for a in attentions], "attentionGradients": [plain(g[0]) for g in attention_gradients],
    "projections": heads, "mixed": mixed,
    "rollout": {name: plain(rollout(attentions, fuse)) for name, fuse in
                {"mean": lambda a: a.mean(0), "max": lambda a: a.amax(0), "min": lambda a: a.amin(0)}.items()},
    "chefer": plain(chefer(attentions, attention_gradients)),
    "cross": {"steps": [{"kind": k, "attention": plain(a), "gradient": plain(g)} for k, a, g in steps], "relevance": plain(chefer_cross(steps, S, R))},
}
with open(sys.argv[1], "w") as file:
    json.dump(golden, file, separators=(",", ":"))
