"""Features of very many images, in work units: by several processes or a cluster, and never twice."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.core.work import Compute, Work, gather
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import encoder_id, extract
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source

VERSION = 1  # of the computation: raise it when the same encoder would give other features
UNIT = 8_192


@dataclass(frozen=True, eq=False)
class _Embed:
    """What a worker needs: the encoder itself, and how to open the images."""

    encoder: Encoder
    source: Spec
    fingerprint: str

    def open(self) -> Compute:
        """Open the images, and extract ranges of them."""
        source = open_source(self.source)
        if source.fingerprint != self.fingerprint:
            raise UserError(
                f"a worker sees other images in {source.name}",
                got=f"fingerprint {source.fingerprint} instead of {self.fingerprint}",
                todo="let every worker see the same files; give a part of a source as a `subset`",
            )

        def compute(start: int, stop: int) -> dict[str, np.ndarray]:
            return {"features": extract(self.encoder, source.take(np.arange(start, stop)), cache=None)}

        return compute


def extract_in_units(encoder: Encoder, source: Source, work: Work) -> Float32[np.ndarray, "n d"]:
    """Features of all images of `source`, as `extract` gives them but for float noise: a unit runs on one thread.

    Raises
    ------
    UserError: a source that does not say how to open it again; what `extract` and `Work.run` raise.
    """
    if source.spec is None:
        raise UserError(f"{source.name} cannot be opened by another process", todo="give a source by name or path")
    folder = work.job(
        "features", {"version": VERSION, "encoder": encoder_id(encoder), "images": source.fingerprint, "unit": UNIT}
    )
    task = _Embed(encoder, source.spec, source.fingerprint)
    return gather(work.run("features", folder, task, len(source), UNIT), "features")
