"""Times one evaluation of Python shap on a BERT of MiniLM-L6's size with random weights, and writes the network as ONNX. Prints JSON.

Usage: shap_bert.py LENGTH THREADS EVALUATIONS FILE.onnx. Milliseconds an evaluation, shap's own work included, by the wall and of the processor.
shap 0.51's PermutationExplainer over tokens that are there or [MASK], in its own batches of 10; captum's way is one text a call.
"""
import json
import sys
import time
import warnings

import numpy as np
import shap
import torch
from transformers import BertConfig, BertForSequenceClassification

warnings.filterwarnings("ignore")
length, threads, budget, path = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(threads)
torch.manual_seed(0)
config = BertConfig(vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)
model = BertForSequenceClassification(config).eval()
ids = 1000 + (37 * torch.arange(length)) % 20000
counted = 0


def value(kept):
    """The first logit of texts in which what is not kept is masked."""
    global counted
    counted += len(kept)
    with torch.no_grad():
        edited = torch.where(torch.from_numpy(np.asarray(kept) > 0.5), ids[None], torch.tensor(103))
        return model(edited, attention_mask=torch.ones_like(edited)).logits[:, 0].numpy()


def timed(run):
    global counted
    run()  # warms up
    best = {"wall": float("inf"), "cpu": float("inf")}
    for _ in range(3):
        counted, start, before = 0, time.perf_counter(), time.process_time()
        run()
        best = {
            "wall": min(best["wall"], 1000 * (time.perf_counter() - start) / counted),
            "cpu": min(best["cpu"], 1000 * (time.process_time() - before) / counted),
        }
    return best


def explain():
    explainer = shap.PermutationExplainer(value, np.zeros((1, length)))
    explainer(np.ones((1, length)), max_evals=budget, batch_size=10, silent=True)


rows = np.random.default_rng(0).random((max(4, budget // 8), length)) > 0.5
found = {
    "shap": timed(explain),
    "single": timed(lambda: [value(row[None]) for row in rows]),
    "versions": {"shap": shap.__version__, "torch": torch.__version__},
}
torch.onnx.export(
    model,
    (torch.ones(2, length, dtype=torch.long), torch.ones(2, length, dtype=torch.long)),
    path,
    input_names=["input_ids", "attention_mask"],
    output_names=["logits"],
    dynamic_axes={"input_ids": {0: "batch", 1: "sequence"}, "attention_mask": {0: "batch", 1: "sequence"}, "logits": {0: "batch"}},
    opset_version=17,
    dynamo=False,
)
print(json.dumps(found))
