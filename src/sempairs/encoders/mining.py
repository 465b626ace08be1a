"""Mining through an encoder: features of a source, then the pairs that a mining rule finds in them."""

from sempairs.core.settings import Spec, build
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import encoder_id, extract
from sempairs.pairs.mining import MINERS, Features, mine
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


def mine_through(encoder: Encoder, source: Source, miner: Spec) -> PairSet:
    """The pairs that the mining rule `miner` finds among the images of `source` as `encoder` sees them."""
    seen = Features(source.ids, extract(encoder, source), encoder_id(encoder))
    return mine(source, seen, lambda features: build(MINERS, miner, features), miner)
