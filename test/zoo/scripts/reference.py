"""Reference attributions by torch alone, in fp64: gradient, integrated gradients, AttnLRP, CP-LRP, and both ledgers.

It is independent of the relevance compiler (written from the papers, on autograd) and of LXT, which `lxt_check.py` compares it with.
`python reference.py` shows every reference on a tiny T5.
"""

from __future__ import annotations

import copy
from typing import Callable

import numpy as np
import torch
from torch import nn

from module_rules import patched
from relevance_mode import RelevanceMode

IG_STEPS = 50
METHODS = ("attnlrp", "cplrp")


def run(model, call, words, index, method="gradient", alpha=1.0, shift=None, patches=None):
    """One forward and backward pass. Returns logits, the explained leaves (with .grad), the ledger's entries."""
    mode = RelevanceMode(method, words, alpha, shift)
    hook = patches.register_forward_hook(lambda _module, _inputs, output: mode.leaf(output)) if patches is not None else None
    try:
        with patched(model, method), mode: logits = call()
        if index is not None and logits.requires_grad: logits[tuple(index)].backward()
    finally:
        if hook: hook.remove()
    return logits.detach(), mode.leaves, mode.ledger.entries


def per_token(t: torch.Tensor) -> list[float]: return t.sum(-1).flatten().tolist()


def scale_of(e: torch.Tensor, g: torch.Tensor) -> float:
    """What errors of e · g are measured against: its largest entry, or 1e-2 of |e||g| where that is zero but for ε (below 1e-3 of |e||g|).

    A norm right after the embeddings does not feel their scale, so e · g vanishes there and its fp32 value is noise of some 1e-7 |e||g|.
    """
    largest, bound = float((e * g).sum(-1).abs().max()), float((e.norm(dim=-1) * g.norm(dim=-1)).max())
    return largest if largest >= 1e-3 * bound else 1e-2 * bound


def integrated_gradients(passes, embeddings, steps=IG_STEPS):
    """∫₀¹ ∂y/∂e(αe) dα · e by Gauss–Legendre quadrature, all look-ups scaled together, baseline zero (captum's default rule and steps)."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    total = [torch.zeros_like(e) for e in embeddings]
    for x, w in zip(nodes, weights):
        _, leaves, _ = passes(alpha=(x + 1) / 2)
        for sum_, leaf in zip(total, leaves): sum_ += leaf.grad * (w / 2)
    return [e * g for e, g in zip(embeddings, total)]


def finite_difference(value, embeddings, gradients, scale=1e-5):
    """Relative gap between the gradient and a central difference along one random direction."""
    generator = torch.Generator().manual_seed(5)
    direction = [torch.randn(e.shape, generator=generator) * scale for e in embeddings]
    with torch.no_grad(): numeric = (value(shift=direction) - value(shift=[-d for d in direction])) / 2
    analytic = sum(float((g * d).sum()) for g, d in zip(gradients, direction))
    return abs(numeric - analytic) / (abs(analytic) + 1e-12)


def references(model32: nn.Module, make_call: Callable, words_of: Callable, index, patches_of: Callable | None = None, lrp=True, ig=True) -> dict:
    """Every reference of one model and one input; `make_call(model)` gives a function without arguments that returns logits.

    Returns value, logits (of the read position), sources (one entry per embedding look-up, in the order of the forward pass), ledgers
    (value = tokens + the other entries + residue), ig (steps, completeness gap) and finite_difference.
    """
    torch.set_default_dtype(torch.float64)
    try:
        model = copy.deepcopy(model32).double().eval().requires_grad_(False)
        call, words, patches = make_call(model), words_of(model), patches_of(model) if patches_of else None
        passes = lambda **k: run(model, call, words, index, patches=patches, **k)
        value = lambda **k: float(run(model, call, words, None, patches=patches, **k)[0][tuple(index)])
        logits, leaves, _ = passes()
        embeddings = [e.detach().clone() for e in leaves]
        gradients = [torch.zeros_like(e) if e.grad is None else e.grad.clone() for e in leaves]
        sources = [dict(shape=list(e.shape), x_times_g=per_token(e * g), g_l2=g.norm(dim=-1).flatten().tolist(), scale=scale_of(e, g))
                   for e, g in zip(embeddings, gradients)]
        out = dict(value=float(logits[tuple(index)]), logits=logits[tuple(index[:-1])].tolist(), sources=sources, ledgers={},
                   finite_difference=finite_difference(value, embeddings, gradients))
        if ig:
            for source, r in zip(sources, integrated_gradients(passes, embeddings)): source["ig"] = per_token(r)
            with torch.no_grad(): change = out["value"] - value(alpha=0.0)
            out["ig"] = dict(rule="gauss-legendre", steps=IG_STEPS, baseline="zero", gap=change - sum(sum(s["ig"]) for s in sources))
        for method in METHODS if lrp else ():
            same, leaves, entries = passes(method=method)
            assert torch.allclose(same, logits, atol=1e-8), f"{method} changes the logits by {float((same - logits).abs().max())}"
            relevance = [torch.zeros_like(e) if e.grad is None else e.detach() * e.grad for e in leaves]
            for source, r in zip(sources, relevance): source[method] = per_token(r)
            tokens = sum(float(r.sum()) for r in relevance)
            out["ledgers"][method] = dict(value=out["value"], tokens=tokens, **entries, residue=out["value"] - tokens - sum(entries.values()))
        return out
    finally:
        torch.set_default_dtype(torch.float32)


if __name__ == "__main__":
    import json
    from families import LogitsOnly, Size, build, make_inputs, word_embeddings
    size = Size()
    inputs = make_inputs("t5", size, 1)
    call_of = lambda m: lambda: LogitsOnly(m, list(inputs))(*inputs.values())
    print(json.dumps(references(build("t5", size, 1), call_of, word_embeddings, (0, 3, 5)), indent=1))
