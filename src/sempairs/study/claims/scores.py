"""The scores that claims are judged by, chosen before any result was in: which data sets, which metrics, which means.

The transfer score of a run is the mean over three data sets that no training has seen. Like every mean here it is made
run by run, and is from then on a score like any other: paired by seed, proved to be matched, refused where it is not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sempairs.study.cells import Cell
from sempairs.study.records import Metric, Records, Value

Place = tuple[str, str]
"""Data set and metric."""

TRANSFER = "transfer"
TRANSFER_DATA = ("new-garments", "digits", "animals")
PROTOCOLS = ("linear", "5-shot")
"""By which transfer is judged; "5-shot" is N-way 5-shot, N = 5 but where there are four classes."""

ON_TRANSFER: tuple[Place, ...] = tuple((TRANSFER, protocol) for protocol in PROTOCOLS)
ON_TRAINED: tuple[Place, ...] = (("garments", "knn"), ("garments", "5-shot"))
"""On other images of the classes that the encoders were trained on."""

PLACES = (*ON_TRANSFER, ("new-garments", "5-shot"), *ON_TRAINED)
"""Where it is asked what no claim asks: on transfer, and near the training's images, where pairs change most."""

NOT_USED = {
    "rotation": "no view is turned",
    "shear": "no view leans",
    "vertical flip": "views are mirrored from left to right alone",
    "blur": "the blur of SimCLR's recipe is switched off",
    "sharpness": "no view is sharpened",
    "invert": "no view is a negative",
    "equalize": "jitter scales the grey values; it does not even out how they are spread",
    "posterize": "no view has fewer grey values",
}
"""Transformations of the evaluation `invariance` that are not among the augmentations of the studies, and why."""

USED = {
    "crop": "every view is a crop",
    "scale": "a crop of 30% to 100% of the area is shown larger",
    "translation": "a crop moves what is in it",
    "horizontal flip": "half of the views are mirrored",
    "brightness": "jitter",
    "contrast": "jitter",
}
"""Those that are among them."""

SWAPS = {
    "background": "a view keeps the floor behind the solid",
    "light": "jitter makes a picture brighter or darker; it moves no light and no shadow",
    "pose": "a view shows the solid from where it was seen",
}
"""What the evaluation `swaps` draws again in a rendered scene: none of it is something that an augmentation does."""

MEANS: Mapping[Place, Sequence[Place]] = {
    **{(TRANSFER, protocol): [(data, protocol) for data in TRANSFER_DATA] for protocol in PROTOCOLS},
    ("invariance", "not used"): [("invariance", f"invariance {name}") for name in NOT_USED],
    ("invariance", "used"): [("invariance", f"invariance {name}") for name in USED],
    ("scenes", "swaps"): [("scenes", f"invariance {name} swap") for name in SWAPS],
}
"""Scores that are means of others, all of one run."""

FACTOR = "R2 of "
"""How the score of one factor of a scene begins, such as "R2 of hue"."""

SINGLE = {
    "knn", "linear", "5-shot", "detection AP", "content R2", "style R2", "style R2 from content",
    *(metric for parts in MEANS.values() for _, metric in parts),
}  # fmt: skip


def claimed(records: Records) -> Records:
    """The records with these scores alone, and with the means among them, as scores of the data set "transfer"."""
    values = [replace(one, metric=name) for one in records.values if (name := named(one.metric))]
    kept = [replace(one, metric=name) for one in records.metrics.values() if (name := named(one.metric))]
    metrics = {(one.data, one.metric): one for one in kept}
    metrics |= {place: _mean_metric(place, metrics) for place, parts in MEANS.items() if parts[0] in metrics}
    study = records.study
    if (TRANSFER, PROTOCOLS[0]) in metrics or (TRANSFER, PROTOCOLS[1]) in metrics:
        every = study.evaluate[TRANSFER_DATA[0]].model_copy(update={"title": "Mean of three data sets", "designs": ()})
        study = study.model_copy(update={"evaluate": {**study.evaluate, TRANSFER: every}})
    return replace(records, study=study, metrics=metrics, values=(*values, *_means(values)), items=())


def named(metric: str) -> str:
    """What a metric is called here: "5-shot" of "4-way 5-shot"; "" if no claim is judged by it."""
    name = re.sub(r"^\d+-way (?=5-shot$)", "", metric)
    return name if name in SINGLE or name.startswith(FACTOR) else ""


def _means(values: Sequence[Value]) -> Iterator[Value]:
    """The means of each run that has all their parts."""
    runs: dict[tuple[Cell, str], dict[Place, Value]] = {}
    for value in values:
        runs.setdefault((value.cell, value.run), {})[value.data, value.metric] = value
    for (cell, run), own in runs.items():
        for (data, metric), parts in MEANS.items():
            if all(part in own for part in parts):
                mean = float(np.mean([own[part].value for part in parts]))
                # What an interval over the items of several data sets would be, no claim asks.
                yield Value(cell, run, data, metric, mean, mean, mean)


def _mean_metric(place: Place, metrics: Mapping[Place, Metric]) -> Metric:
    parts = MEANS[place]
    protocol = f"mean over {', '.join(data if place[0] == TRANSFER else metric for data, metric in parts)}"
    return replace(metrics[parts[0]], data=place[0], metric=place[1], protocols=(protocol,))
