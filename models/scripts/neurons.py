"""Drops the feed-forward neurons that matter least, so that more vocabulary fits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

import batches


@torch.inference_mode()
def importance(model, rows: Sequence[Sequence[int]]) -> list[torch.Tensor]:
    """Per layer [neurons]: mean |activation| over tokens times the norm of its way out."""
    totals: list[torch.Tensor] = []
    hooks = []
    for layer in model.bert.encoder.layer:
        total = torch.zeros(layer.intermediate.dense.out_features)
        totals.append(total)
        hooks.append(layer.intermediate.register_forward_hook(
            lambda _module, _inputs, out, total=total: total.add_(out.float().abs().sum((0, 1)))))
    model.eval()
    for batch in batches.by_length([len(r) for r in rows], 64):
        length = min(len(rows[i]) for i in batch)
        model(**batches.pad([rows[i][:length] for i in batch], 0))
    for hook in hooks:
        hook.remove()
    return [total * layer.output.dense.weight.norm(dim=0)
            for total, layer in zip(totals, model.bert.encoder.layer)]


def prune(model, scores: list[torch.Tensor], size: int) -> None:
    """Keeps the `size` neurons of highest score in every layer, in place."""
    for layer, score in zip(model.bert.encoder.layer, scores):
        kept = score.topk(size).indices.sort().values
        up, down = layer.intermediate.dense, layer.output.dense
        layer.intermediate.dense = nn.Linear(up.in_features, size)
        layer.output.dense = nn.Linear(size, down.out_features)
        layer.intermediate.dense.weight.data.copy_(up.weight.data[kept])
        layer.intermediate.dense.bias.data.copy_(up.bias.data[kept])
        layer.output.dense.weight.data.copy_(down.weight.data[:, kept])
        layer.output.dense.bias.data.copy_(down.bias.data)
    model.config.intermediate_size = size
