"""Some pairs of each arm as pictures, kept with the study so that a report needs no data set."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, UInt8

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write
from sempairs.core.seeds import rng
from sempairs.pairs.pairset import PairSet
from sempairs.sources.base import Source

COUNT = 12


@dataclass(frozen=True, eq=False)
class Examples:
    """Pairs of one arm.

    Parameters
    ----------
    images: `[m, 2, h, w, c]`.
    same_class: whether the two images of each pair have the same label; all true without labels.
    labels: the class names of the two images; empty text without labels.
    """

    images: UInt8[np.ndarray, "m 2 h w c"]
    same_class: Bool[np.ndarray, " m"]
    labels: np.ndarray


def save_examples(path: Path, arms: Mapping[str, PairSet], source: Source) -> None:
    """Write `COUNT` random pairs of each arm, with the same images as `a` in all arms.

    The draw is blind to the labels, so the share of false neighbours among the examples is that of the arm.
    """
    first = next(iter(arms.values())).positions(source)[:, 0]
    shown = rng("examples").choice(np.unique(first), min(COUNT, len(np.unique(first))), replace=False)
    arrays: dict[str, np.ndarray] = {}
    for name, pairs in arms.items():
        positions = pairs.positions(source)
        rows = positions[np.array([int(np.argmax(positions[:, 0] == image)) for image in shown])]
        arrays[f"{name}/images"] = source.images(rows.ravel()).reshape(len(rows), 2, *source.shape)
        if source.labels is None:
            arrays[f"{name}/labels"] = np.full(rows.shape, "")
        else:
            arrays[f"{name}/labels"] = np.array(source.label_names)[source.labels[rows]]
    with atomic_write(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def load_examples(path: Path) -> dict[str, Examples]:
    """What `save_examples` wrote, by arm. Raises UserError if the file is missing."""
    if not path.is_file():
        raise UserError(f"there are no example pairs in {path.parent}", todo="run the study first: sempairs study run")
    with np.load(path, allow_pickle=False) as arrays:
        names = [key.removesuffix("/images") for key in arrays.files if key.endswith("/images")]
        return {
            name: Examples(
                images=arrays[f"{name}/images"],
                same_class=arrays[f"{name}/labels"][:, 0] == arrays[f"{name}/labels"][:, 1],
                labels=arrays[f"{name}/labels"],
            )
            for name in names
        }
