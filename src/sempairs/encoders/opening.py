"""An encoder from a name and options, ready to use."""

import numpy as np
import torch

from sempairs.core.seeds import seed_of
from sempairs.core.settings import Spec, build
from sempairs.encoders import ENCODERS
from sempairs.encoders.base import Encoder
from sempairs.sources.base import Source


def open_encoder(spec: Spec, source: Source, seed: int = 0) -> Encoder:
    """The encoder that `spec` names, for the images of `source`: random weights are f(seed), what must be fitted is.

    A network without pretrained weights comes out random, which is a baseline of its own.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("weights", seed))
        encoder: Encoder = build(ENCODERS, spec, source.shape[2])
    encoder.fit(source.images(np.arange(len(source))))
    return encoder
