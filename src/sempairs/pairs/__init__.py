"""Pair sets: the central data of the package. Built by a rule or a miner, audited, hashed, kept as Parquet."""

from sempairs.core.registry import Registry
from sempairs.pairs.pairset import PairSet

RULES = Registry(
    "pairing rule",
    {
        "identity": "sempairs.pairs.rules:identity",
        "class": "sempairs.pairs.rules:same_class",
        "random": "sempairs.pairs.rules:random_pairs",
        "metadata": "sempairs.pairs.rules:metadata",
        "time-window": "sempairs.pairs.time_window:time_window",
    },
)

__all__ = ["RULES", "PairSet"]
