"""The page of findings says what the committed results say, and says so plainly."""

import dataclasses
from pathlib import Path

import pytest
from PIL import Image

import made_records
from made_records import made_study
from sempairs.study.claims import Evidence
from sempairs.study.claims.scores import TRANSFER_DATA

ROOT = Path(__file__).parents[2]
PERCENT = ("%", 1000, "test images", "higher", "linear", "a made score")


@pytest.fixture
def maker(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import make_findings

    return make_findings


@pytest.fixture
def made(monkeypatch):
    """A main study in which semantic pairs gain 4 points, and random ones what is asked for."""
    more = dict.fromkeys(("linear", "4-way 5-shot"), PERCENT)
    monkeypatch.setattr(made_records, "METRICS", made_records.METRICS | more)

    def made(of_random: float) -> dict[str, Evidence]:
        gains = {"semantic": 4.0, "random": of_random}
        methods = ("simclr", "moco-v2", "byol", "vicreg")
        study = made_study(arms=("augmented", "semantic", "random"), methods=methods, data=TRANSFER_DATA)
        records = made_records.made_records(
            study, gain=lambda cell, data, metric: gains.get(cell.arm, 0.0), metrics=tuple(more), sd=0.1
        )
        return {"main": Evidence(records)}

    return made


def test_the_page_is_the_one_that_is_made_from_the_results(maker):
    found = maker.studies()
    assert maker.PAGE.read_text(encoding="utf-8") == maker.page(found), "run `python docs/make_findings.py`"
    assert maker.PICTURE.is_file() == ("main" in found)
    readme = maker.README.read_text(encoding="utf-8")
    assert maker.BEGIN in readme
    assert readme == maker.with_verdicts(readme, found)


def test_without_results_every_claim_is_undecided_and_the_page_says_why(maker, tmp_path):
    found = maker.studies(tmp_path)
    text = maker.page(found)
    assert found == {}
    # In the table C1, C2, C3, C4 with its three parts, and C5; in the section of C4 itself and its parts again.
    assert text.count("has no results yet)") == 12
    assert "supported** |" not in text
    for name in maker.STUDIES:
        assert f"[{name}](../studies/{name}.toml) | no results yet" in text


def test_verdicts_stand_at_the_top_with_their_numbers(maker, made):
    first = maker.page(made(-3.0)).split("## How it is judged")[0]
    (row,) = [line for line in first.splitlines() if line.startswith("| C1 |")]
    assert "**supported**" in row
    assert "linear: above zero for 4 of 4 methods, below for 0" in row
    assert "4 methods together, linear: **+4." in row or "4 methods together, linear: **+3.9" in row


def test_a_control_that_helps_is_said_loudly(maker, made):
    helps, harms = maker.page(made(2.0)), maker.page(made(-3.0))
    assert "**WARNING: a negative control helps.**" in helps
    assert "the control random − augmented" in helps.split("## What goes against the claims")[1]
    assert "WARNING" not in harms
    assert "No interval of the negative control lies above zero." in harms


def test_a_loss_of_one_method_goes_against_the_claims(maker, made):
    text = maker.page(made(-3.0)).split("## What goes against the claims")[1].split("## Limits")[0]
    assert "semantic − augmented" not in text  # it gains everywhere
    assert "C2 is undecided" in text


def test_trainings_that_collapsed_are_counted_by_method_and_arm(maker, made):
    def collapsed(run):
        ours = run.cell.method == "byol" and run.cell.arm == "random" and run.cell.seed != 2
        return dataclasses.replace(run, result={**run.result, "collapse": "collapsed"}) if ours else run

    (records,) = (own.records for own in made(-3.0).values())
    records = dataclasses.replace(records, runs=tuple(collapsed(run) for run in records.runs))
    section = maker.page({"main": Evidence(records)}).split("### Which trainings collapsed?")[1]
    assert "| main | byol | random | 2 of 3 |" in section
    assert section.split("## What goes against")[0].count("| main |") == 1
    assert "None has." in maker.page(made(-3.0)).split("### Which trainings collapsed?")[1]


def test_the_picture_fits_a_page_of_900_pixels(maker, made, tmp_path):
    path = tmp_path / "forest.png"
    maker.draw(made(-3.0)["main"], path)
    with Image.open(path) as picture:
        assert picture.width == 1350  # 900 pixels of a page, at one and a half
        assert picture.height < 1000
    again = tmp_path / "again.png"
    maker.draw(made(-3.0)["main"], again)
    assert again.read_bytes() == path.read_bytes()
