"""Quantised, half-precision, fused and re-packed forms of the exported checkpoints.

usage: python variants.py OUT [case-variant …]      after make_zoo.py, in the same OUT (size and seed are read from the cases there)
Each variant is a chain of steps on the fp32 file; weights that a step quantised are read back and put into torch for the reference.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
import torch
import transformers

from case_file import fresh, numpy_inputs, strip, write
from export import Prepared
from families import Size
from weights import dequantised, with_weights


def nbits(bits, symmetric, block=16, embeddings=False, accuracy=None):
    """MatMulNBits, and GatherBlockQuantized for the embeddings where asked."""
    def step(source, target, _prepared):
        from onnxruntime.quantization import QuantFormat
        from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
        kinds = dict(op_types_to_quantize=("MatMul", "Gather"), quant_axes=(("MatMul", 0), ("Gather", 1))) if embeddings else {}
        q = MatMulNBitsQuantizer(onnx.load(source), bits=bits, block_size=block, is_symmetric=symmetric, accuracy_level=accuracy,
                                 quant_format=QuantFormat.QOperator, **kinds)
        q.process()
        q.model.save_model_to_file(target)
    return step


def bnb4(kind, block=64):
    """MatMulBnb4: the 4-bit floats of bitsandbytes, FP4 (kind 0) or NF4 (kind 1)."""
    def step(source, target, _prepared):
        from onnxruntime.quantization.matmul_bnb4_quantizer import MatMulBnb4Quantizer
        q = MatMulBnb4Quantizer(onnx.load(source), kind, block)
        q.process()
        q.model.save_model_to_file(target)
    return step


def dynamic_int8(per_channel, types=None, unsigned=False):
    def step(source, target, _prepared):
        from onnxruntime.quantization import QuantType, quantize_dynamic
        quantize_dynamic(source, target, weight_type=QuantType.QUInt8 if unsigned else QuantType.QInt8, per_channel=per_channel,
                         op_types_to_quantize=types, extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})
    return step


def static_int8(form):
    """Scales calibrated on the case's input and permutations of it; `form` is QDQ (pairs around every operator) or QOperator (QLinear operators)."""
    def step(source, target, prepared):
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

        class Reader(CalibrationDataReader):
            def __init__(self):
                feeds, generator = [numpy_inputs(prepared.inputs)], np.random.default_rng(0)
                for _ in range(15): feeds.append({k: generator.permutation(v, axis=-1) for k, v in feeds[0].items()})
                self.feeds = iter(feeds)

            def get_next(self): return next(self.feeds, None)
        quantize_static(source, target, Reader(), quant_format=QuantFormat[form], weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8)
    return step


def half(source, target, _prepared):
    from onnxruntime.transformers.float16 import convert_float_to_float16
    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), target)


OPTIMIZER_TYPES = {"roberta": "bert", "xlm-roberta": "bert", "distilbert": "bert", "electra": "bert", "albert": "bert", "mpnet": "bert", "opt": "gpt2",
                   "llama": "gpt2", "smollm2": "gpt2", "qwen2": "gpt2", "mistral": "gpt2", "gpt-neox": "gpt_neox", "phi3": "phi"}


def fused(source, target, prepared):
    """What onnxruntime's transformer optimizer makes of the file (its own fusions, not the runtime's)."""
    from onnxruntime.transformers.optimizer import optimize_model
    optimised = optimize_model(source, model_type=OPTIMIZER_TYPES.get(prepared.name, prepared.name), num_heads=prepared.size.heads,
                               hidden_size=prepared.size.hidden, opt_level=0)
    optimised.save_model_to_file(target)


def fused_multi_head(source, target, prepared):
    """The optimizer's other form of attention: MultiHeadAttention on separate queries, keys and values."""
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model
    kind = OPTIMIZER_TYPES.get(prepared.name, prepared.name)
    options = FusionOptions(kind)
    options.use_multi_head_attention = True
    optimize_model(source, model_type=kind, num_heads=prepared.size.heads, hidden_size=prepared.size.hidden, optimization_options=options,
                   opt_level=0).save_model_to_file(target)


