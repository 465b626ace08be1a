"""What the encoders of a study see: the pictures that its evaluations kept."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sempairs.evaluation.base import Score
from sempairs.evaluation.files import save_scores
from sempairs.evaluation.pictures import confusion
from sempairs.report.contents import read_contents
from sempairs.report.page import render


def test_what_evaluations_kept_is_read_for_the_first_seed_of_each_arm(make_folder: Callable[..., Path]) -> None:
    folder = make_folder()
    assert read_contents(folder).scores == {}  # a study of before has numbers alone
    rows = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    picture = confusion("clusters", np.array([0, 1]), np.array([0, 0]), ("coat", "bag"), "it")
    for row in rows:
        score = Score(row["metric"], 80.0, 100, "test images", (70.0, 90.0), "it", pictures=(picture,))
        save_scores(folder / "runs" / row["run"] / "scores-1", [score])
    lines = [json.dumps({**row, "file": "scores-1.json"}) + "\n" for row in rows]
    (folder / "results.jsonl").write_text("".join(lines))
    found = read_contents(folder).scores
    assert set(found) == {"garments", "digits"}
    assert set(found["garments"]) == {"augmented", "semantic", "mined", "random"}
    page = render(read_contents(folder))
    assert "What the encoders see" in page
    # One matrix for each of four arms and two data sets.
    assert page.count('<figure class="plot drawn">') == 8
    assert "<strong>Clusters, semantic.</strong>" in page
