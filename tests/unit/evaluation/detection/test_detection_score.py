"""Average precision by hand, and against a slow reference written from COCO's rules."""

import numpy as np
import pytest

from made_scenes import objects
from sempairs.core.seeds import rng
from sempairs.evaluation.detection.overlay import framed, right
from sempairs.evaluation.detection.score import average_precision, intervals

CLASSES = ("cat", "dog")


def found(boxes, labels=None, scores=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    scores = np.linspace(0.9, 0.1, len(boxes)) if scores is None else scores
    return {
        "boxes": boxes,
        "labels": np.array([0] * len(boxes) if labels is None else labels, np.int64),
        "scores": np.array(scores, np.float32),
    }


TRUTH = [objects([[10, 10, 20, 20], [50, 50, 80, 70]], ["cat", "dog"]), objects([[5, 5, 15, 25]], ["dog"])]
PERFECT = [found(TRUTH[0].boxes, [0, 1]), found(TRUTH[1].boxes, [1])]


def test_perfect_boxes_score_100_and_nothing_scores_0():
    assert average_precision(PERFECT, TRUTH, CLASSES) == pytest.approx({"AP": 100, "AP50": 100, "AP75": 100})
    assert average_precision([found([])] * 2, TRUTH, CLASSES) == {"AP": 0, "AP50": 0, "AP75": 0}


def test_boxes_of_the_wrong_class_score_0():
    swapped = [{**answer, "labels": 1 - answer["labels"]} for answer in PERFECT]
    assert average_precision(swapped, TRUTH, CLASSES)["AP50"] == 0


def test_shifted_boxes_count_at_the_overlaps_they_have():
    # 2.4 of 10 pixels to the right: IoU 7.6 / 12.4 = .613, so right at .5, .55 and .6 of ten: AP 30.
    truth = [objects([[10, 10, 20, 20]], ["cat"])]
    value = average_precision([found([[12.4, 10, 22.4, 20]])], truth, CLASSES)
    assert value == pytest.approx({"AP": 30, "AP50": 100, "AP75": 0})


def test_a_false_box_that_is_surer_halves_the_precision():
    truth = [objects([[10, 10, 20, 20]], ["cat"])]
    assert average_precision([found([[60, 60, 70, 70], [10, 10, 20, 20]])], truth, CLASSES)["AP50"] == pytest.approx(50)


def test_what_is_ignored_is_neither_missed_nor_wrong():
    truth = [objects([[10, 10, 20, 20], [40, 40, 60, 60]], ["cat", "cat"], [False, True])]
    on_it = found([[40, 40, 60, 60], [10, 10, 20, 20]])  # the surer one would halve the precision
    assert average_precision([on_it], truth, CLASSES)["AP"] == pytest.approx(100)
    assert average_precision([found([[10, 10, 20, 20]])], truth, CLASSES)["AP"] == pytest.approx(100)


def overlap(a, b):
    sides = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    return sides.prod() / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - sides.prod())


def slow(answers, truth, threshold, label):
    """AP of one class: surest first, each box takes the best free object; precision at 101 recalls."""
    rows = []
    for answer, there in zip(answers, truth, strict=True):
        free = [box for box, name in zip(there.boxes, there.names, strict=True) if name == CLASSES[label]]
        for at in np.argsort(-answer["scores"], kind="stable"):
            if answer["labels"][at] == label:
                values = [overlap(answer["boxes"][at], box) for box in free]
                hit = bool(values) and max(values) >= threshold
                if hit:
                    free.pop(int(np.argmax(values)))
                rows.append((answer["scores"][at], hit))
    total = sum(name == CLASSES[label] for there in truth for name in there.names)
    hits = np.cumsum([hit for _, hit in sorted(rows, key=lambda row: -row[0])])
    precision = hits / np.arange(1, len(hits) + 1)
    best = [precision[hits / total >= recall].max(initial=0) for recall in np.linspace(0, 1, 101)]
    return 100 * np.mean(best)


def test_it_is_coco_s_definition():
    random, answers, truth = rng("detections"), [], []
    for _ in range(12):
        boxes = random.uniform(0, 60, (3, 4))
        boxes[:, 2:] = boxes[:, :2] + random.uniform(10, 30, (3, 2))
        labels = random.integers(0, 2, 3)
        truth.append(objects(boxes, [CLASSES[label] for label in labels]))
        near = np.concatenate([boxes + random.normal(0, 2, (3, 4)), boxes[:2] + 15])
        answers.append(
            found(near, np.concatenate([labels, labels[:2]]), random.permutation(5) / 7 + random.random() / 9)
        )
    value = average_precision(answers, truth, CLASSES)
    by = {t: np.mean([slow(answers, truth, t / 100, label) for label in (0, 1)]) for t in range(50, 100, 5)}
    assert value == pytest.approx({"AP": np.mean(list(by.values())), "AP50": by[50], "AP75": by[75]}, abs=1e-4)
    assert 5 < value["AP75"] < value["AP50"] < 95  # the case is neither trivial way
    around = intervals(answers, truth, CLASSES)["AP"]
    assert around.low < around.estimate < around.high
    assert around.estimate == pytest.approx(value["AP"])


def test_a_perfect_detector_has_an_interval_of_length_zero():
    for interval in intervals(PERFECT, TRUTH, CLASSES).values():
        assert (interval.low, interval.high, interval.n) == (pytest.approx(100), pytest.approx(100), 2)


def test_a_second_box_on_an_object_is_wrong_and_so_is_another_class():
    there = objects([[0, 0, 10, 10], [30, 30, 40, 40]], ["cat", "dog"])
    boxes = np.array([[0, 0, 10, 9], [0, 0, 9, 10], [30, 30, 40, 40], [30, 30, 40, 40], [60, 60, 70, 70]], np.float32)
    assert right(there, boxes, ["cat", "cat", "cat", "dog", "dog"]) == [1, -1, -1, 1, -1]
    assert right(objects([]), boxes[:1], ["cat"]) == [-1]
    assert right(there, boxes[:0], []) == []


def test_images_of_several_sizes_are_framed_in_white():
    frames = framed([np.zeros((2, 5, 1), np.uint8), np.zeros((4, 3, 1), np.uint8)])
    assert frames.shape == (2, 4, 5, 1)
    assert frames[0].sum() == 255 * 2 * 5
    assert frames[1].sum() == 255 * 4 * 2
