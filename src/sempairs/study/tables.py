"""The tables of a study file, as they are written: what may stand in them, and of which type."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Table = dict[str, Any]


class Closed(BaseModel):
    """A table in which nothing else may stand."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Images(Closed):
    """Some images of a source: all of them, or a seeded sample with the source's class composition."""

    source: Table
    images: int | None = Field(default=None, ge=1)
    seed: int = 0


class Pool(Images):
    """The images that the arms are made from.

    Parameters
    ----------
    pairs: how many of them the baseline pairs up, drawn with the pool's class composition: the pair count of every
        arm. None for all; then no arm can go beyond the baseline's images.
    like: instead of `pairs`, the file of a pair set: the baseline pairs up the images that stand as `a` in it, so that
        every arm has as many pairs of each class as that set. The path is taken as a source's, from where one works.
    """

    pairs: int | None = Field(default=None, ge=2)
    like: str | None = None

    @property
    def has_more(self) -> bool:
        """Whether there may be images that the baseline does not show."""
        return self.pairs is not None or self.like is not None


class Curate(Closed):
    """How the proposals of a miner are judged.

    Parameters
    ----------
    judgements: by simulated people who know the labels.
    misses, alarms: share of the false pairs they accept, and of the right ones they reject.
    least: a proposal less probable than this to be right is not taken; an image with no other stays an augmented pair.
    choose: of an image's proposals that may be taken the "best", or "any" one, by chance: alike images teach little.
    of_each: so many proposals of an image, drawn by chance, come before people. None for all.
    """

    judgements: int = Field(default=500, ge=1)
    misses: float = Field(default=0.02, ge=0, le=1)
    alarms: float = Field(default=0.02, ge=0, le=1)
    least: float = Field(default=0.5, ge=0, le=1)
    choose: Literal["best", "any"] = "best"
    of_each: int | None = Field(default=None, ge=1)


class Arm(Closed):
    """How the pairs of an arm are made: by exactly one of `rule`, `beyond`, `miner` and `file`.

    Parameters
    ----------
    about: for the report, what a pair of this arm is.
    rule: a pairing rule, among the baseline's images.
    beyond: a pair goes beyond the baseline's images, which the pool has more of. "class": each of them with another
        image of its class, one that the baseline does not show; "identity": as many of the images that "class" shows,
        each with itself.
    file: a pair set that people judged, or another one from elsewhere; as many of its pairs of each class as the
        baseline has.
    miner: a mining rule, among the baseline's images, and
    features: the encoder it looks through; one that needs fitting is fitted to these images; or
    through: an arm of the study: the encoder that was trained on that arm with the same seed and condition.
    curate: the miner's proposals are judged, and the judgements decide which one of an image's proposals is its pair.
    share: of the arm's pairs; the others are augmented ones.
    noise: for each share an arm in which so many pairs have a false neighbour in place of their own.
    control: whether the arm is a negative control, which must not help.
    of: set when the study is read: for an arm that `noise` made, its name in the file.
    """

    about: str
    rule: Table | None = None
    beyond: Literal["class", "identity"] | None = None
    file: str | None = None
    miner: Table | None = None
    features: Table | None = None
    through: str | None = None
    curate: Curate | None = None
    share: float = Field(default=1.0, ge=0, le=1)
    noise: tuple[float, ...] = Field(default=(0.0,), min_length=1)
    control: bool = False
    of: str | None = None


class Evaluate(Closed):
    """What the encoders are tested on.

    Parameters
    ----------
    title: for the report.
    train: labelled images that an evaluation may learn from.
    test: held-out images; None for those images of `train.source` that `train` did not draw.
    designs: names of the designs whose encoders are tested; all by default.
    """

    title: str
    train: Images
    test: Images | None = None
    metrics: tuple[Table, ...] = Field(alias="with", min_length=1)
    designs: tuple[str, ...] = ()