def runtime(source, target, _prepared):
    """What the runtime itself writes at its extended level."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = target
    options.log_severity_level = 3
    ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def external(source, target, _prepared):
    """Weights beside the file, as every checkpoint above 2 GB has them."""
    onnx.save_model(onnx.load(source), target, save_as_external_data=True, all_tensors_to_one_file=True, location="model.onnx_data", size_threshold=256)


VARIANTS: dict[str, tuple[list, str, float]] = {
    # name: steps, tolerance (case_file.TOLERANCES), largest relative error of the logits
    "q4": ([nbits(4, True)], "weight-only", 1e-3),
    "q4a": ([nbits(4, False)], "weight-only", 1e-3),
    "q8": ([nbits(8, True)], "weight-only", 1e-3),
    "q8a": ([nbits(8, False)], "weight-only", 1e-3),
    "q4e": ([nbits(4, True, embeddings=True)], "weight-only", 1e-3),
    "q4ea": ([nbits(4, False, embeddings=True)], "weight-only", 1e-3),
    "nf4": ([bnb4(1)], "weight-only", 1e-3),
    "fp4": ([bnb4(0)], "weight-only", 1e-3),
    "q4acc4": ([nbits(4, True, block=32, accuracy=4)], "activations", 0.1),
    "q4f16": ([nbits(4, True), half], "half", 3e-2),
    "fp16": ([half], "half", 3e-2),
    "int8": ([dynamic_int8(False)], "activations", 0.5),
    "uint8": ([dynamic_int8(False, unsigned=True)], "activations", 0.5),
    "int8pc": ([dynamic_int8(True)], "activations", 0.5),
    "int8ort": ([dynamic_int8(False), runtime], "activations", 0.5),
    "qdq": ([static_int8("QDQ")], "activations", 0.5),
    "qop": ([static_int8("QOperator")], "activations", 0.5),
    "fused": ([fused], "exact", 1e-3),
    "fusedmha": ([fused_multi_head], "exact", 1e-3),
    "fusedint8": ([fused, dynamic_int8(False)], "activations", 0.5),
    "fusedq4": ([fused, nbits(4, True)], "weight-only", 1e-3),
    "fusedfp16": ([fused, half], "half", 3e-2),
    "ort": ([runtime], "exact", 1e-3),
    "external": ([external], "exact", 1e-3),
}

PLAN = [f"{family}-{exporter}-{v}" for family in ("bert", "gpt2", "llama") for exporter in ("torchscript", "dynamo") for v in ("int8", "q4", "fp16", "fused", "ort")] + """
bert-torchscript-int8ort bert-dynamo-int8ort bert-torchscript-fusedint8 bert-torchscript-fusedq4 bert-torchscript-fusedmha bart-torchscript-fused t5-torchscript-fused vit-torchscript-fused bert-torchscript-fusedfp16 bert-dynamo-qdq bert-torchscript-uint8
distilbert-torchscript-int8pc distilbert-dynamo-fused distilbert-torchscript-fusedint8 distilbert-torchscript-int8ort
roberta-torchscript-fused roberta-torchscript-int8 roberta-dynamo-int8pc electra-torchscript-int8 albert-dynamo-int8 mpnet-torchscript-ort
deberta-v2-dynamo-int8 deberta-v2-torchscript-ort modernbert-dynamo-q4 modernbert-torchscript-int8 modernbert-dynamo-q4f16
gpt2-torchscript-external gpt2-dynamo-fusedint8 gpt2-torchscript-int8pc gpt-neox-dynamo-q8 gpt-neox-torchscript-fused opt-torchscript-ort opt-dynamo-int8
bloom-torchscript-int8 falcon-dynamo-q4 llama-dynamo-q4f16 phi3-dynamo-q4e llama-dynamo-q4ea llama-dynamo-q8a llama-torchscript-q4acc4 llama-dynamo-int8ort
mistral-dynamo-q4 smollm2-dynamo-q4e smollm2-torchscript-q4f16 qwen2-torchscript-int8pc qwen2-dynamo-q4ea qwen3-dynamo-q4a qwen3-dynamo-q4f16 qwen3-torchscript-fused
phi3-dynamo-q8 phi3-torchscript-ort gemma2-dynamo-q4 gemma3-dynamo-q4f16 gemma3-torchscript-ort mixtral-torchscript-q4 t5-torchscript-int8 t5-dynamo-ort
bart-torchscript-fp16 bart-torchscript-ort bart-dynamo-int8 marian-torchscript-int8 vit-dynamo-int8 vit-torchscript-ort vit-dynamo-qdq
llama-dynamo-nf4 bert-dynamo-fp4 bert-dynamo-qop bert-torchscript-qop gpt2-dynamo-qop gpt2-torchscript-qop vit-dynamo-qop cnn-torchscript-qop distilbert-dynamo-qop opt-dynamo-qop opt-dynamo-qdq bart-dynamo-qop
lstm-torchscript-int8 bilstm-dynamo-int8 gru-dynamo-fp16 cnn-torchscript-int8 cnn-dynamo-ort
""".split()


def make(out: str, base: str, variant: str, prepared: Prepared) -> str:
    folder, source = os.path.join(out, f"{base}-{variant}"), os.path.join(out, base, "onnx", "model.onnx")
    with open(os.path.join(out, base, "case.json")) as f: exporter = json.load(f)["exporter"]
    steps, kind, limit = VARIANTS[variant]
    try:
        target, weights = fresh(folder), []
        with tempfile.TemporaryDirectory() as scratch:
            for i, step in enumerate(steps):
                last = i == len(steps) - 1
                path = target if last else f"{scratch}/{i}.onnx"
                step(source, path, prepared)
                if step is not runtime and step is not external: weights = dequantised(onnx.load(path)) or weights
                source = path
        if "external" != variant: onnx.save(strip(onnx.load(target)), target)
        model = with_weights(prepared.model, weights) if weights else prepared.model
        reference = prepared.explain(model, ig=False) if weights else prepared.reference
        if kind == "exact" and variant != "external" and not any(n.domain for n in onnx.load(target).graph.node): raise RuntimeError("nothing was fused")
        facts = prepared.facts(exporter, variant, script="variants.py", weights_put_back=len(weights))
        return write(folder, prepared.config, facts, reference, numpy_inputs(prepared.inputs), prepared.index, kind, limit)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        return f"{base}-{variant}: FAILED {type(error).__name__} {(str(error).splitlines() or [''])[0][:200]}"


def main(out: str, wanted: list[str]):
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    prepared: dict[str, Prepared] = {}
    for name in wanted or sorted(PLAN):
        base, variant = name.rsplit("-", 1)
        try:
            with open(os.path.join(out, base, "case.json")) as f: case = json.load(f)
        except FileNotFoundError:
            print(f"{name}: FAILED there is no case {base}", flush=True)
            continue
        family = case["family"]
        if family not in prepared: prepared = {family: Prepared(family, Size(**case["size"]), case["seed"])}
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()): line = make(out, base, variant, prepared[family])
        print(line, flush=True)


if __name__ == "__main__": main(sys.argv[1], sys.argv[2:])
