"""What a case folder holds: config.json, onnx/model.onnx (with its data file where that is external) and case.json."""

import json
import math
import os
import shutil
from importlib.metadata import version

import numpy as np
import onnx
import onnxruntime as ort
import torch

SIGNIFICANT_DIGITS = 6
VERSIONS = {p: version(p) for p in ("torch", "transformers", "onnx", "onnxruntime", "onnxscript")}


def tensor_record(v: np.ndarray) -> dict:
    """A model input as JSON: dtype by numpy's name, dims, and the data in row-major order."""
    return dict(dtype=str(v.dtype), dims=list(v.shape), data=v.flatten().tolist())


def rounded(value, digits=SIGNIFICANT_DIGITS):
    if isinstance(value, dict): return {k: rounded(v, digits) for k, v in value.items()}
    if isinstance(value, (list, tuple)): return [rounded(v, digits) for v in value]
    if isinstance(value, float): return float(f"{value:.{digits}g}") if math.isfinite(value) else None
    return value


def strip(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without doc strings and exporter metadata (stack traces with file names), which no consumer reads."""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    model.doc_string = model.graph.doc_string = ""

    def graph(g):
        for node in g.node:
            node.doc_string = ""
            del node.metadata_props[:]
            for a in node.attribute:
                if a.HasField("g"): graph(a.g)
        for v in [*g.value_info, *g.input, *g.output]:
            v.doc_string = ""
            del v.metadata_props[:]
        for v in g.initializer:
            v.doc_string = ""
            del v.metadata_props[:]
    graph(model.graph)
    for f in model.functions:
        f.doc_string = ""
        for node in f.node: del node.metadata_props[:]
    return model


def operators(model: onnx.ModelProto) -> list[str]:
    """Every operator of the graph, its branches and its functions, as `domain.Name` outside the standard domain."""
    found = set()

    def walk(nodes):
        for n in nodes:
            found.add(f"{n.domain}.{n.op_type}" if n.domain else n.op_type)
            for a in n.attribute: walk(a.g.node)
    walk(model.graph.node)
    for f in model.functions: walk(f.node)
    return sorted(found)


def run_onnx(path: str, feed: dict[str, np.ndarray], output: str) -> np.ndarray:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run([output], {i.name: feed[i.name] for i in session.get_inputs()})[0]


def numpy_inputs(inputs: dict[str, torch.Tensor]) -> dict[str, np.ndarray]: return {k: v.numpy() for k, v in inputs.items()}


TOLERANCES = {
    "exact": dict(metric="max-relative", gradient=1e-4, lrp=1e-3, ig=1e-3, ledger=1e-3),
    "bias-free": dict(metric="max-relative", gradient=1e-4, lrp=1e-3, ig=1e-3, ledger=1e-5),
    "weight-only": dict(metric="max-relative", gradient=1e-3, lrp=1e-3, ig=1e-3, ledger=1e-3),
    "half": dict(metric="max-relative", gradient=2e-2, lrp=2e-2, ig=2e-2, ledger=2e-2),
    "activations": dict(metric="cosine", gradient=0.98, lrp=0.98, ig=0.98, ledger=1e-3),
}


def write(folder: str, config, facts: dict, reference: dict, inputs: dict[str, np.ndarray], index, kind: str, limit: float, output="logits",
          file="model.onnx"):
    """Checks the exported file against the reference's logits and writes case.json beside it; raises where they differ.

    kind names the tolerance (see TOLERANCES), limit the largest relative difference of the logits that is believed. `index` is where the
    target lies in the file's output; `reference` speaks of the same value wherever it lies in torch's. `file` is the one that holds the logits.
    """
    path = f"{folder}/onnx/{file}"
    model = onnx.load(path, load_external_data=False)
    if not any(n.domain for n in model.graph.node): onnx.checker.check_model(path)
    got = run_onnx(path, inputs, output)
    want = np.array(reference["logits"])
    error = float(np.abs(got[tuple(index[:-1])] - want).max() / np.abs(want).max())
    if not error < limit: raise RuntimeError(f"logits differ from the reference by {error:.1e}")
    if config is not None: config.save_pretrained(folder)
    else:
        with open(f"{folder}/config.json", "w") as f: json.dump({"model_type": facts["family"], "architectures": ["Own"]}, f)
    graph_inputs = {i.name for i in model.graph.input}
    case = dict(**facts, file=file, opset={(x.domain or "ai.onnx"): x.version for x in model.opset_import}, exact=kind != "activations",
                inputs={k: tensor_record(v) for k, v in inputs.items() if k in graph_inputs},
                target=dict(output=output, index=list(index), value=reference["value"]), logits=reference["logits"], sources=reference["sources"],
                ledgers=reference["ledgers"], tolerance=TOLERANCES[kind], ort_vs_torch=error, finite_difference=reference["finite_difference"],
                versions=VERSIONS, ops=operators(model))
    for key in ("ig", "lxt"):
        if key in reference: case[key] = reference[key]
    with open(f"{folder}/case.json", "w") as f: json.dump(rounded(case), f, separators=(",", ":"))
    size = sum(os.path.getsize(f"{folder}/onnx/{n}") for n in os.listdir(f"{folder}/onnx"))
    return f"{os.path.basename(folder)}: {size // 1024} kB, logits {error:.0e}, finite difference {reference['finite_difference']:.0e}, " \
           f"residue {max([abs(l['residue']) for l in reference['ledgers'].values()] or [0]):.0e}, {len(case['ops'])} operators"


def fresh(folder: str) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(f"{folder}/onnx")
    return f"{folder}/onnx/model.onnx"
