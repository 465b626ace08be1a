"""Records of studies that were never run, with effects that are planted: whoever reads them must find these again."""

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sempairs.core.files import hash_of, write_json
from sempairs.core.seeds import rng
from sempairs.study.cells import Cell, Condition
from sempairs.study.matrix import Study, StudyFile
from sempairs.study.records import Items, Metric, Records, RunRecord, Value, write_records

Gain = Callable[[Cell, str, str], float]

ARMS: dict[str, dict[str, Any]] = {
    "augmented": {"about": "an image with itself", "rule": {"name": "identity"}},
    "augmented-pool": {"about": "itself, of all images that semantic shows", "beyond": "identity"},
    "semantic": {"about": "an image with another of its class", "beyond": "class"},
    "semantic-repaired": {"about": "another of its class, of the baseline's images", "rule": {"name": "class"}},
    "mined": {
        "about": "an image with its neighbour in the pixels, without labels",
        "miner": {"name": "mutual", "k": 50, "rest": "nearest"},
        "features": {"name": "pca", "dim": 64},
    },
    "mixed": {"about": "half of the pairs semantic", "beyond": "class", "share": 0.5},
    "random": {"about": "an image with any other (negative control)", "rule": {"name": "random"}, "control": True},
}
ENCODERS = {"small-resnet": {"name": "small-resnet"}, "wide-resnet": {"name": "small-resnet", "width": 64}}
VIEWS = {"full": {"name": "simclr", "jitter": 0.5}, "crop-only": {"name": "crop-only"}, "none": {"name": "none"}}
BUDGETS = {"all": {}, "short": {"passes": 2}, "long": {"passes": 20}}

METRICS = {
    "knn": ("%", 10_000, "test images", "higher", "knn", "k-NN, k = 20"),
    "5-way 5-shot": ("%", 600, "episodes", "higher", "fewshot", "nearest centroid, 15 queries a class"),
    "corruption error": ("%", 500, "test images", "lower", "robustness", "mean over corruptions"),
    "invariance rotation": ("cosine", 500, "test images", "neither", "invariance", "cosine of clean and turned"),
}
"""Unit, n, what it is over, direction, evaluation and protocol."""

BASE = {"%": 80.0, "cosine": 0.5}
GAINS = {"semantic": 4.0, "semantic-repaired": 3.0, "mined": 2.0, "mixed": 3.0, "random": -5.0}
CLASSES = ("Dress", "Coat", "Ankle boot")
PAIRS, STEPS, BATCH = 6000, 230, 128


def planted(cell: Cell, data: str, metric: str) -> float:
    """Each arm's gain over the baseline, the same everywhere; false neighbours take it away in proportion."""
    arm, share = false_share(cell.arm)
    return GAINS.get(arm, 0.0) * (1 - share) * (0.01 if metric.startswith("invariance") else 1.0)


def false_share(arm: str) -> tuple[str, float]:
    """An arm's name in the file and its share of false neighbours: ("semantic", 0.2) of "semantic, 20% false"."""
    name, _, false = arm.partition(", ")
    return name, float(false.split("%")[0]) / 100 if false else 0.0


def made_study(
    *,
    arms: Sequence[str] = ("augmented", "semantic", "mined", "random"),
    methods: Sequence[str] | Mapping[str, dict[str, Any]] = ("simclr", "byol"),
    encoders: Sequence[str] = ("small-resnet",),
    views: Sequence[str] = ("full",),
    budgets: Sequence[str] = ("all",),
    seeds: Sequence[int] = (0, 1, 2),
    data: Sequence[str] = ("garments", "digits"),
    noise: Sequence[float] = (0.0,),
    **changes: Any,
) -> StudyFile:
    """A study of some of the levels above; `noise` is that of the semantic arm, `changes` are tables of the file."""
    source = {"name": "fashion-mnist", "split": "train"}
    tables: dict[str, Any] = {
        "title": "A made study",
        "about": "Do semantic pairs help?",
        "seeds": list(seeds),
        "baseline": arms[0],
        "pool": {"source": source, "images": 2 * PAIRS, "pairs": PAIRS},
        "arms": {arm: ARMS[arm] | ({"noise": list(noise)} if arm == "semantic" else {}) for arm in arms},
        "methods": methods if isinstance(methods, Mapping) else {name: {"name": name} for name in methods},
        "encoders": {name: ENCODERS[name] for name in encoders},
        "views": {name: VIEWS[name] for name in views},
        "training": {"passes": 5, "batch_size": BATCH, "optimizer": "adamw", "lr": 0.002},
        "budgets": {name: BUDGETS[name] for name in budgets},
        "evaluate": {
            name: {
                "title": f"{name}, held out",
                "train": {"source": source, "images": 3000},
                "test": {"source": {"name": "fashion-mnist", "split": "test"}},
                "with": [{"name": "knn"}, {"name": "fewshot"}],
            }
            for name in data
        },
    }
    return Study.check(tables | changes).file


