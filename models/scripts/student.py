"""Trains a BERT classifier towards target distributions and averages its last weights."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import nn

import batches

BATCH, RATE, DECAY, WARM_UP = 32, 1.2e-4, 0.85, 0.06


def groups(model) -> list[dict]:
    """Parameter groups: the rate falls by `DECAY` a layer from the head to the embeddings."""
    layers = model.bert.encoder.layer
    parts = [(0, [model.classifier, model.bert.pooler])]
    parts += [(len(layers) - 1 - depth, [layer]) for depth, layer in enumerate(layers)]
    parts += [(len(layers), [model.bert.embeddings])]
    return [{"params": [p for module in modules for p in module.parameters()], "lr": RATE * DECAY**height}
            for height, modules in parts]


def fit(model, rows: Sequence[Sequence[int]], targets: torch.Tensor, passes: int, seed: int, after=None):
    """Minimises -sum(targets * log_softmax(logits)); the model ends with averaged weights.

    `rows` are token ids, `targets` [rows, classes] probabilities. The weights
    of the last third of the steps are averaged (Izmailov et al. 2018).
    `after(epoch, model)` is called after each pass.
    """
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(groups(model), weight_decay=0.01, fused=True)
    total = passes * -(-len(rows) // BATCH)
    rate = lambda step: min(1.0, (step + 1) / (WARM_UP * total)) * max(0.02, 1 - step / total)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    average = torch.optim.swa_utils.AveragedModel(model)
    started, step = time.time(), 0
    for epoch, order in batches.epochs([len(r) for r in rows], BATCH, passes, seed):
        model.train()
        for batch in order:
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(**batches.pad([rows[i] for i in batch], 0)).logits
            loss = nn.functional.cross_entropy(logits.float(), targets[batch])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            step += 1
            if step % 5 == 0 and step > total * 2 / 3:
                average.update_parameters(model)
            if step % 100 == 0:
                print(f"step {step} of {total}: loss {loss.item():.3f}, {time.time() - started:.0f} s", flush=True)
        if after:
            after(epoch, model)
    if average.n_averaged > 0:
        model.load_state_dict(average.module.state_dict())
