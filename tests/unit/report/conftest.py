"""A finished study with known numbers, written file by file as `sempairs.study.runner` lays it out."""

import json
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sempairs.study.compare import Comparison, Line
from sempairs.study.matrix import StudyFile

ARMS, METRICS, SEEDS = ("augmented", "semantic", "mined", "random"), ("knn", "linear", "5-way 5-shot"), (0, 1, 2)
# What each seed scores above the baseline (which scores 80, 81, 82) on garments and on digits, by every metric.
# The means are 4, 2, -0.5, 1, -13, -0.2; the t-interval of (3, 4, 5) is 4 ± 4.3027 / sqrt(3) = 4 ± 2.484.
ABOVE = {
    "semantic": {"garments": (3.0, 4.0, 5.0), "digits": (1.9, 2.0, 2.1)},
    "mined": {"garments": (-2.0, 0.0, 0.5), "digits": (-1.0, 1.0, 3.0)},
    "random": {"garments": (-14.0, -13.0, -12.0), "digits": (-1.2, -0.2, 0.8)},
}
CLASSES = ("Dress", "Coat", "Ankle boot")


@pytest.fixture(scope="session")
def write_study() -> Callable[..., None]:
    """A function that writes the study: `write_study(folder, seeds=(0,), classes=(...), title="of the study file")`."""
    return write


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """As `write_study`, into a folder of the test's own."""

    def make(**changes: Any) -> Path:
        write(tmp_path / "study", **changes)
        return tmp_path / "study"

    return make


@pytest.fixture
def folder(make_folder: Callable[..., Path]) -> Path:
    """A study of four arms, three seeds, two data sets and three metrics."""
    return make_folder()


def write_json(path: Path, value: Any) -> None:
    """As `core.files.write_json` does, without its wait for the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def write(folder: Path, seeds: tuple[int, ...] = SEEDS, classes: tuple[str, ...] = CLASSES, **changes: Any) -> None:
    """Write every file of a finished study."""
    tables = tomllib.loads(files("sempairs.study").joinpath("demo.toml").read_text()) | {"seeds": seeds} | changes
    study = StudyFile.model_validate_json(json.dumps(tables))
    write_json(folder / "study.json", study.model_dump(mode="json", by_alias=True))
    write_json(folder / "comparison.json", comparison(seeds).to_json())
    write_json(folder / "audits.json", {arm: audit(arm, classes) for arm in ARMS})
    write_examples(folder / "examples.npz", classes)
    lines = []
    for arm in ARMS:
        for seed in seeds:
            run = f"{ARMS.index(arm)}{seed}" * 8
            write_run(folder / "runs" / run, arm, seed)
            place = {"arm": arm, "method": "simclr", "seed": seed, "run": run}
            lines += [
                json.dumps({**place, "data": data, "metric": metric, "protocol": f"{metric}, k = {count}"})
                for data, count in (("garments", 20), ("digits", 5))
                for metric in METRICS
            ]
    (folder / "results.jsonl").write_text("".join(line + "\n" for line in lines))


def comparison(seeds: tuple[int, ...]) -> Comparison:
    """The comparison of `ABOVE`, with intervals and p from scipy and Holm's correction by its definition."""
    lines = [line(arm, data, metric, seeds) for data in ("garments", "digits") for metric in METRICS for arm in ARMS]
    order = sorted((one["p"], place) for place, one in enumerate(lines) if one["p"] is not None)
    worst = 0.0
    for rank, (p, place) in enumerate(order):
        worst = max(worst, min(1.0, p * (len(order) - rank)))
        lines[place]["p_holm"] = worst
    return Comparison("augmented", tuple(Line(**one) for one in lines))


