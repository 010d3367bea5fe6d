"""Trains LSTMs of one cell to add and to subtract two numbers of a sequence, the toy task of Arras et al. 2019 (arXiv 1904.11829).

Step a of the input is (n_a, 0, 0), step b > a is (0, n_b, 0), every other step is (0, 0, n): to be ignored. The answer is n_a + n_b or n_a - n_b,
read from the last hidden state by one weight without a bias. Numbers lie in [-1, -0.5] or [0.5, 1].
usage: python adding_lstm.py > adding_lstm.json
"""

import json

import torch
from torch import nn

SEED, LENGTH, STEPS, STARTS = 0, 10, 1000, 3
torch.manual_seed(SEED)
torch.set_num_threads(1)


def batch(count, length, sign):
    numbers = (0.5 + 0.5 * torch.rand(count, length)) * (1 - 2 * torch.randint(0, 2, (count, length)))
    places = torch.stack([torch.randperm(length)[:2].sort().values for _ in range(count)])
    rows, x = torch.arange(count), torch.zeros(count, length, 3)
    x[:, :, 2] = numbers
    for channel in (0, 1):
        at = places[:, channel]
        x[rows, at, 2], x[rows, at, channel] = 0, numbers[rows, at]
    return x, numbers[rows, places[:, 0]] + sign * numbers[rows, places[:, 1]]


def train(sign):
    """The best of a few starts: one cell easily gets stuck."""
    best = None
    for _ in range(STARTS):
        lstm, head = nn.LSTM(3, 1, batch_first=True), nn.Linear(1, 1, bias=False)
        parameters = [*lstm.parameters(), *head.parameters()]
        optimizer = torch.optim.Adam(parameters, lr=0.05)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
        sets = [batch(200, length, sign) for length in range(4, LENGTH + 1)]
        for step in range(STEPS):
            x, y = sets[step % len(sets)]
            loss = ((head(lstm(x)[0][:, -1]).squeeze(1) - y) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            x, y = batch(500, LENGTH, sign)
            error = ((head(lstm(x)[0][:, -1]).squeeze(1) - y) ** 2).mean().item()
        if best is None or error < best[0]: best = error, lstm, head
    return best


def onnx_gates(weight):
    """torch's order i, f, g, o to ONNX's i, o, f, c."""
    i, f, g, o = weight.chunk(4)
    return torch.cat([i, o, f, g])


def rounded(tensor): return [round(v, 6) for v in tensor.detach().flatten().tolist()]


tasks = {}
for name, sign in (("addition", 1), ("subtraction", -1)):
    error, lstm, head = train(sign)
    tasks[name] = {
        "sign": sign, "error": error,
        "w": rounded(onnx_gates(lstm.weight_ih_l0)), "r": rounded(onnx_gates(lstm.weight_hh_l0)),
        "b": rounded(torch.cat([onnx_gates(lstm.bias_ih_l0), onnx_gates(lstm.bias_hh_l0)])), "out": rounded(head.weight),
    }
print(json.dumps({"source": "trained by the script", "script": "adding_lstm.py", "versions": {"torch": torch.__version__.split("+")[0]}, "seed": SEED, "tolerance": 0.01, "length": LENGTH, "tasks": tasks}, indent=1))
