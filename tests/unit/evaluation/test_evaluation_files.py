"""Scores come back from their files as they were, and what is kept is not computed again."""

import json

import numpy as np
import pytest

from made import made_source
from made_evaluations import Quarters
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.evaluation.base import Score
from sempairs.evaluation.detection.detection import Detection
from sempairs.evaluation.files import load_scores, save_scores
from sempairs.evaluation.pictures import confusion
from sempairs.evaluation.suite import each_evaluation, run_evaluations

PICTURE = confusion("a", np.array([0, 1]), np.array([1, 1]), ("x", "y"), "it")
SCORES = [
    Score(
        "knn",
        50.0,
        2,
        "test images",
        (1.0, 99.0),
        "k-NN",
        outcomes=np.array([0.0, 100.0]),
        pictures=(PICTURE,),
        evaluation="knn",
    ),
    Score(
        "rank / of <it>",
        3.5,
        7,
        "images",
        (3.0, 4.0),
        "rank",
        unit="dimensions",
        direction="neither",
        evaluation="geometry",
    ),
]


def test_scores_come_back_equal(tmp_path):
    save_scores(tmp_path / "scores", SCORES)
    back = load_scores(tmp_path / "scores")
    assert back == SCORES
    for before, after in zip(SCORES, back, strict=True):
        assert np.array_equal(before.outcomes, after.outcomes)
        assert after.pictures == ()


def test_pictures_come_back_with_the_scores_they_belong_to(tmp_path):
    save_scores(tmp_path / "scores", SCORES[::-1])
    back = load_scores(tmp_path / "scores", pictures=True)
    assert [len(score.pictures) for score in back] == [0, 1]
    assert np.array_equal(back[1].pictures[0].values, PICTURE.values)


def test_what_is_missing_or_of_another_version_is_not_there(tmp_path):
    assert load_scores(tmp_path / "scores") is None
    save_scores(tmp_path / "scores", SCORES)
    kept = json.loads((tmp_path / "scores.json").read_text())
    for other in (kept["scores"], {**kept, "schema": 1}):
        (tmp_path / "scores.json").write_text(json.dumps(other))
        assert load_scores(tmp_path / "scores") is None


def test_kept_scores_are_read_and_another_option_is_another_score(tmp_path, monkeypatch):
    train, test = made_source(40, seed=1), made_source(40, seed=2)
    spec = Spec(name="knn", options={"k": 3})
    ((_, first),) = each_evaluation(Quarters(), train, test, [spec], tmp_path)
    extracted = []
    monkeypatch.setattr("sempairs.evaluation.base.extract", lambda *_, **__: extracted.append(1))
    ((_, again),) = each_evaluation(Quarters(), train, test, [spec], tmp_path)
    assert again == first
    assert not extracted
    with pytest.raises(TypeError):  # features are asked for, and the stand-in gives none
        list(each_evaluation(Quarters(), train, test, [Spec(name="knn", options={"k": 4})], tmp_path))


def test_an_evaluation_that_cannot_be_made_does_not_take_the_others_with_it():
    train, test = made_source(40, seed=1), made_source(40, seed=2)
    specs = [Spec(name="knn", options={"k": 1000}), Spec(name="knn", options={"k": 3})]
    (_, refused), (_, made) = each_evaluation(Quarters(), train, test, specs)
    assert isinstance(refused, UserError)
    assert made[0].metric == "knn"
    assert made[0].evaluation == "knn"
    with pytest.raises(UserError, match="1000"):
        run_evaluations(Quarters(), train, test, specs)


def test_one_name_for_two_numbers_is_an_error():
    source = made_source(40)
    specs = [Spec(name="knn", options={"k": k}) for k in (3, 4)]
    with pytest.raises(UserError, match="two evaluations give 'knn'"):
        run_evaluations(Quarters(), source, source, specs)


def test_an_evaluation_that_reads_files_is_made_anew_when_they_change(tmp_path, monkeypatch):
    train, test = made_source(40, seed=1), made_source(40, seed=2)
    scenes = tmp_path / "scenes.json"
    made = []
    monkeypatch.setattr(Detection, "__call__", lambda *_: made.append(1) or SCORES)
    spec = Spec(name="detection", options={"test_set": str(scenes)})
    for contents, count in (("{}", 1), ("{}", 1), ("[]", 2)):
        scenes.write_text(contents)
        list(each_evaluation(Quarters(), train, test, [spec], tmp_path / "kept"))
        assert len(made) == count
