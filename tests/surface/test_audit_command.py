"""`sempairs pairs audit` writes the page and the numbers that it is asked for, and nothing under a wrong name."""

import json
from pathlib import Path

import pytest

from made_files import photo_folder
from read_page import Outline, text_of
from sempairs.cli.main import app
from sempairs.pairs import PairSet


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command beside a folder of 12 photographs and a pair set of them; gives exit code and what was said."""
    monkeypatch.chdir(tmp_path)
    photo_folder(Path("photos"))

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as exit:
            app(list(arguments))
        said = capsys.readouterr()
        return int(exit.value.code or 0), said.out + said.err

    assert run("pairs", "build", "photos", "--rule", "class", "--out", "set.parquet")[0] == 0
    return run


def test_the_terminal_the_page_and_the_numbers_agree(run):
    code, said = run("pairs", "audit", "set.parquet", "--out", "audit.html", "--json", "audit.json")
    assert code == 0
    assert "page: audit.html" in said
    assert "numbers: audit.json" in said
    pairs, written = PairSet.load(Path("set.parquet")), json.loads(Path("audit.json").read_text())
    assert written["hash"] == pairs.hash
    assert written["origin"]["rule"]["name"] == "class"
    assert written["audit"]["pairs"] == len(pairs)
    page = Path("audit.html").read_text(encoding="utf-8")
    Outline(page)
    assert f"pair set {pairs.hash}" in text_of(page)
    assert "<title>Audit of set</title>" in page
    assert f"{len(pairs):,} pairs of {written['audit']['images']:,} images" in said
    # The text alone, as before, writes nothing.
    assert run("pairs", "audit", "set.parquet")[1] == said[: said.index("page: ")]


@pytest.mark.parametrize(("option", "ending"), [("--out", ".html"), ("--json", ".json")])
def test_a_pair_set_is_not_written_over(option, ending, run):
    before = Path("set.parquet").read_bytes()
    code, said = run("pairs", "audit", "set.parquet", option, "set.parquet")
    assert code == 2
    assert f"the name must end in {ending}" in said
    assert f"set{ending}" in said
    assert Path("set.parquet").read_bytes() == before


def test_images_that_changed_have_no_page(run):
    first = sorted(Path("photos").rglob("*.*"))
    first[0].write_bytes(first[-1].read_bytes())
    code, said = run("pairs", "audit", "set.parquet", "--out", "audit.html")
    assert code == 2
    assert "changed since the pairs were made" in said
    assert not Path("audit.html").exists()
