"""Does every evaluation tell pretrained weights from random ones? EfficientNet-Lite0 with ImageNet's weights or none.

python studies/encoders_told_apart.py out/told-apart

On rendered shapes in colour and on Fashion-MNIST, both at 64 pixels and on few images: about half an hour on two cores;
it goes on where it was. Results: studies/encoders_told_apart.jsonl, a line for each number with the 95% interval of how
much better the pretrained encoder is. Printed are the numbers that judge; what is said of them is in docs/log.md.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sempairs.core.errors import UserError
from sempairs.core.files import write_text
from sempairs.core.progress import say
from sempairs.core.settings import Spec
from sempairs.encoders.opening import find_encoder
from sempairs.evaluation.base import Score
from sempairs.evaluation.files import score_json
from sempairs.evaluation.suite import each_evaluation
from sempairs.report.numbers import measured, measured_difference
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source
from sempairs.sources.sampling import sample
from sempairs.statistics import paired_items_interval

RESULTS = Path(__file__).with_suffix(".jsonl")
PRETRAINED, RANDOM = "efficientnet-lite0:size=64", "efficientnet-lite0:size=64,pretrained=false"
TRAIN, TEST = 1_500, 1_000
# Smaller than the defaults where the work grows with images: this network is a hundred times the demo's.
FEWER: dict[str, dict[str, object]] = {
    "knn": {},
    "fewshot": {"shots": (1, 5, 20)},
    "few-label": {"draws": 10},
    "retrieval": {},
    "retrieval-probe": {},
    "verification": {},
    "clustering": {},
    "geometry": {},
    "map": {"images": 1000},
    "invariance": {"images": 100},
    "swaps": {"scenes": 150, "learn": 600},
    "identifiability": {"images": 800},
    "shapes-robustness": {"learn": 1200, "scenes": 400},
    "robustness": {"images": 120},
    "semisup": {"shares": (0.1,), "epochs": (8,), "rates": (0.05,)},
    "finetune": {"steps": 60, "batch_size": 32},
    "detection": {"train_images": 200, "test_images": 100, "steps": 150, "batch": 4},
    "linear": {},
    "linear-sgd": {},
}
OOD = {"by": "background", "least": 20}
BRING_THEIR_OWN = {"swaps", "shapes-robustness", "detection"}


def specs(data: str) -> list[Spec]:
    """What is evaluated on these images; evaluations that bring their own images stand with the first."""
    if data == "shapes":
        return [Spec(name=name, options=options) for name, options in {**FEWER, "ood": OOD}.items()]
    return [
        Spec(name=n, options=options) for n, options in FEWER.items() if n not in {*BRING_THEIR_OWN, "identifiability"}
    ]


def images() -> Iterator[tuple[str, Source, Source]]:
    """Each data set with images to learn from and images to be tested on."""
    whole = open_source(Spec(name="shapes", options={"n": TRAIN + TEST, "size": 64}))
    yield "shapes", whole.take(np.arange(TRAIN)), whole.take(np.arange(TRAIN, TRAIN + TEST))
    halves = (open_source(Spec(name="fashion-mnist", options={"split": split})) for split in ("train", "test"))
    train, test = (sample(half, count) for half, count in zip(halves, (TRAIN, TEST), strict=True))
    yield "fashion-mnist", train, test


def main(folder: Annotated[Path, typer.Argument(help="Where scores are kept.")]) -> None:
    """Evaluate both encoders, write the results, print who is told apart."""
    lines = []
    for data, train, test in images():
        good, bad = (scored(name, train, test, specs(data), folder) for name in (PRETRAINED, RANDOM))
        for metric, score in good.items():
            low, high = gain(score, bad[metric])
            line = {"data": data, "pretrained": score_json(score), "random": score_json(bad[metric])}
            lines.append({**line, "gain_low": low, "gain_high": high})
            if score.direction != "neither":
                print(f"{data:14} {in_words(score, bad[metric], low, high)}")
    write_text(RESULTS, "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))


def scored(name: str, train: Source, test: Source, wanted: list[Spec], folder: Path) -> dict[str, Score]:
    """All numbers of an encoder. Raises UserError if an evaluation cannot be made."""
    scores: dict[str, Score] = {}
    for spec, found in each_evaluation(find_encoder(name, None, test), train, test, wanted, folder):
        if isinstance(found, UserError):
            raise found
        say(f"{name}: {spec.name} done")
        scores |= {score.metric: score for score in found}
    return scores


def in_words(good: Score, bad: Score, low: float, high: float) -> str:
    """One line: both values, the gain and whether it is one."""
    verdict = "better" if low > 0 else "worse" if high < 0 else "not told apart"
    values = f"{measured(good.value, good.unit)} against {measured(bad.value, bad.unit)}"
    span = f"{measured_difference(low, good.unit)} to {measured_difference(high, good.unit)}"
    return f"{good.evaluation:18} {good.metric:36} {values:26} gain {span:20} {verdict}"


def gain(good: Score, bad: Score) -> tuple[float, float]:
    """The 95% interval of how much better the first is: paired over items, or else the ends of both intervals apart."""
    sign = -1 if good.direction == "lower" else 1
    if len(good.outcomes) == len(bad.outcomes) > 1:
        interval = paired_items_interval(sign * good.outcomes[None], sign * bad.outcomes[None])
        return interval.low, interval.high
    ends = sorted(sign * (own - other) for own, other in zip(good.interval, reversed(bad.interval), strict=True))
    return ends[0], ends[1]


if __name__ == "__main__":
    typer.run(main)