def made_records(
    study: StudyFile | None = None,
    *,
    gain: Gain = planted,
    metrics: Sequence[str] = ("knn", "5-way 5-shot"),
    sd: float = 0.2,
    shared: float = 1.0,
    made: Callable[[Cell], bool] = lambda cell: True,
    seed: int = 0,
) -> Records:
    """The records of a study in which an arm differs from the baseline by what is planted, and by chance.

    Parameters
    ----------
    gain: of a run on a data set and by a metric, in the metric's unit, above zero for better ones.
    sd: standard deviation of what is a run's own; that of a difference between two arms is sqrt(2) times that.
    shared: standard deviation of what all arms of a seed have in common, which cancels in a difference.
    made: which of the study's runs are finished.
    seed: of the chance.
    """
    study = study or made_study()
    runs = [made_run_record(study, cell) for cell in study.cells if made(cell)]
    places = [(run, data, metric) for run in runs for data in study.evaluations(run.cell) for metric in metrics]
    values = [_value(run, data, metric, gain, sd, shared, seed) for run, data, metric in places]
    return Records(
        study=study,
        runs=tuple(runs),
        metrics={(data, metric): made_metric(data, metric) for data in study.evaluate for metric in metrics},
        values=tuple(values),
        items=tuple(_items(study, values)),
        missing=tuple(cell for cell in study.cells if not made(cell)),
    )


def write_made_study(folder: Path, records: Records | None = None, classes: Sequence[str] = CLASSES) -> Records:
    """Write what of a study is committed: study.json, the four files of lines, audits.json and examples.npz."""
    records = records or made_records()
    write_json(folder / "study.json", records.study.model_dump(mode="json", by_alias=True))
    write_records(folder, records.runs, records.metrics.values(), records.values, records.items)
    there = {run.cell.arm for run in records.runs}
    arms = [arm for arm in records.study.arms if arm in there]
    write_json(folder / "audits.json", {arm: made_audit(arm, classes) for arm in arms})
    np.savez_compressed(folder / "examples.npz", **made_examples(arms, classes))
    return records


def made_metric(data: str, metric: str) -> Metric:
    """How a number is measured."""
    unit, n, over, direction, evaluation, protocol = METRICS[metric]
    return Metric(data, metric, unit, n, over, direction, (protocol,), evaluation)


