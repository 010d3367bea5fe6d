"""Golden values of the explainers that only predict, computed by shap, lime and captum on one cooperative game.

    python blackbox_goldens.py ../goldens/blackbox.json

Needs numpy, shap, lime, captum and torch. The game is a table: v of each of the 2^7 coalitions, bit i of the index for player i.
"""
import itertools
import json
import math
import sys
from importlib.metadata import version

import lime.lime_base
import numpy as np
import shap
import torch
from captum.attr import FeatureAblation

SEED, N, WIDTH = 11, 7, 25
random = np.random.default_rng(SEED)
everyone = np.ones((1, N))
bits = np.array([[(i >> p) & 1 for p in range(N)] for i in range(2**N)], dtype=float)
main, pairs = random.normal(size=N), np.triu(random.normal(size=(N, N)), 1)
table = np.round(np.tanh(bits @ main + np.einsum("si,ij,sj->s", bits, pairs, bits)) + 0.3 * random.normal(size=2**N), 6)


def v(masks):
    return table[(np.asarray(masks, dtype=int) * 2 ** np.arange(N)).sum(-1)]


def shapley():
    phi = np.zeros(N)
    for order in itertools.permutations(range(N)):
        mask = np.zeros(N)
        for player in order:
            before = v(mask)
            mask[player] = 1
            phi[player] += v(mask) - before
    return phi / math.factorial(N)


def balanced(players, rows, sizes):
    """A linkage matrix, children before parents; the left half is the larger one."""
    if len(players) == 1:
        return players[0]
    middle = math.ceil(len(players) / 2)
    left, right = balanced(players[:middle], rows, sizes), balanced(players[middle:], rows, sizes)
    rows.append([left, right, len(players), len(players)])
    return N + len(rows) - 1


def partition(budget, batch):
    rows = []
    balanced(list(range(N)), rows, {})
    masker = shap.maskers.Partition(np.zeros((1, N)), clustering=np.array(rows, dtype=float))
    explainer = shap.explainers.Partition(v, masker)
    return explainer(everyone, max_evals=budget, batch_size=batch, silent=True).values[0]


def kernel(samples):
    np.random.seed(SEED)
    explainer = shap.KernelExplainer(v, np.zeros((1, N)))
    phi = explainer.shap_values(everyone[0], nsamples=samples, l1_reg=0, silent=True)
    used = explainer.nsamplesAdded
    return {"masks": explainer.maskMatrix[:used].astype(int).tolist(), "weights": explainer.kernelWeights[:used].tolist(), "values": list(phi)}


def lime_fit(samples):
    state = np.random.RandomState(SEED)
    masks = np.ones((samples, N))
    for i, size in enumerate(state.randint(1, N + 1, samples - 1), start=1):
        masks[i, state.choice(N, size, replace=False)] = 0
    norms = np.linalg.norm(masks, axis=1)
    cosine = np.where(norms == 0, 0, masks.sum(-1) / np.where(norms == 0, 1, norms) / math.sqrt(N))
    base = lime.lime_base.LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / WIDTH**2)))
    intercept, pairs, score, local = base.explain_instance_with_data(masks, v(masks)[:, None], 100 * (1 - cosine), 0, N, "none")
    return {"masks": masks.astype(int).tolist(), "values": [dict(pairs)[i] for i in range(N)], "intercept": intercept, "r2": score, "local": float(local[0])}


ablation = FeatureAblation(lambda x: torch.tensor(v(x.numpy()))).attribute(torch.ones(1, N), baselines=torch.zeros(1, N))[0]
rounded = lambda value: (
    {k: rounded(x) for k, x in value.items()} if isinstance(value, dict)
    else [rounded(x) for x in value] if isinstance(value, (list, np.ndarray))
    else round(float(value), 9) if not isinstance(value, (int, str)) else value
)
golden = {
    "source": "shap, lime and captum on a table of 128 coalitions",
    "script": "packages/explainers/scripts/blackbox_goldens.py",
    "versions": {name: version(name) for name in ("shap", "lime", "captum", "numpy", "scikit-learn")},
    "seed": SEED,
    "tolerance": 1e-6,
    "table": table.tolist(),
    "shapley": shapley(),
    "ablation": ablation.tolist(),
    "partition": {"all": partition(10_000, 16), "some": {"budget": 34, "values": partition(34, 16)}},
    "kernel": {"all": kernel(10_000)["values"], "some": kernel(60)},
    "lime": lime_fit(90),
}
with open(sys.argv[1], "w") as file:
    json.dump(rounded(golden), file, separators=(",", ":"))
