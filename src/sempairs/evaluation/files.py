"""Scores as files: STEM.json the numbers, STEM.npz the outcome of each item, and a file of pictures beside them."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sempairs.core.files import atomic_write, read_json, write_json
from sempairs.evaluation.base import Score
from sempairs.evaluation.pictures import load_pictures, save_pictures

SCHEMA = 2


def score_json(score: Score) -> dict[str, Any]:
    """A score as plain values, without its outcomes and pictures."""
    return {
        "evaluation": score.evaluation,
        "metric": score.metric,
        "value": score.value,
        "unit": score.unit,
        "n": score.n,
        "over": score.over,
        "interval": list(score.interval),
        "protocol": score.protocol,
        "direction": score.direction,
    }


def save_scores(stem: Path, scores: Sequence[Score]) -> None:
    """Keep scores for good. The JSON is written last, so that where it is, everything is whole."""
    with atomic_write(stem.with_suffix(".npz")) as file:
        outcomes = {str(place): score.outcomes for place, score in enumerate(scores)}
        np.savez_compressed(file, **outcomes)  # type: ignore[arg-type]
    save_pictures(_pictures(stem), [picture for score in scores for picture in score.pictures])
    lines = [{**score_json(score), "pictures": len(score.pictures)} for score in scores]
    write_json(stem.with_suffix(".json"), {"schema": SCHEMA, "scores": lines})


def load_scores(stem: Path, pictures: bool = False) -> list[Score] | None:
    """What `save_scores` wrote, or None where there is nothing, or something of another version.

    Parameters
    ----------
    pictures: read the pictures too; else the scores come without.
    """
    if not stem.with_suffix(".json").is_file():
        return None
    kept = read_json(stem.with_suffix(".json"))
    if not isinstance(kept, dict) or kept.get("schema") != SCHEMA:
        return None
    shown = iter(load_pictures(_pictures(stem)) if pictures else ())
    scores = []
    with np.load(stem.with_suffix(".npz"), allow_pickle=False) as outcomes:
        for place, line in enumerate(kept["scores"]):
            count, interval = line.pop("pictures"), tuple(line.pop("interval"))
            own = tuple(itertools.islice(shown, count))
            scores.append(Score(**line, interval=interval, outcomes=outcomes[str(place)], pictures=own))
    return scores


def _pictures(stem: Path) -> Path:
    return stem.with_name(stem.name + "-pictures.npz")
