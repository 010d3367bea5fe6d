"""fp32 cases of a family from both PyTorch exporters."""

import copy
import logging
import os
import shutil
import warnings

import onnx
import torch

from case_file import fresh, numpy_inputs, strip, write
from families import FAMILIES, LogitsOnly, Size, build, make_inputs, patch_embedding, word_embeddings
from reference import references

EXPORTERS = ("torchscript", "dynamo", "dynamo23")
FUSED_ATTENTION = ("bert", "distilbert", "gpt2", "llama", "qwen3", "bart", "vit")
"""Families also exported as dynamo23: opset 23 with torch's scaled_dot_product_attention, which becomes the standard Attention operator."""

warnings.filterwarnings("ignore")
logging.getLogger("torch.onnx").setLevel(logging.ERROR)


def target_index(logits: torch.Tensor) -> list[int]:
    """The largest logit at the position that is read: the last one where logits have positions."""
    position = [0] if logits.dim() == 2 else [0, logits.shape[1] - 1]
    return [*position, int(logits[tuple(position)].argmax())]


class Prepared:
    """A checkpoint, its input, and everything torch says about it; exporters and variants share it."""

    def __init__(self, name: str, size: Size, seed: int, ig=True):
        self.name, self.family, self.size, self.seed = name, FAMILIES[name], size, seed
        self.model, self.inputs = build(name, size, seed), make_inputs(name, size, seed)
        self.plain = LogitsOnly(self.model, list(self.inputs)).eval()
        with torch.no_grad(): self.index = target_index(self.plain(*self.inputs.values()))
        self.reference = self.explain(self.model, ig)

    @property
    def config(self): return getattr(self.model, "config", None)

    def with_fused_attention(self):
        """The same checkpoint with scaled_dot_product_attention in place of its written-out form."""
        model = copy.deepcopy(self.model)
        model.set_attn_implementation("sdpa")
        return LogitsOnly(model, list(self.inputs)).eval()

    def explain(self, model, ig=True):
        """References of `model`, which may be this checkpoint with other weights."""
        call = lambda m: lambda: LogitsOnly(m, list(self.inputs))(*self.inputs.values())
        return references(model, call, word_embeddings, self.index, patch_embedding if self.family.task == "image" else None, lrp=self.family.lrp, ig=ig)

    def facts(self, exporter, variant=None, script="make_zoo.py", **more):
        return dict(family=self.name, task=self.family.task, exporter=exporter, variant=variant, script=script, seed=self.seed, size=vars(self.size), **more)


def axes(name: str) -> dict[int, str]:
    if name == "pixel_values": return {0: "batch"}
    return {0: "batch", 1: "decoder_sequence" if name.startswith("decoder") else "sequence"}


def export(plain: torch.nn.Module, inputs: dict[str, torch.Tensor], exporter: str, path: str, opset: int | None = None):
    names, values = list(inputs), tuple(inputs.values())
    if exporter == "torchscript":
        torch.onnx.export(plain, values, path, input_names=names, output_names=["logits"], dynamic_axes={n: axes(n) for n in names},
                          opset_version=opset or 17, dynamo=False)
    else:
        shapes = tuple({i: torch.export.Dim.DYNAMIC for i in axes(n) if i > 0} for n in names)
        torch.onnx.export(plain, values, path, input_names=names, output_names=["logits"], dynamic_shapes=(shapes,), opset_version=opset or 18,
                          dynamo=True, external_data=False, verbose=False)
    onnx.save(strip(onnx.load(path)), path)


def export_case(out: str, prepared: Prepared, exporter: str) -> str:
    """Writes `<family>-<exporter>`; returns one line about it, and leaves nothing behind where the export fails."""
    folder = os.path.join(out, f"{prepared.name}-{exporter}")
    try:
        if exporter == "dynamo23": export(prepared.with_fused_attention(), prepared.inputs, "dynamo", fresh(folder), opset=23)
        else: export(prepared.plain, prepared.inputs, exporter, fresh(folder))
        kind = "bias-free" if prepared.family.bias_free else "exact"
        return write(folder, prepared.config, prepared.facts(exporter), prepared.reference, numpy_inputs(prepared.inputs), prepared.index, kind, 1e-3)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        return f"{prepared.name}-{exporter}: FAILED {type(error).__name__} {(str(error).splitlines() or [''])[0][:160]}"
