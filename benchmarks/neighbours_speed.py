"""What exact, canonical neighbours cost over bare FAISS search."""

import faiss
import numpy as np

from benchmarks.paired import Row, compare
from sempairs.core.progress import quiet
from sempairs.core.seeds import rng
from sempairs.neighbours import nearest

N, D, K = 20_000, 64, 20


def measure() -> list[Row]:
    """Queries per second, each image of 20,000 against all others."""
    rows = rng("bench rows").normal(size=(N, D)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)

    def bare() -> None:
        index = faiss.IndexFlatIP(D)
        index.add(rows)
        index.search(rows, K + 1)

    def ours() -> None:
        with quiet():
            nearest(rows, rows, K, exclude_self=True)

    return [compare(f"{K} nearest of {N:,} x {D}", "queries", N, ours, "bare FAISS", bare, runs=3, aim=0.8)]
