"""What is known of the pairs of a batch besides what their views show, and which of them may repel one another."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

Negatives = Literal["all", "mask-same-group", "mask-same-class"]


@dataclass(frozen=True, eq=False)
class Known:
    """Of each pair, as numbers; -1 where nothing is known, which equals nothing.

    Parameters
    ----------
    group: the pair set's `group` column: the category, patient or place that a pair was made from.
    label: the class of its first image.
    """

    group: Int64[Tensor, " n"]
    label: Int64[Tensor, " n"]

    @classmethod
    def nothing(cls, n: int, device: torch.device | None = None) -> "Known":
        """Of `n` pairs of which nothing is known."""
        unknown = torch.full((n,), -1, device=device)
        return cls(unknown, unknown)

    def __len__(self) -> int:
        return len(self.group)


def may_repel(mine: Known, others: Known, negatives: Negatives) -> Bool[Tensor, "n m"]:
    """Whether pair i of `mine` and pair j of `others` may be negatives of one another.

    All may, or all but those of one group or one class: false negatives (Huynh et al., "Boosting contrastive
    self-supervised learning with false negative cancellation", WACV 2022, arXiv 2011.11765). What the mask does to a
    pair and itself is up to the loss.
    """
    if negatives == "all":
        return torch.ones(len(mine), len(others), dtype=torch.bool, device=mine.group.device)
    a, b = (mine.group, others.group) if negatives == "mask-same-group" else (mine.label, others.label)
    return (a[:, None] != b) | (a[:, None] < 0)


def same_class_share(mine: Known, others: Known, repels: Bool[Tensor, "n m"], *, same_batch: bool) -> Float[Tensor, ""]:
    """The share of negatives that are of the anchor's class: what a contrastive loss pushes apart by mistake.

    Counted are couples of which both labels are known; 0 if there is none.

    Parameters
    ----------
    repels: from `may_repel`.
    same_batch: `others` are `mine`: a pair is not its own negative.
    """
    counted = repels & (mine.label[:, None] >= 0) & (others.label >= 0)
    if same_batch:
        counted = counted & ~torch.eye(len(mine), dtype=torch.bool, device=counted.device)
    same = counted & (mine.label[:, None] == others.label)
    return same.sum() / counted.sum().clamp(min=1)
