"""Mining: pairs proposed by the features of an encoder, without labels."""

from sempairs.core.registry import Registry
from sempairs.pairs.mining.base import Features, mine

MINERS = Registry("mining rule", {"mutual": "sempairs.pairs.mining.mutual:mutual"})

__all__ = ["MINERS", "Features", "mine"]
