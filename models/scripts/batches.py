"""Batches of sentences of like length, so that little of a batch is padding."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import torch

MAX_TOKENS = 64


def by_length(lengths: Sequence[int], size: int, rng: random.Random | None = None) -> list[list[int]]:
    """Indices in batches of `size`; with `rng`, shuffled in pools of 16 batches.

    Without `rng` the order is by length alone, for evaluation.
    """
    order = list(range(len(lengths)))
    if rng is None:
        order.sort(key=lambda i: lengths[i])
        return [order[i : i + size] for i in range(0, len(order), size)]
    rng.shuffle(order)
    pools = [order[i : i + 16 * size] for i in range(0, len(order), 16 * size)]
    batches = []
    for pool in pools:
        pool.sort(key=lambda i: lengths[i])
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    rng.shuffle(batches)
    return batches


def encode(tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Token ids with special tokens, at most `MAX_TOKENS` each."""
    return tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)["input_ids"]


def pad(rows: Sequence[Sequence[int]], filler: int) -> dict[str, torch.Tensor]:
    """`input_ids` and `attention_mask` of shape [batch, longest]."""
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": mask}


@torch.inference_mode()
def logits_of(model, rows: Sequence[Sequence[int]], filler: int, half: bool = True) -> torch.Tensor:
    """Logits [rows, classes] in the order of `rows`, in bfloat16 when `half`."""
    model.eval()
    out: list[torch.Tensor | None] = [None] * len(rows)
    for batch in by_length([len(r) for r in rows], 64):
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            scores = model(**pad([rows[i] for i in batch], filler)).logits.float()
        for i, row in zip(batch, scores):
            out[i] = row
    return torch.stack(out)


def epochs(lengths: Sequence[int], size: int, count: int, seed: int) -> Iterator[tuple[int, list[list[int]]]]:
    """`count` differently shuffled passes, each a list of batches."""
    rng = random.Random(seed)
    for epoch in range(count):
        yield epoch, by_length(lengths, size, rng)
