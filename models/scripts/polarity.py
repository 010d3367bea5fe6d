"""The sentence-polarity data and its fixed split.

One rule, repeated exactly by the TypeScript evaluation: the key of a sentence
is its characters a-z and 0-9 alone; the first eight hexadecimal digits of
sha256(key), read as an unsigned integer, modulo 10, give the bucket.
Buckets 0-7 train, 8 validation, 9 test. Sentences that differ only in
punctuation or spacing therefore fall on one side.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).resolve().parent.parent / "data" / "sentence_polarity.tsv.gz"
LABELS = ("negative", "positive")


class Example(NamedTuple):
    """One sentence with its label (0 negative, 1 positive)."""

    text: str
    label: int


def key(text: str) -> str:
    """The letters and digits of a sentence: what decides its side."""
    return re.sub("[^a-z0-9]", "", text)


def side(text: str) -> str:
    """`train`, `validation` or `test` for one sentence."""
    bucket = int(hashlib.sha256(key(text).encode()).hexdigest()[:8], 16) % 10
    return "train" if bucket < 8 else "validation" if bucket == 8 else "test"


def load(path: Path = DATA) -> list[Example]:
    """All sentences in file order: a line is the label, a tab, the sentence."""
    lines = gzip.decompress(path.read_bytes()).decode("utf-8").rstrip("\n").split("\n")
    pairs = (line.split("\t") for line in lines)
    return [Example(text, LABELS.index(label)) for label, text in pairs]


def split(path: Path = DATA) -> dict[str, list[Example]]:
    """The three sides, each in file order.

    Training sentences that share at least 60 % of their words (Jaccard) with a
    held-out sentence are dropped, so that no near copy helps the score.
    """
    sides: dict[str, list[Example]] = {"train": [], "validation": [], "test": []}
    for example in load(path):
        sides[side(example.text)].append(example)
    held_out = [words(e.text) for e in sides["validation"] + sides["test"]]
    sides["train"] = [e for e in sides["train"] if not near(words(e.text), held_out)]
    return sides


def words(text: str) -> frozenset[str]:
    """The set of alphanumeric words of a sentence."""
    return frozenset(re.findall("[a-z0-9]+", text))


def near(candidate: frozenset[str], held_out: list[frozenset[str]]) -> bool:
    """Whether any held-out word set has a Jaccard index of 0.6 or more."""
    size = len(candidate)
    for other in held_out:
        # J >= 0.6 forces the smaller set to be at least 0.6 of the larger.
        if min(size, len(other)) < 0.6 * max(size, len(other)):
            continue
        shared = len(candidate & other)
        if shared >= 0.6 * (size + len(other) - shared):
            return True
    return False
