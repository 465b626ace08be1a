"""Known factors of images as numbers that a regression can predict, and how well it did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from sempairs.core.errors import UserError
from sempairs.sources.base import Source

CATEGORIES = ("shape", "background")  # of `shapes`: numbers there, but only names
CIRCLES = {"yaw": 360.0, "hue": 1.0, "background_hue": 1.0}  # of `shapes`: the period


Columns = Float64[np.ndarray, "_ c"]


@dataclass(frozen=True)
class Factors:
    """Factors of images to learn from and of images to be tested on.

    A number is one column. An angle is its sine and its cosine, a category one column of 0 and 1 for each value. Every
    column has mean 0 and spread 1 on the images to learn from.

    Parameters
    ----------
    names: of the factors.
    owners: the number of the factor that each column belongs to.
    """

    names: tuple[str, ...]
    owners: Int64[np.ndarray, " t"]
    train: Float64[np.ndarray, "n t"]
    test: Float64[np.ndarray, "m t"]

    @classmethod
    def of(cls, names: Sequence[str], train: Source, test: Source, *, of_shapes: bool) -> "Factors":
        """The factors of these names, which are columns of both sources.

        Parameters
        ----------
        of_shapes: whether the columns are those of `shapes`, of which we know which are angles and categories.
            Otherwise a column is one of numbers if all its values can be read as numbers.

        Raises
        ------
        UserError: a column that is not there, has a value missing, or is the same for all images of either; a category
            that only test images have.
        """
        made: list[tuple[Columns, ...]] = []
        for name in names:
            texts = train.column(name), test.column(name)
            if any((text == "").any() for text in texts):
                raise UserError(f"the factor {name!r} is not known of all images", todo="leave it or them out")
            if (of_shapes and name in CATEGORIES) or not all(map(_are_numbers, texts)):
                columns: tuple[Columns, ...] = _categories(name, *texts)
            elif of_shapes and name in CIRCLES:
                columns = tuple(_circle(text.astype(np.float64), CIRCLES[name]) for text in texts)
            else:
                columns = tuple(text.astype(np.float64)[:, None] for text in texts)
            if any((column == column[0]).all() for column in columns):
                raise UserError(f"the factor {name!r} is the same for all images", todo="leave it out")
            made.append(columns)
        owners = np.repeat(np.arange(len(names)), [columns[0].shape[1] for columns in made])
        learnt, tested = (np.concatenate(parts, axis=1) for parts in zip(*made, strict=True))
        centre, spread = learnt.mean(axis=0), learnt.std(axis=0)
        spread[spread == 0] = 1.0
        return cls(tuple(names), owners, (learnt - centre) / spread, (tested - centre) / spread)

    def r2(self, answers: Float64[np.ndarray, "m t"], rows: Int64[np.ndarray, " k"]) -> Float64[np.ndarray, " f"]:
        """For each factor 1 - Σ squared error / Σ squared deviation from the mean, over its columns and these rows.

        1 if every answer is right, 0 for the mean of these rows, and negative for what is worse than that.
        """
        truth = self.test[rows]
        errors = np.bincount(self.owners, np.square(truth - answers[rows]).sum(axis=0))
        spread = np.bincount(self.owners, np.square(truth - truth.mean(axis=0)).sum(axis=0))
        return np.asarray(1 - errors / spread)


def _are_numbers(texts: np.ndarray) -> bool:
    try:
        return bool(np.isfinite(texts.astype(np.float64)).all())
    except ValueError:
        return False


def _circle(values: Float64[np.ndarray, " n"], period: float) -> Float64[np.ndarray, "n 2"]:
    turns = 2 * np.pi * values / period
    return np.stack([np.sin(turns), np.cos(turns)], axis=1)


def _categories(
    name: str, train: np.ndarray, test: np.ndarray
) -> tuple[Float64[np.ndarray, "n c"], Float64[np.ndarray, "m c"]]:
    known = np.unique(train)
    unknown = np.setdiff1d(test, known)
    if len(unknown):
        raise UserError(
            f"there are test images with a {name!r} that no image to learn from has", got=", ".join(unknown[:5]),
            todo="give more images to learn from, or leave these out",
        )  # fmt: skip
    learnt, tested = ((texts[:, None] == known).astype(np.float64) for texts in (train, test))
    return learnt, tested
