"""Average precision of what was found, by COCO's rules, with an interval over the images.

**Source** Lin et al., "Microsoft COCO", ECCV 2014, arXiv 1405.0312: for each class the mean precision at 101 recalls, a
box being right if its overlap (IoU) with an object of its class is t or more; AP is the mean over classes and over
t = .5, .55, ..., .95, AP50 and AP75 are those of one t. The computation is torchmetrics' and pycocotools'.
**Departure** What VOC calls difficult is treated as a crowd: boxes on it count neither for nor against, where overlap
is the share of the found box.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.evaluation.detection.scenes import Objects
from sempairs.evaluation.detection.training import Found
from sempairs.statistics import Interval, jackknife_interval

METRICS = {"AP": "map", "AP50": "map_50", "AP75": "map_75"}
"""Ours, and torchmetrics' names of them."""
BLOCKS = 20


def average_precision(
    found: Sequence[Found], truth: Sequence[Objects], classes: Sequence[str]
) -> dict[str, float]:  # fmt: skip
    """AP, AP50 and AP75 in percent; 0 where there are no objects.

    Raises
    ------
    UserError: torchmetrics or pycocotools is not installed.
    """
    metric = need_metric()
    numbers = {name: number for number, name in enumerate(classes)}
    metric.update(
        [{key: torch.from_numpy(value) for key, value in boxes.items()} for boxes in found],
        [
            {
                "boxes": torch.from_numpy(objects.boxes),
                "labels": torch.tensor([numbers[name] for name in objects.names], dtype=torch.int64),
                "iscrowd": torch.from_numpy(objects.ignored.astype(np.int64)),
            }
            for objects in truth
        ],
    )
    values = metric.compute()
    return {name: 100 * max(float(values[key]), 0.0) for name, key in METRICS.items()}


def need_metric() -> Any:
    """torchmetrics' mean average precision. Raises UserError if it is not installed."""
    try:
        from torchmetrics.detection import MeanAveragePrecision

        # torchmetrics' own are float32, where COCO's are float64: a recall of .35 would not reach the step .35.
        steps = {
            "iou_thresholds": np.linspace(0.5, 0.95, 10).tolist(),
            "rec_thresholds": np.linspace(0, 1, 101).tolist(),
        }
        metric = MeanAveragePrecision(backend="pycocotools", **steps)
    except ImportError:
        raise UserError(
            "torchmetrics and pycocotools are not installed", todo="pip install 'sempairs[detection]'"
        ) from None
    metric.warn_on_many_detections = False
    return metric


def intervals(found: Sequence[Found], truth: Sequence[Objects], classes: Sequence[str]) -> dict[str, Interval]:
    """Each of `METRICS` with its 95% jackknife interval over images, `BLOCKS` groups of which are left out in turn."""
    known: dict[bytes, dict[str, float]] = {}
    with progress("intervals of AP", min(BLOCKS, len(truth)) + 1, "samples") as bar:

        def value(metric: str, at: Int64[np.ndarray, " m"]) -> float:
            if at.tobytes() not in known:  # all metrics come at once, and are asked for one by one
                known[at.tobytes()] = average_precision([found[i] for i in at], [truth[i] for i in at], classes)
                bar()
            return known[at.tobytes()][metric]

        return {metric: jackknife_interval(functools.partial(value, metric), len(truth), BLOCKS) for metric in METRICS}
