"""What samples (in seconds) come to, in milliseconds."""

import statistics
from collections.abc import Sequence


def p50(samples: Sequence[float]) -> float:
    return statistics.median(samples) * 1000


def p95(samples: Sequence[float]) -> float:
    return sorted(samples)[max(0, round(len(samples) * 0.95) - 1)] * 1000
