"""Trains models/sentiment-lstm: word embeddings, one LSTM of 128 units, mean over its states, a linear head.

`python sentiment_lstm.py --soft soft.pt --encoder FOLDER` writes the whole
folder. `soft.pt` comes from soft_labels.py. The embeddings start from the
principal components of MiniLM's word embeddings, so that words seen once have
neighbours.
"""

from __future__ import annotations

import argparse
import collections
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from torch import nn
from transformers import AutoTokenizer

import batches
import onnx_files
import polarity
import scores

OUT = Path(__file__).resolve().parent.parent / "sentiment-lstm"
SPECIAL = ["[PAD]", "[UNK]"]
EMBEDDING, HIDDEN, LEAST, SEED = 64, 128, 2, 5
EPOCHS, BATCH, RATE, HARD, ROWS = 12, 32, 2e-3, 0.3, 17343


class SentimentLstm(nn.Module):
    """ids [batch, sequence] to logits [batch, 2]: mean over time of the LSTM's states, one linear layer."""

    def __init__(self, words: int):
        super().__init__()
        self.embed = nn.Embedding(words, EMBEDDING, padding_idx=0)
        self.lstm = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, 2)
        self.dropout = nn.Dropout(0.5)

    def forward(self, input_ids: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        states, _ = self.lstm(self.dropout(self.embed(input_ids)))
        if lengths is None:
            return self.head(states.mean(1))
        mask = (torch.arange(states.shape[1]) < lengths[:, None])[..., None].float()
        return self.head(self.dropout((states * mask).sum(1) / lengths[:, None]))


def build_tokenizer(texts: list[str]) -> Tokenizer:
    """Words and single marks in lower case; words seen less than `LEAST` times are `[UNK]`."""
    tokenizer = Tokenizer(models.WordLevel({}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    seen: collections.Counter[str] = collections.Counter()
    for text in texts:
        normal = tokenizer.normalizer.normalize_str(text)
        seen.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal))
    words = [*SPECIAL, *sorted(word for word, count in seen.items() if count >= LEAST)]
    tokenizer.model = models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="[UNK]")
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


def initial_embedding(words: dict[str, int], folder: Path) -> torch.Tensor:
    """[words, EMBEDDING]: principal components of the mean of each word's MiniLM pieces, unit variance."""
    pieces = AutoTokenizer.from_pretrained(folder)
    table = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    ordered = sorted(words, key=words.get)
    ids = pieces(ordered, add_special_tokens=False)["input_ids"]
    raw = torch.stack([table[row].mean(0) if row else table.mean(0) for row in ids])
    centred = raw - raw.mean(0)
    _, _, components = torch.linalg.svd(centred, full_matrices=False)
    reduced = centred @ components[:EMBEDDING].T
    return 0.5 * reduced / reduced.std()


def fit(model: SentimentLstm, rows: list[list[int]], targets: torch.Tensor, after) -> None:
    """Cross-entropy towards `targets` [rows, 2]; words are replaced by `[UNK]` at a rate of 5 %."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.02)
    total = EPOCHS * -(-len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=total, pct_start=0.1)
    for epoch, order in batches.epochs([len(r) for r in rows], BATCH, EPOCHS, SEED):
        model.train()
        for batch in order:
            padded = batches.pad([rows[i] for i in batch], 0)
            ids, lengths = padded["input_ids"], padded["attention_mask"].sum(1)
            hidden = (torch.rand(ids.shape) < 0.05) & (ids > 0)
            loss = nn.functional.cross_entropy(model(ids.masked_fill(hidden, 1), lengths), targets[batch])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        after(epoch, model)


@torch.inference_mode()
def logits_of(model: SentimentLstm, rows: list[list[int]]) -> torch.Tensor:
    """Logits [rows, 2], one sentence at a time, without padding."""
    model.eval()
    return torch.cat([model(torch.tensor([row])) for row in rows])


def write(model: SentimentLstm, tokenizer: Tokenizer, out: Path) -> None:
    """Hugging Face layout: config.json, tokenizer.json, tokenizer_config.json, onnx/model.onnx."""
    out.mkdir(parents=True, exist_ok=True)
    names = {i: label for i, label in enumerate(polarity.LABELS)}
    config = {
        "model_type": "lstm", "architectures": ["LSTMForSequenceClassification"], "vocab_size": tokenizer.get_vocab_size(),
        "embedding_size": EMBEDDING, "hidden_size": HIDDEN, "num_hidden_layers": 1, "pad_token_id": 0,
        "id2label": names, "label2id": {label: i for i, label in names.items()}}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    tokenizer.save(str(out / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512, "pad_token": "[PAD]", "unk_token": "[UNK]"}
    (out / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    onnx_files.export(model, ["input_ids"], out / "onnx" / "model.onnx", config["vocab_size"], {0: "batch"})


def main() -> None:
    """Trains, folds the temperature into the head, writes, evaluates the written file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--soft", type=Path, required=True, help="file that soft_labels.py wrote")
    parser.add_argument("--encoder", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    soft = {name: column[:ROWS] for name, column in torch.load(arguments.soft).items()}
    sides = polarity.split()
    tokenizer = build_tokenizer([e.text for e in sides["train"]])
    words = tokenizer.get_vocab()
    model = SentimentLstm(len(words))
    model.embed.weight.data.copy_(initial_embedding(words, arguments.encoder))
    targets, known = soft["logits"].softmax(-1), soft["labels"] >= 0
    gold = nn.functional.one_hot(soft["labels"][known], 2).float()
    targets[known] = (1 - HARD) * targets[known] + HARD * gold
    encode = lambda texts: [tokenizer.encode(text).ids for text in texts]
    held = encode([e.text for e in sides["validation"]])
    held_labels = torch.tensor([e.label for e in sides["validation"]])
    best: dict = {"accuracy": 0.0}

    def keep_best(epoch: int, model: SentimentLstm) -> None:
        found = scores.report(logits_of(model, held), held_labels)
        print(epoch, found, flush=True)
        if found["accuracy"] > best["accuracy"]:
            best.update(found, state={k: v.clone() for k, v in model.state_dict().items()})

    fit(model, encode(soft["texts"]), targets, keep_best)
    model.load_state_dict(best["state"])
    scale = scores.temperature(logits_of(model, held), held_labels)
    model.head.weight.data /= scale
    model.head.bias.data /= scale
    write(model.eval(), tokenizer, arguments.out)
    for name in ("validation", "test"):
        rows, labels = encode([e.text for e in sides[name]]), torch.tensor([e.label for e in sides[name]])
        print(name, scores.report(onnx_files.logits_of(arguments.out / "onnx" / "model.onnx", rows), labels), flush=True)


if __name__ == "__main__":
    main()
