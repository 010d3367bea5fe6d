"""Sentences for the student, each with the teacher's logits.

Three sources: the train side; the review sentences of the subjectivity data
(Pang and Lee 2004, CC BY 4.0, unlabelled here, near copies of held-out
sentences dropped); and parts of train sentences, cut at their marks or
anywhere, where the teacher can tell which part carries the verdict.
"""

from __future__ import annotations

import argparse
import random
import re
import zipfile
from pathlib import Path

import torch
from transformers import AutoTokenizer

import batches
import polarity
from teacher import Teacher

PARTS, WINDOWS, SEED = 20000, 20000, 13


def reviews(archive: Path, held_out: list[frozenset[str]], known: set[str]) -> list[str]:
    """Review sentences of subjectivity.zip that are neither known nor near a held-out sentence."""
    with zipfile.ZipFile(archive) as files:
        text = files.read("subjectivity/quote.tok.gt9.5000").decode("utf-8")
    lines = [line.strip() for line in text.split("\n")]
    return [line for line in lines
            if line and polarity.key(line) not in known and not polarity.near(polarity.words(line), held_out)]


def parts(texts: list[str], count: int, rng: random.Random) -> list[str]:
    """`count` different runs of clauses, at least four words and less than the whole sentence."""
    found: dict[str, None] = {}
    while len(found) < count:
        clauses = re.split(r" (?=[,;.:-]+ |but |and |though |yet )", rng.choice(texts))
        if len(clauses) < 2:
            continue
        start = rng.randrange(len(clauses))
        end = rng.randrange(start + 1, len(clauses) + 1)
        text = " ".join(clauses[start:end]).strip(" ,;:-")
        if end - start < len(clauses) and len(text.split()) >= 4:
            found[text] = None
    return list(found)


def windows(texts: list[str], count: int, rng: random.Random) -> list[str]:
    """`count` different runs of 4 to 14 words from anywhere in a sentence."""
    found: dict[str, None] = {}
    while len(found) < count:
        words = rng.choice(texts).split()
        length = rng.randrange(4, 15)
        if len(words) > length:
            start = rng.randrange(len(words) - length + 1)
            found[" ".join(words[start : start + length])] = None
    return list(found)


def main() -> None:
    """Writes {texts, labels (-1 unlabelled), logits [texts, 2]}."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", required=True, help="folder of all-mpnet-base-v2")
    parser.add_argument("--teacher", type=Path, required=True, help="weights that teacher.py wrote")
    parser.add_argument("--unlabelled", type=Path, required=True, help="subjectivity.zip as packed by NLTK")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    sides = polarity.split()
    held = sides["validation"] + sides["test"]
    train = [e.text for e in sides["train"]]
    known = {polarity.key(e.text) for e in sides["train"] + held}
    more = reviews(arguments.unlabelled, [polarity.words(e.text) for e in held], known)
    rng = random.Random(SEED)
    cut = [*parts(train, PARTS, rng), *windows(train, WINDOWS, rng)]
    texts = [*train, *more, *cut]
    labels = [*(e.label for e in sides["train"]), *[-1] * (len(more) + len(cut))]
    print(f"{len(train)} train sentences, {len(more)} unlabelled, {len(cut)} parts", flush=True)
    tokenizer = AutoTokenizer.from_pretrained(arguments.encoder)
    model = Teacher(arguments.encoder)
    model.load_state_dict(torch.load(arguments.teacher))
    rows = batches.encode(tokenizer, texts)
    torch.save({"texts": texts, "labels": torch.tensor(labels),
                "logits": batches.logits_of(model, rows, tokenizer.pad_token_id)}, arguments.out)


if __name__ == "__main__":
    main()
