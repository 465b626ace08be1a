"""The page of an evaluation: every number of one encoder or of several, and what each number comes from."""

import inspect
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sempairs.core.files import write_text
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.base import Direction, Score
from sempairs.evaluation.files import score_json
from sempairs.evaluation.pictures import Picture
from sempairs.report.evaluation_figures import Drawn, Seen, draw
from sempairs.report.marks import Mark, marks_of
from sempairs.report.names import shown
from sempairs.report.numbers import counted
from sempairs.report.rendering import render_page
from sempairs.sources.base import Source
from sempairs.statistics import paired_items_interval


@dataclass(frozen=True)
class Cell:
    """What one encoder scored, and how far the first encoder is from it.

    Parameters
    ----------
    difference: the first encoder's value minus this one's; None for the first.
    items: its 95% interval over the items, where both have an outcome for each.
    better: whether the first is the better one by that interval: 1 yes, -1 no, 0 undecided or not to be judged.
    """

    score: Score | None
    difference: float | None = None
    items: tuple[float, float] | None = None
    better: int = 0


@dataclass(frozen=True)
class Section:
    """One evaluation: the question it asks, its numbers and its figures."""

    name: str
    question: str
    rows: list[tuple[str, Direction, list[Cell]]]
    protocols: list[tuple[str, str]]
    figures: list[Drawn]


def write_evaluation(
    folder: Path,
    scores: Mapping[str, Sequence[Score]],
    train: Source,
    test: Source,
    refused: Sequence[tuple[str, str, str]] = (),
) -> Path:
    """Write `report.html` and `scores.jsonl` (a line for each number) into a folder.

    Parameters
    ----------
    scores, refused: see `evaluation_page`.
    train, test: the images learnt from and tested on.

    Returns
    -------
    The path of the page.
    """
    lines = [{"encoder": name, **score_json(score)} for name, own in scores.items() for score in own]
    write_text(folder / "scores.jsonl", "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))
    facts = [
        (role, f"{counted(len(images), 'image')} of {shown(images.name)}, fingerprint {images.fingerprint}")
        for role, images in (("learnt from", train), ("tested on", test))
    ]
    write_text(folder / "report.html", evaluation_page(scores, facts, refused))
    return folder / "report.html"


def evaluation_page(
    scores: Mapping[str, Sequence[Score]],
    facts: Sequence[tuple[str, str]],
    refused: Sequence[tuple[str, str, str]] = (),
) -> str:
    """The page as text: the same for the same scores and versions.

    Parameters
    ----------
    scores: of each encoder by its name, in order; the others are compared with the first.
    facts: what the reader should know first, such as the images, as terms and values.
    refused: encoder, evaluation and reason of what could not be done.
    """
    marks = marks_of(scores)
    return render_page(
        "evaluation.html",
        encoders=list(scores),
        marks=marks,
        facts=facts,
        refused=refused,
        sections=list(_sections(scores, marks)),
    )


def _sections(scores: Mapping[str, Sequence[Score]], marks: Mapping[str, Mark]) -> Iterator[Section]:
    names = dict.fromkeys(score.evaluation for own in scores.values() for score in own)
    for number, name in enumerate(names):
        own = {encoder: [one for one in all if one.evaluation == name] for encoder, all in scores.items()}
        metrics = dict.fromkeys(score.metric for found in own.values() for score in found)
        by_metric = {encoder: {score.metric: score for score in found} for encoder, found in own.items()}
        rows, protocols = [], []
        for metric in metrics:
            found = [by_metric[encoder].get(metric) for encoder in scores]
            first = next(score for score in found if score is not None)
            rows.append((metric, first.direction, [_cell(found[0], score) for score in found]))
            ways = dict.fromkeys(score.protocol for score in found if score is not None)
            protocols += [(metric, way) for way in ways]
        yield Section(name, question(name), rows, protocols, list(drawn(own, marks, f"figure-{number}")))


def question(name: str) -> str:
    """What an evaluation asks: the first sentence of its module."""
    module = inspect.getmodule(EVALUATIONS[name]) if name in EVALUATIONS else None
    return " ".join((inspect.getdoc(module) or "").split("\n\n")[0].split()) if module else ""


def _cell(first: Score | None, other: Score | None) -> Cell:
    if other is None or first is None or first is other:
        return Cell(other)
    difference, items, better = first.value - other.value, None, 0
    if len(first.outcomes) == len(other.outcomes) > 1:
        interval = paired_items_interval(first.outcomes[None], other.outcomes[None])
        items = (interval.low, interval.high)
        sign = {"higher": 1, "lower": -1, "neither": 0}[first.direction]
        better = sign * ((interval.low > 0) - (interval.high < 0))
    return Cell(other, difference, items, better)


def drawn(own: Mapping[str, Sequence[Score]], marks: Mapping[str, Mark], name: str) -> Iterator[Drawn]:
    """The figures of encoders' scores: pictures with one title and kind are drawn together.

    Parameters
    ----------
    own: scores with pictures, by the name of the encoder.
    marks: the sign of each encoder.
    name: put before all ids in the figures.
    """
    groups: dict[tuple[str, type[Picture]], list[Seen]] = {}
    for encoder, found in own.items():
        for picture in itertools.chain.from_iterable(score.pictures for score in found):
            groups.setdefault((picture.title, type(picture)), []).append(Seen(encoder, marks[encoder], picture))
    for number, group in enumerate(groups.values()):
        yield from draw(group, f"{name}-{number}")