def made_run_record(study: StudyFile, cell: Cell) -> RunRecord:
    """A finished run: its settings are those that the study gives it, its pairs are of its arm and seed."""
    facts = made_facts(cell)
    settings = _settings(study.model_dump_json(by_alias=True), cell.condition)
    training = {**settings["training"], "seed": cell.seed}
    settings = {"pairs": facts["hash"], "images": "f" * 16, **settings, "training": training}
    arm = list(study.arms).index(cell.arm)
    steps = training["passes"] * (PAIRS // BATCH)
    return RunRecord(
        cell=cell,
        run=hash_of(settings),
        settings=settings,
        result={
            "steps": steps,
            "pairs_seen": steps * BATCH,
            "seconds": 25.0 + cell.seed,
            "collapse": None,
            "incidents": 0,
            "processes": 1,
            "device": "cpu",
            "environment": {"sempairs": "0.1.0", "torch": "2.14.1", "system": "Linux x86_64", "threads": 1},
        },
        pairs=facts,
        curve=tuple((s * BATCH, 3 + 3 * 0.98**s + 0.3 * arm + 0.05 * cell.seed) for s in range(10, steps + 1, 10)),
        seconds=dict.fromkeys(study.evaluations(cell), 3.5),
        last={"loss": 3.0 + 0.3 * arm, "same-class negatives": 0.33},
    )


def made_facts(cell: Cell) -> dict[str, Any]:
    """What the pairs of an arm are: 2,000 of each class in all arms, other distinct images and purity in some."""
    name, share = false_share(cell.arm)
    return {
        "hash": hash_of(["pairs", cell.arm, cell.seed]),
        "pairs": PAIRS,
        "images": 2 * PAIRS if name in ("semantic", "mixed") else PAIRS,
        "firsts": hash_of(["pool" if cell.arm == "augmented-pool" else "base"]),
        "classes": {name: PAIRS // len(CLASSES) for name in CLASSES},
        "purity": {"mined": 0.8625, "random": 1 / 3}.get(name, 1.0 - share),
    }


def made_audit(arm: str, classes: Sequence[str] = CLASSES) -> dict[str, Any]:
    """An audit of 6,000 pairs; 5,175 of the mined ones, .8625, are of one class."""
    mined, wrong = arm == "mined", arm in ("mined", "random")
    return {
        "pairs": PAIRS, "images": 5678 if mined else PAIRS, "coverage": 0.9463 if mined else 1.0,
        "self_pairs": PAIRS if arm.startswith("augmented") else 0,
        "purity": {"mined": 0.8625, "random": 0.1}.get(arm, 1.0),
        "purity_interval": (0.8533, 0.8711) if mined else (0.0925, 0.1079) if wrong else (0.9994, 1.0),
        "classes": dict.fromkeys(classes, PAIRS // len(classes)),
        "partners": [PAIRS] if arm.startswith("augmented") else [322, 4000, 1000, 678],
        "similarity": {"edges": np.linspace(0.4, 1, 21).tolist(), "counts": list(range(0, 600, 30))} if mined else None,
        "confusions": [(classes[0], classes[1], 421), (classes[1], classes[0], 404)] if wrong else [],
        "rules": {"mutual": 4000, "nearest": 2000} if mined else {"class": PAIRS},
    }  # fmt: skip


def made_examples(arms: Sequence[str], classes: Sequence[str] = CLASSES) -> dict[str, np.ndarray]:
    """Twelve pairs of each arm; two of the mined ones and seven of the random ones are of different classes."""
    arrays: dict[str, np.ndarray] = {}
    places = np.arange(12) % len(classes)
    for arm in arms:
        wrong = {"mined": 2, "random": 7}.get(arm, 0)
        other = np.where(np.arange(12) < wrong, (places + 1) % len(classes), places)
        frames = rng("made examples", arm).integers(0, 256, (12, 2, 28, 28, 1), dtype=np.uint8)
        arrays[f"{arm}/images"] = frames
        arrays[f"{arm}/labels"] = np.array(classes)[np.stack([places, other], axis=1)]
    return arrays


def _value(run: RunRecord, data: str, metric: str, gain: Gain, sd: float, shared: float, seed: int) -> Value:
    """What is shared depends on all but the arm, what is a run's own on the arm too."""
    cell, unit = run.cell, METRICS[metric][0]
    scale = BASE[unit] / BASE["%"]
    place = [cell.seed, *cell.condition.to_json().values(), data, metric, seed]
    chance = shared * rng("shared", *place).normal() + sd * rng("own", cell.arm, *place).normal()
    better = gain(cell, data, metric) * (-1 if METRICS[metric][3] == "lower" else 1)
    value = float(BASE[unit] + better + scale * chance)
    return Value(cell, run.run, data, metric, value, value - 0.7 * scale, value + 0.7 * scale, "scores-0123.json")


def _items(study: StudyFile, values: Sequence[Value]) -> list[Items]:
    """For each comparison that has all seeds an interval of 0.7 % of the scale to either side."""
    by_place: dict[tuple[str, Condition, str, str], list[float]] = {}
    for one in values:
        by_place.setdefault((one.cell.arm, one.cell.condition, one.data, one.metric), []).append(one.value)
    items = []
    for (arm, condition, data, metric), own in by_place.items():
        for against in (theirs for ours, theirs in study.comparisons if ours == arm):
            other = by_place.get((against, condition, data, metric), [])
            if len(own) == len(other):
                reach = 0.7 * BASE[METRICS[metric][0]] / BASE["%"]
                middle = float(np.mean(own) - np.mean(other))
                items.append(Items(arm, against, condition, data, metric, middle - reach, middle + reach))
    return items


@functools.cache
def _settings(study: str, condition: Condition) -> dict[str, Any]:
    """The settings of a condition; resolving them takes milliseconds, and there are hundreds of runs."""
    file = StudyFile.model_validate_json(study)
    return Study(file).settings(Cell(file.baseline, 0, condition)).to_json()
