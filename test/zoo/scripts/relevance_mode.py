"""The oracle's heart: AttnLRP and CP-LRP for any torch model, in its own autograd.

Every torch call of the model passes one `TorchFunctionMode`, so bilinear products, softmaxes, activations and norms are met where they
are computed and no model class needs a patch of its own. The message of a tensor t is g with relevance R = t ⊙ g; linear operators keep
their autograd, and the rules below change only what crosses the others (Achtibat et al. 2024; Arras et al. 2025; Ali et al. 2022).
"""

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

MATMUL = {"matmul", "__matmul__", "__rmatmul__", "bmm", "einsum"}
MUL = {"mul", "__mul__", "__rmul__", "multiply", "mul_", "__imul__"}
DIV = {"div", "__truediv__", "true_divide", "div_", "__itruediv__"}
ADD = {"add", "__add__", "__radd__", "add_", "__iadd__"}
SUB = {"sub", "__sub__", "sub_", "__isub__"}
ACTIVATION = {"gelu", "relu", "silu", "tanh", "relu_", "tanh_", "silu_"}


def active(t) -> bool:
    """Whether relevance can flow through t: it depends on an explained embedding."""
    return torch.is_tensor(t) and t.requires_grad


class Halve(torch.autograd.Function):
    """Uniform rule for a product of two active tensors: each operand takes half of the relevance (AttnLRP eq. 15)."""

    @staticmethod
    def forward(ctx, z): return z.clone()

    @staticmethod
    def backward(ctx, g): return g / 2


class Identity(torch.autograd.Function):
    """y = f(x) element by element with R_x = R_y: the message is g · f(x)/x, and g · f'(0) where x = 0 (AttnLRP eq. 9)."""

    @staticmethod
    def forward(ctx, fn, x):
        RelevanceMode.suspended += 1
        y = fn(x.detach())
        with torch.enable_grad():
            leaf = x.detach().requires_grad_()
            slope, = torch.autograd.grad(fn(leaf).sum(), leaf)
        RelevanceMode.suspended -= 1
        near = x.abs() < 1e-12
        ctx.save_for_backward(torch.where(near, slope, y / torch.where(near, torch.ones_like(x), x)))
        return y

    @staticmethod
    def backward(ctx, g): return None, g * ctx.saved_tensors[0]


def activation(fn, x):
    """The identity rule, with the result marked: CP-LRP takes an activation that multiplies another active tensor for a gate."""
    y = Identity.apply(fn, x)
    y.is_activation = True
    return y


class Ledger:
    """Where relevance went that did not reach a token: biases, constants, norm shifts, the softmax's absorption."""

    def __init__(self): self.entries: dict[str, float] = {}

    def add(self, kind, value): self.entries[kind] = self.entries.get(kind, 0.0) + float(value)

    def constant(self, z, kind, c):
        """c entered z by addition: its share of the relevance of z is g · c."""
        if z.requires_grad: z.register_hook(lambda g: self.add(kind, torch.nan_to_num(g * c, nan=0.0, posinf=0.0, neginf=0.0).sum()))


