"""A smaller WordPiece vocabulary cut from BERT's, and the embedding rows that go with it."""

from __future__ import annotations

import collections
import json
from collections.abc import Iterable
from pathlib import Path

import torch

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CONFIG = {
    "tokenizer_class": "BertTokenizer",
    "do_lower_case": True,
    "model_max_length": 512,
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}


def choose(pieces: dict[str, int], seen: collections.Counter[int], size: int) -> list[int]:
    """Old ids to keep, ascending: at most `size`.

    First the special tokens and every single character (with its `##` form
    where it is ASCII), so that any Latin word still splits into known pieces.
    Then tokens seen in `seen`, most frequent first. Then the rest in BERT's
    order, which is close to frequency in general English. Within one count,
    too, BERT's order decides.
    """
    kept = {pieces[token] for token in SPECIAL}
    for piece, index in pieces.items():
        if len(piece) == 1 or (piece.startswith("##") and len(piece) == 3 and piece.isascii()):
            kept.add(index)
    common = sorted(seen, key=lambda index: (-seen[index], index))
    plain = sorted(i for piece, i in pieces.items() if piece.isascii() and not piece.startswith("[unused"))
    for index in [*common, *plain]:
        if len(kept) >= size:
            break
        kept.add(index)
    return sorted(kept)


def count(rows: Iterable[Iterable[int]]) -> collections.Counter[int]:
    """How often each token id occurs."""
    seen: collections.Counter[int] = collections.Counter()
    for row in rows:
        seen.update(row)
    return seen


def cut_tokenizer(source: Path, target: Path, kept: list[int]) -> None:
    """Writes tokenizer.json and tokenizer_config.json with `kept` renumbered 0, 1, 2, …"""
    tokenizer = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    new = {old: index for index, old in enumerate(kept)}
    pieces = sorted(tokenizer["model"]["vocab"].items(), key=lambda item: item[1])
    tokenizer["model"]["vocab"] = {piece: new[old] for piece, old in pieces if old in new}
    tokenizer["truncation"] = tokenizer["padding"] = None
    for token in tokenizer["added_tokens"]:
        token["id"] = new[token["id"]]
    for token in tokenizer["post_processor"]["special_tokens"].values():
        token["ids"] = [new[old] for old in token["ids"]]
    target.mkdir(parents=True, exist_ok=True)
    (target / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (target / "tokenizer_config.json").write_text(json.dumps(CONFIG, indent=2) + "\n", encoding="utf-8")


def cut_embedding(model, kept: list[int]) -> None:
    """Keeps the rows `kept` of the word embedding [vocabulary, hidden], in place."""
    old = model.get_input_embeddings()
    new = torch.nn.Embedding(len(kept), old.embedding_dim, padding_idx=0)
    new.weight.data.copy_(old.weight.data[torch.tensor(kept)])
    model.set_input_embeddings(new)
    model.config.vocab_size = len(kept)
