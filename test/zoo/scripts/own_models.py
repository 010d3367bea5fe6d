"""Classifiers that are not in transformers: recurrent nets and a convolutional net over word embeddings."""

import torch
from torch import nn


class RecurrentClassifier(nn.Module):
    """Embedding, two recurrent layers, and a linear head over the last state plus the mean state.

    Reading both states gives every time step two paths to the logits: one through the recurrence, one direct.
    """

    def __init__(self, kind: str, bidirectional: bool, vocab: int, width: int, hidden: int, layers: int, labels: int = 3):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.rnn = getattr(nn, kind)(width, hidden, layers, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(hidden * (2 if bidirectional else 1), labels)

    def forward(self, input_ids):
        states, _ = self.rnn(self.embed(input_ids))
        return self.head(states[:, -1] + states.mean(1))


class ConvolutionalClassifier(nn.Module):
    """Kim's text CNN: parallel convolutions, ReLU, maximum over time, linear head."""

    def __init__(self, vocab: int, width: int, channels: int, labels: int = 3):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.convolutions = nn.ModuleList(nn.Conv1d(width, channels, k, padding=k // 2) for k in (3, 5))
        self.head = nn.Linear(2 * channels, labels)

    def forward(self, input_ids):
        x = self.embed(input_ids).transpose(1, 2)
        return self.head(torch.cat([torch.relu(c(x)).amax(-1) for c in self.convolutions], -1))
