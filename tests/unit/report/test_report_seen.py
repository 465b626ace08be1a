"""What the encoders of a study see: the pictures that its evaluations kept, where its runs are."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sempairs.evaluation.base import Score
from sempairs.evaluation.files import save_scores
from sempairs.evaluation.pictures import confusion
from sempairs.report.contents import read_contents
from sempairs.report.page import render
from sempairs.study.finished import Finished, file_of, shown_cells
from sempairs.study.matrix import Study
from sempairs.study.records import read_records


def test_what_evaluations_kept_is_shown_for_the_first_run_of_each_arm(make_folder: Callable[..., Path]) -> None:
    folder = make_folder()
    assert read_contents(folder).scores == {}, "the records alone hold no pictures"
    records = read_records(folder)
    study, shown = Study(records.study), shown_cells(Study(records.study)).values()
    picture = confusion("clusters", np.array([0, 1]), np.array([0, 0]), ("coat", "bag"), "it")
    for run in (run for run in records.runs if run.cell in shown):
        values = [value for value in records.values if value.cell == run.cell]
        path = file_of(study, folder, run.cell)
        Finished(run, (), values).write(path)
        content = json.loads(path.read_text())
        content["values"] = [{**value, "file": f"scores-{value['data']}.json"} for value in content["values"]]
        path.write_text(json.dumps(content))
        for data in records.study.evaluate:
            score = Score("knn", 80.0, 100, "test images", (70.0, 90.0), "it", pictures=(picture,))
            save_scores(folder / "runs" / run.run / f"scores-{data}", [score])
    contents = read_contents(folder)
    assert list(contents.scores) == ["garments", "digits"]
    assert all(list(own) == ["augmented", "semantic", "mined", "random"] for own in contents.scores.values())
    page = render(contents)
    assert "What the encoders see" in page
    assert page.count("<strong>Clusters, ") == 8, "one matrix for each of four arms and two data sets"
