"""The page of benchmarks says what the results say: what missed its aim, and what was not measured."""

import itertools
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    from benchmarks import page

    return page


def test_the_page_is_the_one_that_the_results_make(page):
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "run `python -m benchmarks.page`"


@pytest.mark.parametrize(("ratio", "verdict"), [(1.99, "missed"), (2.0, "met")])
def test_a_row_below_its_aim_is_called_missed(page, ratio, verdict):
    row = {"name": "step", "peer_name": "script", "ratio": ratio, "low": 1.5, "high": 3.0, "aim": 2.0}
    found = [{"processes": n, "loss differs by": 0.0, "gradients differ by": 1e-8 * (n - 1)} for n in (1, 2)]
    results = {name: {"rows": []} for name in ("views", "data", "gpu", "neighbours", "probe")}
    results |= {"training": {"rows": [row]}, "processes": {"processes": found}}
    results |= {"startup": {"rows": [{"name": "help", "ours": 1.0}]}}
    took = {"sqlite": {"next": {"p95 ms": 9.9}}, "postgresql": {"next": {"p95 ms": 10.0}}}
    results |= {"review": {"pairs": 1000, "aim: next, p95 ms": 10.0, **took}}
    lines = page._aims(results).splitlines()
    assert f"| step | script | **{ratio:.2f}** [1.50, 3.00] | ≥ 2.0 | {verdict} |" in lines
    assert "| training on a GPU | | not measured: no GPU on this machine | | |" in lines
    # 1e-8 is more than the 1e-9 that processes may differ by, and a second more than half of one.
    assert (
        "| gathered loss and gradients, 2 to 2 processes | one process | the same to 1e-08 | ≤ 1e-09 | missed |"
        in lines
    )
    assert "| next of 1,000 pairs in review, SQLite, 95 of 100 calls | | 9.9 ms | < 10 ms | met |" in lines
    assert "| next of 1,000 pairs in review, PostgreSQL, 95 of 100 calls | | 10.0 ms | < 10 ms | missed |" in lines
    assert "| help | | 1.00 s | < 0.5 s | missed |" in lines


def test_ratios_are_of_runs_in_turn(page):
    from benchmarks.paired import Peer, rows

    # The machine becomes twice as slow in the second run and four times in the third, for all alike.
    slower = (1.0, 2.0, 4.0)
    ours, one, other = (itertools.chain(seconds) for seconds in (slower, [3 * s for s in slower], (1.0, 1.0, 1.0)))
    peers = [Peer("three times as slow", lambda: next(one), 2.0), Peer("steady", lambda: next(other))]
    first, second = rows("made", "steps", 10, lambda: next(ours), peers, runs=3)
    assert (first.ours, first.peer) == (5.0, pytest.approx(10 / 6))  # 10 steps in medians of 2 and 6 seconds
    assert (first.ratio, first.low, first.high, first.aim) == (3.0, 3.0, 3.0, 2.0)
    assert (second.ratio, second.low, second.high, second.aim) == (0.5, 0.25, 1.0, None)
