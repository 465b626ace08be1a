"""`sempairs evaluate` as a user meets it: one encoder or two, a page, what is kept, and input that is wrong."""

import json
import os
import re
from pathlib import Path

import pytest

ON = ("--on", "digits")
TWO = ("pca:dim=8", *ON, "--against", "pca:dim=2")


def refused(result, *texts):
    code, _, err = result
    assert code == 2, err
    for text in texts:
        assert text in err


def test_one_encoder_prints_its_numbers_and_how_they_were_measured(run):
    code, out, err = run("evaluate", "pca:dim=8", *ON, "--with", "knn")
    assert code == 0, err
    assert "learning from 898 images of digits, testing on the other 899" in out
    row = next(line for line in out.splitlines() if "knn" in line and "%" in line)
    # Eight principal components of the digits tell nearly all of them apart: scikit-learn's own k-NN has .96 on them.
    assert 90 < float(re.search(r"([\d.]+)%", row)[1]) < 100
    assert "899 test images" in row
    assert "knn: weighted k-NN on frozen features: cosine similarity, k = 20" in out
    assert not list(Path().iterdir())


def test_two_encoders_stand_side_by_side_in_table_and_page(run):
    code, out, err = run("evaluate", *TWO, "--with", "knn,fewshot", "--out", "scores")
    assert code == 0, err
    row = next(line for line in out.splitlines() if "knn" in line and "%" in line)
    better, worse = map(float, re.findall(r"([\d.]+)% \(", row))
    assert better > worse + 10
    page = Path("scores/report.html").read_text()
    assert "▲ better" in page
    assert "<script" not in page
    lines = [json.loads(line) for line in Path("scores/scores.jsonl").read_text().splitlines()]
    assert [(line["encoder"], line["metric"]) for line in lines] == [
        (name, metric) for name in ("pca:dim=8", "pca:dim=2") for metric in ("knn", "5-way 5-shot")
    ]


def test_what_is_kept_is_not_computed_again(run):
    assert run("evaluate", *TWO, "--with", "knn", "--out", "scores")[0] == 0
    files = {path: os.stat(path).st_mtime_ns for path in Path("scores/scores").iterdir()}
    assert run("evaluate", *TWO, "--with", "knn,fewshot", "--out", "scores")[0] == 0
    after = {path: os.stat(path).st_mtime_ns for path in Path("scores/scores").iterdir()}
    assert len(after) == 2 * len(files)
    assert {path: after[path] for path in files} == files


def test_one_that_cannot_be_made_leaves_the_others(run):
    result = run("evaluate", "pca:dim=8", *ON, "--with", "knn,fewshot", "--set", "knn.k=5000", "--out", "scores")
    refused(result, "k-NN with k = 5000 needs as many training images")
    assert "5-way 5-shot" in result[1]
    page = Path("scores/report.html").read_text()
    assert "What could not be measured" in page


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("pca", *ON, "--with", "knm"), "did you mean 'knn'?"),
        (("pca", *ON, "--with", ""), "no evaluation called ''"),
        (("pca", *ON, "--against", "pca"), "cannot be compared with itself"),
        (("pca", "--on", "nowhere"), "nowhere"),
        (("pca", *ON, "--set", "knn.kk=3"), "no option 'kk'"),
        (("pca", *ON, "--set", "fewshot.shots=1"), "no options fewshot"),
    ],
)
def test_wrong_input_is_said_before_anything_is_computed(run, arguments, text):
    refused(run("evaluate", *arguments), text)