class RelevanceMode(TorchFunctionMode):
    """method: gradient | attnlrp | cplrp. words: embedding weights whose look-ups become the leaves, scaled by alpha, moved by shift."""

    suspended = 0

    def __init__(self, method, words, alpha=1.0, shift=None):
        super().__init__()
        self.method, self.words, self.alpha, self.shift = method, words, alpha, shift
        self.leaves, self.ledger = [], Ledger()

    def leaf(self, e):
        e = e.detach() * self.alpha
        if self.shift is not None: e = e + self.shift[len(self.leaves)]
        e.requires_grad_()
        self.leaves.append(e)
        return e

    def __torch_function__(self, func, types, args=(), kwargs=None):
        as_double = lambda v: torch.float64 if v is torch.float32 else v
        args, kwargs, name = tuple(map(as_double, args)), {k: as_double(v) for k, v in (kwargs or {}).items()}, func.__name__
        if name == "float": return args[0].double()
        if func is F.embedding:
            weight = args[1] if len(args) > 1 else kwargs["weight"]
            if any(weight is w for w in self.words): return self.leaf(func(*args, **kwargs))
        if self.method == "gradient" or self.suspended: return func(*args, **kwargs)
        return self.relevance(name, func, args, kwargs)

    def relevance(self, name, func, args, kwargs):
        if name in ("linear", "conv1d", "conv2d", "addmm", "baddbmm"): return self.affine(name, func, args, kwargs)
        if name in MATMUL:
            operands = args[1:] if name == "einsum" and isinstance(args[0], str) else args
            z = func(*args, **kwargs)
            return Halve.apply(z) if sum(map(active, operands)) >= 2 else z
        if name in MUL and len(args) > 1 and active(args[0]) and active(args[1]): return self.product(*args[:2])
        if name in DIV and len(args) > 1 and active(args[1]): return self.quotient(func, args, kwargs)
        if name in ADD | SUB and len(args) > 1 and active(args[0]) != active(args[1]):
            z, c = func(*args, **kwargs), args[1] if active(args[0]) else args[0]
            sign = -1.0 if name in SUB and active(args[0]) else 1.0
            self.ledger.constant(z, "constant", c * sign if torch.is_tensor(c) else torch.tensor(float(c) * sign))
            return z
        if name in ("cat", "concat") and len({active(t) for t in args[0]}) == 2:
            z, dim = func(*args, **kwargs), args[1] if len(args) > 1 else kwargs.get("dim", 0)
            self.ledger.constant(z, "constant", torch.cat([torch.zeros_like(t) if active(t) else t for t in args[0]], dim))
            return z
        if name == "layer_norm" and active(args[0]): return self.layer_norm(*args, **kwargs)
        if name == "softmax" and active(args[0]): return self.softmax(func, args, kwargs)
        if name in ACTIVATION and active(args[0]):
            plain = getattr(torch, name[:-1]) if name.endswith("_") else func
            return activation(lambda x: plain(x, *args[1:], **kwargs), args[0])
        return func(*args, **kwargs)

    def affine(self, name, func, args, kwargs):
        """z = Wx + b: x keeps its autograd, b takes g · b."""
        if name == "baddbmm":
            batch = (args + tuple(kwargs[k] for k in ("batch1", "batch2") if k in kwargs))[:3]
            if not active(batch[1]): return func(*args, **kwargs)
            product = torch.bmm(batch[1], batch[2])
            if active(batch[2]): product = Halve.apply(product)
            added = batch[0] * kwargs.get("beta", 1)
            z = product * kwargs.get("alpha", 1) + added
            self.ledger.constant(z, "constant", added)
            return z
        z = func(*args, **kwargs)
        if name == "addmm": bias = args[0]
        else:
            bias = args[2] if len(args) > 2 else kwargs.get("bias")
            if bias is not None and name != "linear": bias = bias.reshape(1, -1, *[1] * (z.dim() - 2))
        if bias is not None: self.ledger.constant(z, "bias", bias)
        return z

    def product(self, a, b):
        if self.method == "cplrp":
            if getattr(a, "is_activation", False): return a.detach() * b
            if getattr(b, "is_activation", False): return a * b.detach()
        return Halve.apply(a * b)

    def quotient(self, func, args, kwargs):
        """z = a/b keeps its autograd, as where experts' weights are normalised: b's share is −R_z, so the quotient absorbs it."""
        z = func(*args, **kwargs)
        if z.requires_grad: z.register_hook(lambda g: self.ledger.add("division", (1 if active(args[0]) else 2) * (g * z.detach()).sum()))
        return z

    def layer_norm(self, x, shape, weight=None, bias=None, eps=1e-5):
        """y = w ⊙ (x − μ)/σ + β with σ a constant: R_x sums to Σ R_y (y − β)/y."""
        centred = x - x.mean(-1, keepdim=True)
        y = centred / (centred**2).mean(-1, keepdim=True).add(eps).sqrt().detach()
        if weight is not None: y = y * weight
        if bias is not None:
            y = y + bias
            self.ledger.constant(y, "beta", bias)
        return y

    def softmax(self, func, args, kwargs):
        """R_S = S ⊙ (R_A − A ΣR_A): the native derivative, which absorbs ΣR_A − ΣR_S. CP-LRP takes A for a constant."""
        s = args[0].clone()
        a = func(s, *args[1:], **kwargs)
        if self.method == "cplrp": return a.detach()
        a.register_hook(lambda g: self.ledger.add("softmax", (g * a.detach()).sum()))
        s.register_hook(lambda g: self.ledger.add("softmax", -torch.where(g == 0, torch.zeros_like(g), g * s.detach()).sum()))
        return a
