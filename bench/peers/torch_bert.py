"""Times the same network in PyTorch: forward, forward + backward, and LXT's AttnLRP where it is installed. Prints JSON.

Usage: torch_bert.py LENGTH THREADS. A BERT of MiniLM-L6's size with random weights: time does not depend on them.
"""
import json
import sys
import time

import torch
from transformers import BertConfig, BertForSequenceClassification

length, threads = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
config = BertConfig(vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)
model = BertForSequenceClassification(config).eval()
ids = torch.randint(5, 30000, (1, length))
embeddings = model.bert.embeddings.word_embeddings(ids).detach()


def timed(run, budget=2.0):
    for _ in range(3):
        run()
    samples, cpu, end = [], float("inf"), time.perf_counter() + budget
    while len(samples) < 10 or time.perf_counter() < end:
        start, before = time.perf_counter(), time.process_time()
        run()
        samples.append(1000 * (time.perf_counter() - start))
        cpu = min(cpu, 1000 * (time.process_time() - before))
    samples.sort()
    return {"min": samples[0], "median": samples[len(samples) // 2], "cpu": cpu, "samples": len(samples)}


def forward():
    with torch.no_grad():
        model(inputs_embeds=embeddings)


def gradient():
    x = embeddings.clone().requires_grad_(True)
    (g,) = torch.autograd.grad(model(inputs_embeds=x).logits[0, 1], x)
    return (x * g).sum(-1)


for parameter in model.parameters():
    parameter.requires_grad_(False)
found = {"forward": timed(forward), "gradient": timed(gradient)}
try:
    from lxt.efficient import monkey_patch
    import transformers.models.bert.modeling_bert as module

    monkey_patch(module)
    found["lxt"] = timed(gradient)
except Exception as error:  # not installed, or not made for this version of transformers
    found["missing"] = {"lxt": f"{type(error).__name__}: {error}"[:200]}
print(json.dumps(found))
