"""Trains a BERT classifier towards target distributions, fit for int8, and averages its last weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import nn

import batches
from rounding import rounded

BATCH, WARM_UP = 32, 0.06


@dataclass(frozen=True)
class Stage:
    """One training run over the first `rows` rows.

    `rate` is the head's; it falls by `decay` a layer. `rounding` rounds
    activations as int8 will.
    """

    rows: int
    passes: int
    rate: float
    decay: float
    seed: int
    rounding: bool = False


def groups(model, stage: Stage) -> list[dict]:
    """Parameter groups: the rate falls by `decay` a layer from the head to the embeddings."""
    layers = model.bert.encoder.layer
    parts = [(0, [model.classifier, model.bert.pooler])]
    parts += [(len(layers) - 1 - depth, [layer]) for depth, layer in enumerate(layers)]
    parts += [(len(layers), [model.bert.embeddings])]
    return [{"params": [p for module in modules for p in module.parameters()], "lr": stage.rate * stage.decay**height}
            for height, modules in parts]


def fit(model, rows: Sequence[Sequence[int]], targets: torch.Tensor, stage: Stage, after: Callable) -> None:
    """Minimises -sum(targets * log_softmax(logits)); the model ends with averaged weights.

    `rows` are token ids, `targets` [rows, classes] probabilities. The weights
    of the last third of the steps are averaged (Izmailov et al. 2018).
    `after(epoch, model)` is called after each pass.
    """
    rows, targets = rows[: stage.rows], targets[: stage.rows]
    torch.manual_seed(stage.seed)
    optimizer = torch.optim.AdamW(groups(model, stage), weight_decay=0.01, fused=True)
    total = stage.passes * -(-len(rows) // BATCH)
    rate = lambda step: min(1.0, (step + 1) / (WARM_UP * total)) * max(0.02, 1 - step / total)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    average = torch.optim.swa_utils.AveragedModel(model)
    started, step = time.time(), 0
    for epoch, order in batches.epochs([len(r) for r in rows], BATCH, stage.passes, stage.seed):
        model.train()
        for batch in order:
            with rounded(model) if stage.rounding else nullcontext(), torch.autocast("cpu", torch.bfloat16):
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
        after(epoch, model)
    model.load_state_dict(average.module.state_dict())
