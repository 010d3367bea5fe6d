"""What the cards report: accuracy with its interval, calibration, temperature."""

from __future__ import annotations

import math

import torch


def wilson(right: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's 95 % interval of a proportion (Wilson 1927)."""
    p = right / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return centre - half, centre + half


def calibration_error(logits: torch.Tensor, labels: torch.Tensor, bins: int = 15) -> float:
    """Expected calibration error: |accuracy - confidence| over `bins` equal-width bins (Guo et al. 2017)."""
    confidence, guess = logits.softmax(-1).max(-1)
    right = (guess == labels).float()
    bucket = (confidence * bins).long().clamp(max=bins - 1)
    gaps = [(right[bucket == b].mean() - confidence[bucket == b].mean()).abs() * (bucket == b).sum()
            for b in range(bins) if (bucket == b).any()]
    return float(sum(gaps) / len(labels))


def temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The T that minimises cross-entropy of logits / T, by a fine grid from 0.2 to 5."""
    grid = torch.logspace(math.log10(0.2), math.log10(5), 2000)
    losses = torch.stack([torch.nn.functional.cross_entropy(logits / t, labels) for t in grid])
    return float(grid[losses.argmin()])


def report(logits: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Accuracy, its interval, calibration error and mean log loss."""
    right = int((logits.argmax(-1) == labels).sum())
    low, high = wilson(right, len(labels))
    return {
        "sentences": len(labels),
        "right": right,
        "accuracy": round(right / len(labels), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "calibration_error": round(calibration_error(logits, labels), 4),
        "log_loss": round(float(torch.nn.functional.cross_entropy(logits, labels)), 4),
    }
