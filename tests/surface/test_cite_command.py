"""`sempairs cite` gives an entry for everything that has a source, and says so where there is none."""

import inspect
import re
from importlib.resources import files

import pytest

from made import made_source
from sempairs.cli.cite import WITHOUT, entries_of
from sempairs.cli.describe import families
from sempairs.cli.main import app
from sempairs.core.progress import quiet
from sempairs.core.runs import RunStore
from sempairs.pairs.mining import MINERS
from sempairs.pairs.rules import same_class
from sempairs.training.loop import train
from sempairs.training.settings import TrainSettings

ENTRIES = (files("sempairs.cli") / "citations.bib").read_text(encoding="utf-8").strip().split("\n\n")
SOURCED = ("method", "evaluation", "encoder", "view recipe", "mining rule")


def sources() -> list[tuple[str, str, str]]:
    """Kind, name and Source of every member that has a page with one."""
    found = []
    for kind in SOURCED:
        for name in families()[kind]:
            page = inspect.getdoc(inspect.getmodule(families()[kind][name])) or ""
            if "**Source**" in page or kind in ("method", "evaluation"):
                found.append((kind, name, page.partition("**Departure**")[0]))
    return found


@pytest.mark.parametrize(("kind", "name", "source"), sources())
def test_every_member_with_a_source_has_its_entries_or_a_reason(kind, name, source):
    entries = entries_of(families()[kind][name])
    assert entries or name in WITHOUT
    for eprint in re.findall(r"\b\d{4}\.\d{5}\b", source):
        assert any(f"eprint = {{{eprint}}}" in entry for entry in entries), f"{eprint} is not in citations.bib"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.partition(",")[0])
def test_every_entry_is_whole(entry):
    kind = re.match(r"@(\w+)\{([a-z]+\d{4}[a-z]+),\n", entry)
    fields = dict(re.findall(r"^  (\w+) = \{(.+)\},?$", entry, re.MULTILINE))
    needed = {"misc": {"eprint"}, "inproceedings": {"booktitle"}, "article": {"journal", "volume", "pages"}}[kind[1]]
    assert {"title", "author", "year", *needed} <= fields.keys()
    assert fields["year"] in kind[2]
    assert all("," in author or author.startswith("{") for author in fields["author"].split(" and "))
    assert entry.count("{") == entry.count("}")
    assert entry.isascii()  # classic BibTeX knows no other letters
    assert all(line.endswith(",") for line in entry.splitlines()[1:-2])


def test_no_entry_stands_twice():
    keys = re.findall(r"^@\w+\{(\w+),", "\n".join(ENTRIES), re.MULTILINE)
    eprints = re.findall(r"eprint = \{(.+)\}", "\n".join(ENTRIES))
    assert len(set(keys)) == len(keys) == len(ENTRIES)
    assert len(set(eprints)) == len(eprints)


def cited(capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as exit:
        app(["cite", *arguments])
    out, err = capsys.readouterr()
    assert not exit.value.code, err
    return out


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder, source = tmp_path_factory.mktemp("runs"), made_source()
    tables = {"method": "byol", "encoder": {"name": "small-resnet", "width": 4}, "views": "simclr"}
    with quiet():
        settings = TrainSettings.resolve({**tables, "training": {"batch_size": 16, "passes": 1}})
        train(same_class(source), source, settings, RunStore(folder))
    return folder


def test_a_run_cites_what_it_used(runs, capsys):
    text = cited(capsys, str(runs))
    keys = re.findall(r"^@\w+\{(\w+),", text, re.MULTILINE)
    # This package, BYOL, the residual net, SimCLR's views; pairs by class have no source.
    assert set(keys) == {"alkhalefi2025impact", "grill2020bootstrap", "he2016deep", "chen2020simple"}
    assert "% method byol\n@inproceedings{grill2020bootstrap" in text
    (run,) = RunStore(runs)
    assert cited(capsys, str(run.folder)) == text


def test_a_mined_pair_set_cites_its_rule(runs, capsys, monkeypatch):
    (run,) = RunStore(runs)
    result = {**run.result, "rules": ["band", "class"]}
    monkeypatch.setattr(type(run), "result", property(lambda _: result))
    assert "band" in MINERS
    assert "% mining rule band\n@misc{alkhalefi2023semantic" in cited(capsys, str(runs))


def test_a_member_is_cited_by_name_and_one_without_a_paper_gives_its_reason(capsys):
    text = cited(capsys, "fewshot")
    assert "snell2017prototypical" in text
    assert "wang2019simpleshot" in text
    assert "% encoder timm: cite the paper of the model" in cited(capsys, "timm")


def test_what_there_is_not_names_the_nearest(capsys):
    with pytest.raises(SystemExit) as exit:
        app(["cite", "simclear"])
    assert exit.value.code == 2
    assert "did you mean 'simclr'" in capsys.readouterr().err
