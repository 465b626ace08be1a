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


def save_examples(path: Path, pairs: PairSet, base: Source, pool: Source) -> None:
    """Write `COUNT` random pairs, those of the same images `a` in all arms that are made of the same images.

    The draw is blind to the labels, so the share of false neighbours among the examples is that of the arm.

    Parameters
    ----------
    base: the baseline's images, of which the examples are drawn; a pair set without an image shows another one.
    pool: the images of the pairs.
    """
    chosen = rng("examples").choice(len(base), min(COUNT, len(base)), replace=False)
    positions = pairs.positions(pool)
    wanted = pool.positions(base.ids[chosen])
    order = np.argsort(positions[:, 0], kind="stable")
    at = np.minimum(np.searchsorted(positions[order, 0], wanted), len(order) - 1)
    rows = positions[order[at]]
    labels = np.full(rows.shape, "") if pool.labels is None else np.array(pool.label_names)[pool.labels[rows]]
    images = pool.images(rows.ravel()).reshape(len(rows), 2, *pool.shape)
    with atomic_write(path) as file:
        np.savez_compressed(file, images=images, labels=labels)


def merge_examples(path: Path, arms: Mapping[str, Path]) -> None:
    """One file with the examples of all arms."""
    arrays: dict[str, np.ndarray] = {}
    for name, own in arms.items():
        with np.load(own, allow_pickle=False) as saved:
            arrays |= {f"{name}/{key}": saved[key] for key in saved.files}
    with atomic_write(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def load_examples(path: Path) -> dict[str, Examples]:
    """What `merge_examples` wrote, by arm. Raises UserError if the file is missing."""
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
