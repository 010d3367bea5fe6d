"""Rules for modules whose calculation is written out in primitives: activations, RMS norms, and recurrent cells."""

import contextlib

import torch
import torch.nn.functional as F
from torch import nn

from relevance_mode import activation, active


def activation_forward(module):
    original = module.forward
    return lambda x: activation(original, x) if active(x) else original(x)


def rms_norm_forward(module):
    """y = w ⊙ x / rms(x) with the rms a constant."""
    original, kind = module.forward, type(module).__name__
    eps = getattr(module, "variance_epsilon", getattr(module, "eps", None))

    def forward(x):
        y = x * (x.pow(2).mean(-1, keepdim=True) + eps).rsqrt().detach()
        weight = getattr(module, "weight", None)
        if weight is not None: y = y * (1 + weight if "Gemma" in kind else weight)
        with torch.no_grad(): assert torch.allclose(y, original(x.detach()), atol=1e-9), kind
        return y
    return forward


def lstm_cell(x, state, w_x, w_h, b_x, b_h):
    """Arras et al. 2017, 2019: the signal takes all at gates, so i, f and o are constants; the signal's tanh passes by the identity rule.

    c' = f ⊙ c + i ⊙ tanh(W_g x + U_g h + b_g),  h' = o ⊙ tanh(c')
    """
    h, c = state
    i, f, g, o = (F.linear(x, w_x, b_x) + F.linear(h, w_h, b_h)).chunk(4, -1)
    i, f, o = (torch.sigmoid(gate).detach() for gate in (i, f, o))
    c = f * c + i * torch.tanh(g)
    h = o * torch.tanh(c)
    return h, (h, c)


def gru_cell(x, state, w_x, w_h, b_x, b_h):
    """h' = (1 − z) ⊙ n + z ⊙ h with n = tanh(W_n x + b + r ⊙ (U_n h + b')): r and z are constants."""
    h, = state
    (r_x, z_x, n_x), (r_h, z_h, n_h) = F.linear(x, w_x, b_x).chunk(3, -1), F.linear(h, w_h, b_h).chunk(3, -1)
    r, z = torch.sigmoid(r_x + r_h).detach(), torch.sigmoid(z_x + z_h).detach()
    h = (1 - z) * torch.tanh(n_x + r * n_h) + z * h
    return h, (h,)


def recurrent_forward(module):
    """The module step by step, layer by layer and direction by direction; batch first, states start at zero."""
    cell, states = (lstm_cell, 2) if isinstance(module, nn.LSTM) else (gru_cell, 1)
    original = module.forward

    def forward(x):
        want = original(x.detach())[0]
        for layer in range(module.num_layers):
            directions = []
            for suffix in ["", "_reverse"] if module.bidirectional else [""]:
                weights = [getattr(module, f"{n}_l{layer}{suffix}") for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
                state, out = tuple(x.new_zeros(x.shape[0], module.hidden_size) for _ in range(states)), {}
                steps = range(x.shape[1])
                for t in reversed(steps) if suffix else steps: out[t], state = cell(x[:, t], state, *weights)
                directions.append(torch.stack([out[t] for t in steps], 1))
            x = torch.cat(directions, -1)
        assert torch.allclose(x, want, atol=1e-9), "the cells differ from torch's"
        return x, None
    return forward


def gated_unit(module):
    """(up + 1) ⊙ gate σ(α gate): gate σ(α gate) is one activation of the gate."""
    original = module._apply_gate

    def apply(gate_up):
        gate, up = gate_up[..., ::2].clamp(max=module.limit), gate_up[..., 1::2].clamp(-module.limit, module.limit)
        y = (up + 1) * activation(lambda x: x * torch.sigmoid(x * module.alpha), gate)
        with torch.no_grad(): assert torch.allclose(y, original(gate_up.detach()), atol=1e-9)
        return y
    return apply


def form_of(module):
    """Which method of a module has a relevance form, and that form."""
    if type(module).__name__ == "GptOssExperts": return "_apply_gate", gated_unit(module)
    return "forward", forward_of(module)


def forward_of(module):
    """The relevance form of a module's forward pass, or None where torch's own calls say enough."""
    kind, home = type(module).__name__, type(module).__module__
    if home == "transformers.activations" or kind == "BloomGelu": return activation_forward(module)
    if home == "torch.nn.modules.activation" and kind not in ("Softmax", "MultiheadAttention"): return activation_forward(module)
    if "RMSNorm" in kind or kind.startswith("T5LayerNorm"): return rms_norm_forward(module)
    if isinstance(module, (nn.LSTM, nn.GRU)): return recurrent_forward(module)
    return None


@contextlib.contextmanager
def patched(model, method):
    """Puts the relevance forms in place, and the original ones back afterwards."""
    replaced = []
    for module in model.modules() if method != "gradient" else ():
        name, form = form_of(module)
        if form is None: continue
        replaced.append((module, name, module.__dict__.get(name)))
        setattr(module, name, form)
    try:
        yield
    finally:
        for module, name, own in replaced:
            if own is None: del module.__dict__[name]
            else: setattr(module, name, own)
