"""Mining through an encoder: features of a source, then the pairs that a mining rule finds in them."""

import dataclasses
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec, build
from sempairs.core.work import Work
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import encoder_id, extract
from sempairs.encoders.opening import find_encoder
from sempairs.encoders.units import extract_in_units
from sempairs.pairs.mining import MINERS, Features, mine
from sempairs.pairs.mining.feature_files import SUFFIXES, load_features
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source


def mine_through(encoder: Encoder, source: Source, miner: Spec) -> PairSet:
    """The pairs that the mining rule `miner` finds among the images of `source` as `encoder` sees them."""
    return mine_features(seen_through(encoder, source), source, miner)


def mine_features(
    features: Features, source: Source, miner: Spec, *, within: str | None = None, across: str | None = None
) -> PairSet:
    """The pairs that the mining rule `miner` finds in these features; `within` and `across` as in `mine`."""
    return mine(source, features, lambda seen: build(MINERS, miner, seen), miner, within=within, across=across)


def seen_through(encoder: Encoder, source: Source, work: Work | None = None) -> Features:
    """The images of `source` as `encoder` sees them; with `work`, extracted and later searched in work units."""
    values = extract(encoder, source) if work is None else extract_in_units(encoder, source, work)
    return Features(source.ids, values, encoder_id(encoder), work=work)


def find_features(name: str, options: dict[str, Any] | None, source: Source, work: Work | None = None) -> Features:
    """The images of `source` as a file of features says, or as the encoder sees them that `name` means.

    Parameters
    ----------
    name: a .parquet or .npy file, a registered encoder, or the folder of a trained one.
    options: of a registered encoder.
    work: extract and search in work units.

    Raises
    ------
    UserError: what `load_features` and `find_encoder` raise; options for what has none.
    """
    is_file = Path(name).suffix in SUFFIXES
    if options and (is_file or Path(name).is_dir()):
        raise UserError(
            f"{name} has no options left to set", got=", ".join(options), todo="set those of a named encoder"
        )
    if is_file:
        return dataclasses.replace(load_features(Path(name), source), work=work)
    return seen_through(find_encoder(name, options, source), source, work)