def line(arm: str, data: str, metric: str, seeds: tuple[int, ...]) -> dict[str, Any]:
    """One line of the comparison, by scipy alone."""
    baseline = np.array([80.0, 81.0, 82.0])[: len(seeds)]
    above = np.array(ABOVE[arm][data] if arm in ABOVE else (0.0, 0.0, 0.0))[: len(seeds)]
    values = baseline + above
    one: dict[str, Any] = {
        "arm": arm, "method": "simclr", "data": data, "metric": metric, "unit": "%", "n": 10_000, "over": "test images",
        "protocol": f"{metric}, k = 20", "seeds": seeds, "values": tuple(values.tolist()),
        "mean": float(values.mean()), "interval": None, "p": None,
    }  # fmt: skip
    if arm == "augmented":
        return one
    difference = float(above.mean())
    one |= {"difference": difference, "relative": 100 * difference / float(baseline.mean()), "verdict": "undecided"}
    one |= {"items_interval": (difference - 0.7, difference + 0.7)}
    if len(seeds) > 1:
        test = stats.ttest_1samp(above, 0)
        low, high = map(float, test.confidence_interval())
        one |= {"difference_interval": (low, high), "p": float(test.pvalue)}
        one |= {"verdict": "higher" if low > 0 else "lower" if high < 0 else "undecided"}
    return one


def audit(arm: str, classes: tuple[str, ...]) -> dict[str, Any]:
    """An audit of 6,000 pairs; 5,175 of the mined ones, .8625, are of one class."""
    mined, wrong = arm == "mined", arm in ("mined", "random")
    return {
        "pairs": 6000, "images": 5678 if mined else 6000, "coverage": 0.9463 if mined else 1.0,
        "self_pairs": 6000 if arm == "augmented" else 0, "purity": {"mined": 0.8625, "random": 0.1}.get(arm, 1.0),
        "purity_interval": (0.8533, 0.8711) if mined else (0.0925, 0.1079) if wrong else (0.9994, 1.0),
        "classes": {name: 2000 for name in classes},
        "partners": [6000] if arm == "augmented" else [322, 4000, 1000, 678],
        "similarity": {"edges": np.linspace(0.4, 1, 21).tolist(), "counts": list(range(0, 600, 30))} if mined else None,
        "confusions": [(classes[0], classes[1], 421), (classes[1], classes[0], 404)] if wrong else [],
        "rules": {"mutual": 4000, "nearest": 2000} if mined else {"class": 6000},
    }  # fmt: skip


def write_examples(path: Path, classes: tuple[str, ...]) -> None:
    """Twelve pairs of each arm; two of the mined ones and seven of the random ones are of different classes."""
    images, places = np.random.default_rng(0), np.arange(12) % 3
    arrays = {}
    for arm, wrong in zip(ARMS, (0, 0, 2, 7), strict=True):
        other = np.where(np.arange(12) < wrong, (places + 1) % 3, places)
        arrays[f"{arm}/images"] = images.integers(0, 256, (12, 2, 28, 28, 1), dtype=np.uint8)
        arrays[f"{arm}/labels"] = np.array(classes)[np.stack([places, other], axis=1)]
    np.savez_compressed(path, **arrays)


def write_run(folder: Path, arm: str, seed: int) -> None:
    """A finished run of 115 steps of 256 pairs."""
    settings = {
        "pairs": f"{ARMS.index(arm)}" * 16, "images": "f" * 16, "encoder": {"name": "small-resnet", "width": 32},
        "method": {"name": "simclr", "temperature": 0.5, "hidden": None}, "views": {"name": "simclr", "flip": 0.5},
        "training": {"steps": 0, "passes": 5, "batch_size": 256, "optimizer": "adamw", "lr": 0.002,
                     "weight_decay": 0.01, "schedule": "one-cycle", "seed": seed},
    }  # fmt: skip
    write_json(folder / "settings.json", settings)
    write_json(
        folder / "result.json",
        {"steps": 115, "pairs_seen": 29440, "seconds": 25.0, "device": "cpu", "environment": {"torch": "2.0"}},
    )
    steps = [*range(10, 115, 10), 115]
    losses = [3 + 3 * np.exp(-step / 40) + 0.3 * ARMS.index(arm) + 0.05 * seed for step in steps]
    lines = [json.dumps({"step": step, "loss": loss}) + "\n" for step, loss in zip(steps, losses, strict=True)]
    (folder / "metrics.jsonl").write_text("".join(lines))
