"""Makes a model fit for dynamic int8 while it trains.

Activations share one scale a tensor, which the few large ones of `[CLS]` set.
Here every linear layer sees its input rounded as it will be. Weights, with one
scale a channel, lose less and are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def as_uint8(x: torch.Tensor) -> torch.Tensor:
    """ONNX's DynamicQuantizeLinear and back: the range of x with 0, in 255 steps, on a whole zero point.

    The gradient passes straight through (Bengio et al. 2013, arXiv:1308.3432).
    """
    x = x.float()
    low, high = x.detach().amin().clamp(max=0), x.detach().amax().clamp(min=0)
    scale = ((high - low) / 255).clamp(min=1e-12)
    zero = torch.round(-low / scale)
    rounded = (torch.clamp(torch.round(x.detach() / scale) + zero, 0, 255) - zero) * scale
    return x + (rounded - x).detach()


@contextmanager
def rounded(model: nn.Module) -> Iterator[None]:
    """Inside the block every linear layer of `model` sees its input rounded."""
    hooks = [module.register_forward_pre_hook(lambda _module, inputs: (as_uint8(inputs[0]),))
             for module in model.modules() if isinstance(module, nn.Linear)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
