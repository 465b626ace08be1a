"""Mining: pairs proposed by the features of an encoder, without labels."""

from sempairs.core.registry import Registry
from sempairs.pairs.mining.base import Features, join
from sempairs.pairs.mining.grouped import mine

MINERS = Registry(
    "mining rule",
    {
        "nearest": "sempairs.pairs.mining.nearest:nearest_neighbours",
        "mutual": "sempairs.pairs.mining.mutual:mutual",
        "band": "sempairs.pairs.mining.band:band",
        "margin": "sempairs.pairs.mining.margin:margin_test",
        "shared": "sempairs.pairs.mining.shared:shared_neighbours",
        "cluster": "sempairs.pairs.mining.cluster:cluster",
        "agreement": "sempairs.pairs.mining.agreement:agreement",
    },
)

__all__ = ["MINERS", "Features", "join", "mine"]
