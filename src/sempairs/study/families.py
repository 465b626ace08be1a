"""Which methods are contrastive: the classification by which gains are compared (claim C3)."""

from typing import Literal

from sempairs.methods import METHODS

Family = Literal["contrastive", "non-contrastive", "reference", "other"]

REFERENCES = {
    "supcon": "its loss knows the classes, which are what semantic pairs are made by",
    "supervised": "it learns the classes themselves",
    "mae": "it never compares the two images of a pair",
}
"""Methods that a study shows beside the others and does not pool with them, and why."""


def family_of(name: str) -> Family:
    """The family of a method by its registered name.

    Whether a method is contrastive, that is whether its loss pushes different pairs apart, the method says itself
    (`Method.contrastive`, beside its paper and equation). So SwAV and DINO are not: they push apart clusters, and MSF
    is not, which only draws neighbours near. A method that is not installed here is "other".
    """
    if name in REFERENCES:
        return "reference"
    if name not in METHODS:
        return "other"
    contrastive = getattr(METHODS[name], "contrastive", None)
    return "other" if contrastive is None else "contrastive" if contrastive else "non-contrastive"
