"""Does every evaluation tell pretrained weights from random ones? EfficientNet-Lite0 with ImageNet's weights or none.

python studies/encoders_told_apart.py out/told-apart

Fashion-MNIST at 64 pixels, and what an evaluation brings of its own, on few images: about half an hour on two cores;
it goes on where it was. Results: studies/encoders_told_apart.jsonl, a line for each number with the 95% interval of how
much better the pretrained encoder is, where it judges. Printed is which of these numbers are clearly better.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from sempairs.core.errors import UserError
from sempairs.core.files import write_text
from sempairs.core.settings import Spec
from sempairs.encoders.opening import find_encoder
from sempairs.evaluation.base import Score
from sempairs.evaluation.files import score_json
from sempairs.evaluation.suite import each_evaluation
from sempairs.report.numbers import measured, measured_difference
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
SPECS = [Spec(name=name, options=options) for name, options in FEWER.items()]


def main(folder: Annotated[Path, typer.Argument(help="Where scores are kept.")]) -> None:
    """Evaluate both encoders, write the results, print who is told apart."""
    source = {split: open_source(Spec(name="fashion-mnist", options={"split": split})) for split in ("train", "test")}
    train, test = sample(source["train"], TRAIN), sample(source["test"], TEST)
    scores: dict[str, dict[str, Score]] = {}
    for name in (PRETRAINED, RANDOM):
        scores[name] = {}
        for spec, found in each_evaluation(find_encoder(name, None, test), train, test, SPECS, folder):
            if isinstance(found, UserError):
                raise found
            print(f"{name}: {spec.name} done", flush=True)
            scores[name] |= {score.metric: score for score in found}
    lines = []
    for metric, good in scores[PRETRAINED].items():
        bad = scores[RANDOM][metric]
        low, high = gain(good, bad)
        lines.append({"pretrained": score_json(good), "random": score_json(bad), "gain_low": low, "gain_high": high})
        if good.direction != "neither":
            verdict = "better" if low > 0 else "worse" if high < 0 else "not told apart"
            span = f"{measured_difference(low, good.unit)} to {measured_difference(high, good.unit)}"
            values = f"{measured(good.value, good.unit)} against {measured(bad.value, bad.unit)}"
            print(f"{good.evaluation:18} {metric:40} {values:24} gain {span:20} {verdict}")
    write_text(RESULTS, "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines))


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
