"""From the files of a study to its verdicts: effects that were planted are found, in intervals that hold them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from made_records import made_records, made_study, write_made_study
from sempairs.study.cells import Cell
from sempairs.study.compare import Line, compare
from sempairs.study.interactions import changes, family_gaps
from sempairs.study.pooling import pooled
from sempairs.study.records import Records, read_records

# Points that semantic pairs gain, by method and by data set; what views, which must be told apart, add to that.
GAINS = {"simclr": 4.0, "moco-v2": 3.0, "byol": 1.0, "vicreg": 0.0}
ON_DATA = {"garments": 1.0, "digits": -0.5}
BY_VIEWS = {"full": 0.0, "none": 2.0}


def gain(cell: Cell, data: str, metric: str) -> float:
    if cell.arm == "augmented":
        return 0.0
    return GAINS[cell.method] + ON_DATA[data] + BY_VIEWS[cell.condition.views]


def records_of(seed: int, folder: Path | None = None) -> Records:
    """Five seeds, with a standard deviation of 2; two runs of one seed differ by chance with one of 0.3 sqrt(2)."""
    study = made_study(
        arms=("augmented", "semantic"), methods=tuple(GAINS), views=tuple(BY_VIEWS), seeds=range(5), data=tuple(ON_DATA)
    )
    records = made_records(study, gain=gain, sd=0.3, shared=2.0, seed=seed)
    if folder is not None:
        write_made_study(folder, records)
        records = read_records(folder)
    return records


def planted(line: Line) -> float:
    return gain(Cell(line.arm, 0, line.condition), line.data, line.metric)


def covers(ends: tuple[float, float] | None, truth: float) -> bool:
    assert ends is not None
    return ends[0] <= truth <= ends[1]


def test_intervals_cover_what_was_planted() -> None:
    found = {"lines": [], "pools": [], "changes": [], "gaps": []}
    for seed in range(4):
        records = records_of(seed)
        comparison = compare(records)
        found["lines"] += [covers(one.difference_interval, planted(one)) for one in comparison.lines if one.against]
        for pool in pooled(comparison):
            truth = sum(GAINS[method] for method in pool.methods) / len(pool.methods)
            truth += ON_DATA[pool.data] + BY_VIEWS[pool.views]
            found["pools"].append(covers(pool.difference_interval, truth))
        found["changes"] += [covers(one.difference_interval, 2.0) for one in changes(records, comparison)]
        # (4 + 3) / 2 for the contrastive methods, (1 + 0) / 2 for the others; what data and views add cancels.
        found["gaps"] += [covers(one.difference_interval, 3.0) for one in family_gaps(comparison) if not one.relative]
    counts = {name: (sum(own), len(own)) for name, own in found.items()}
    # Four methods, two kinds of views, two data sets and two metrics, four times: 128 lines that share no run. Of so
    # many, 95% intervals cover 121.6 ± 2.5 (binomial); three standard deviations are allowed.
    assert counts["lines"][1] == 128
    assert 114 <= counts["lines"][0] <= 128
    # Pools of all methods, of both families: not independent, so that less is asked of them.
    assert counts["pools"][1] == 3 * 8 * 4
    assert counts["changes"][1] == (4 + 3) * 4 * 4
    assert counts["gaps"][1] == 8 * 4
    for name in ("pools", "changes", "gaps"):
        assert counts[name][0] / counts[name][1] == pytest.approx(0.95, abs=0.06)


def test_from_files_to_verdicts(tmp_path: Path) -> None:
    lines = [line for line in compare(records_of(0, tmp_path)).lines if line.against]
    unwritten = [line.difference for line in compare(records_of(0)).lines if line.against]
    assert [line.difference for line in lines] == pytest.approx(unwritten, abs=1e-5)  # files have six digits
    # With five seeds and a standard deviation of 0.42 a difference of 1.68 x 0.42 = 0.7 is found in 80 of 100 studies.
    assert all(line.verdict == "higher" for line in lines if planted(line) >= 1.5)
    assert all(line.verdict != "higher" for line in lines if planted(line) <= -0.5)
    family = [line for line in lines if (line.data, line.metric) == ("digits", "knn")]
    assert len(family) == 4 * 2
    least = min(family, key=lambda line: line.p or 0.0)
    assert least.p is not None
    assert least.p_holm == pytest.approx(len(family) * least.p)


def test_a_run_that_was_tampered_with_refuses_its_comparisons_alone(tmp_path: Path) -> None:
    records = records_of(0, tmp_path)
    path = tmp_path / "runs.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    (one,) = (
        line
        for line in lines
        if (line["arm"], line["method"], line["views"], line["seed"]) == ("semantic", "byol", "full", 3)
    )
    one["settings"]["training"]["lr"] = 0.1
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    before, after = compare(records).lines, compare(read_records(tmp_path)).lines
    for own, other in zip(before, after, strict=True):
        if (own.arm, own.method, own.condition.views) == ("semantic", "byol", "full"):
            assert other.refused == "other training.lr: 0.1 and 0.002"
        else:
            assert replace(own, p_holm=None) == replace(other, p_holm=None)
