"""The twelve data sets of linear transfer: how each is scored, what chooses λ, and what others have measured.

**Source**: sets and metrics: Chen, Kornblith, Norouzi, Hinton, SimCLR, ICML 2020, arXiv 2002.05709, appendix B.8;
figures: Ericsson, Gouk, Hospedales, How well do self-supervised models transfer?, CVPR 2021, arXiv 2011.13377, table 1.
"""

from dataclasses import dataclass
from typing import Literal

Metric = Literal["accuracy", "mean-per-class", "voc-map"]

METRICS: dict[Metric, str] = {
    "accuracy": "top-1",
    "mean-per-class": "mean per class",
    "voc-map": "11-point mAP",
}


@dataclass(frozen=True)
class TransferSet:
    """A data set of the suite.

    Parameters
    ----------
    title: its name in papers.
    metric: what it is scored by, in `METRICS`.
    official: whether it has validation images of its own; else a fifth of the training images, seed 0.
    images: to learn from (with those for validation) and to be tested on, as the authors published them.
    target: what torchvision's supervised ResNet-50 reaches with this protocol, in percent (Ericsson et al., table 1).
    """

    title: str
    metric: Metric
    official: bool
    images: tuple[int, int]
    target: float | None

    @property
    def validation(self) -> str:
        """What chooses λ."""
        return "official" if self.official else "a fifth of train, seed 0"


SETS = {
    "food101": TransferSet("Food-101", "accuracy", False, (75_750, 25_250), 69.49),
    "cifar10": TransferSet("CIFAR-10", "accuracy", False, (50_000, 10_000), 91.42),
    "cifar100": TransferSet("CIFAR-100", "accuracy", False, (50_000, 10_000), 73.90),
    "birdsnap": TransferSet("Birdsnap", "accuracy", False, (47_386, 2_443), None),
    "sun397": TransferSet("SUN397 (split 1)", "accuracy", False, (19_850, 19_850), 60.49),
    "cars": TransferSet("Stanford Cars", "accuracy", False, (8_144, 8_041), 44.92),
    "aircraft": TransferSet("FGVC Aircraft", "mean-per-class", True, (6_667, 3_333), 43.59),
    "voc2007": TransferSet("PASCAL VOC 2007", "voc-map", True, (5_011, 4_952), 83.60),
    "dtd": TransferSet("DTD (split 1)", "accuracy", True, (3_760, 1_880), 72.23),
    "pets": TransferSet("Oxford-IIIT Pets", "mean-per-class", False, (3_680, 3_669), 91.45),
    "caltech101": TransferSet("Caltech-101", "mean-per-class", False, (3_060, 6_084), 90.18),
    "flowers102": TransferSet("Oxford Flowers-102", "mean-per-class", True, (2_040, 6_149), 89.93),
}
MEAN_TARGET = 73.75
"""Of the eleven sets that have a target."""


def table() -> list[str]:
    """The suite as the lines of a Markdown table, for docs/transfer.md."""
    lines = ["| data set | name here | metric | validation | images: learn, test | ResNet-50, published | ours |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, one in SETS.items():
        target = "-" if one.target is None else f"{one.target:.2f}"
        images = "{:,}, {:,}".format(*one.images)
        cells = (one.title, f"`{name}`", METRICS[one.metric], one.validation, images, target, "not measured")
        lines.append(f"| {' | '.join(cells)} |")
    lines.append(f"| mean of the eleven with a target | | | | | {MEAN_TARGET:.2f} | not measured |")
    return lines
