"""Birdsnap: photographs of 500 species of birds, from the authors' own lists, which torchvision does not read."""

import csv
import os
from pathlib import Path
from typing import Literal

from sempairs.core.errors import UserError
from sempairs.sources.base import Source
from sempairs.sources.gathering import check_options
from sempairs.sources.named.layout import need, resolved
from sempairs.sources.named.listed import Listed, open_listed

BASE = "birdsnap"
NEEDS = ("species.txt", "images.txt", "test_images.txt", "download/images")
BY_HAND = (
    "unpack birdsnap.tgz into {root}, and let the authors' get_birdsnap.py in it fetch the images into "
    "{root}/birdsnap/download/images; there is no archive of them, and no server has them all any more"
)
LONGEST = 64 * 2**20
"""Bytes of a list: an address and 38 coordinates for each of 49,829 images need a quarter of it."""


def birdsnap(*, root: str, split: Literal["train", "test"] = "train", size: int = 64, bad_share: float = 0.5) -> Source:
    """Birdsnap: 49,829 photographs of 500 species, of which 2,443 are to test with, if the web still has them.

    The images were never published as an archive: each user fetched them from where they lay, and has others missing.
    They are quarantined, and `bad_share` allows for many. There is no `download`.

    Source: T. Berg, J. Liu, S. W. Lee, M. Alexander, D. Jacobs, P. Belhumeur, "Birdsnap: Large-scale Fine-grained
    Visual Categorization of Birds", CVPR 2014; version 1.1 has the list of test images.

    Parameters
    ----------
    root: the folder that holds birdsnap/images.txt and birdsnap/download/images.
    split: of the data set.
    size: height and width of the frames; the shorter side is resized to it (bicubic, antialiased), the centre cropped.
    bad_share: the share of missing and bad images beyond which the source is refused.

    Raises
    ------
    UserError: missing or damaged lists, too many missing images.
    """
    check_options(size, bad_share)
    return open_listed(list_birdsnap(root, split), size, bad_share)


def list_birdsnap(root: str, split: str) -> Listed:
    """The images of "train" or "test" with their species; the column "scientific" has the Latin name.

    Raises
    ------
    UserError: a list is missing or is not the authors'.
    """
    place = resolved(root)
    base = place / BASE
    name = f"birdsnap {split}"
    absent = [f"{BASE}/{one}" for one in NEEDS if not os.path.exists(base / one)]
    need(name, place, absent, "no server has all of its images any more: " + BY_HAND.format(root=place))
    try:
        species = {
            id: (common, latin) for id, common, latin in _rows(base / "species.txt", "id", "common", "scientific")
        }
        numbers = {id: number for number, id in enumerate(species)}
        tested = {path for (path,) in _rows(base / "test_images.txt", "path")}
        rows = [
            row for row in _rows(base / "images.txt", "path", "species_id") if (row[0] in tested) == (split == "test")
        ]
        labels = [numbers[id] for _, id in rows]
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        got = f"{type(error).__name__}: {error}"
        raise UserError(
            f"the lists of {name} are not the authors'", got=got, todo="unpack birdsnap.tgz again"
        ) from None
    return Listed(
        name=name,
        base=base,
        paths=[base / "download" / "images" / path for path, _ in rows],
        labels=labels,
        classes=[common for common, _ in species.values()],
        columns={"scientific": [species[id][1] for _, id in rows]},
    )


def _rows(path: Path, *columns: str) -> list[tuple[str, ...]]:
    """These columns of a list, whose first line has their names; tabs divide them."""
    if path.stat().st_size > LONGEST:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes")
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row[name] for name in columns) for row in csv.DictReader(file, delimiter="\t")]
