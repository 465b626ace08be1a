"""The command line as a newcomer meets it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sempairs import __version__
from sempairs.cli.describe import families
from sempairs.cli.main import app
from sempairs.core.settings import options_of
from sempairs.pairs.pairset import PairSet
from sempairs.sources.shapes.source import shapes


def output(capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as exit:
        app(list(arguments))
    assert not exit.value.code
    return capsys.readouterr().out


def test_help_names_every_command(capsys):
    text = output(capsys, "--help")
    for command in ("demo", "sources", "pairs", "train", "evaluate", "study", "describe"):
        assert command in text


def test_help_does_not_load_heavy_libraries():
    """What makes it fast; the time itself is a benchmark, not a test."""
    script = (
        "import sys; import sempairs.cli.main; print([m for m in ('torch', 'numpy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version(capsys):
    assert output(capsys, "--version") == f"sempairs {__version__}\n"


def test_describe_lists_every_member_of_every_family(capsys):
    text = output(capsys, "describe")
    for kind, family in families().items():
        assert f"{kind}:" in text
        for name in family:
            assert f"  {name} " in text


@pytest.mark.parametrize("name", sorted({name for family in families().values() for name in family}))
def test_describe_shows_each_option_with_its_default(capsys, name):
    text = output(capsys, "describe", name)
    for family in families().values():
        if name in family:
            for option, parameter in options_of(family[name]).items():
                assert option in text
                if parameter.default is not parameter.empty:
                    assert f"default {parameter.default!r}" in text
            for option, value in getattr(family[name], "recipe", {}).items():
                assert re.search(rf"^  {option} +{re.escape(str(value))}$", text, re.MULTILINE)


def test_describing_what_there_is_not_names_the_nearest(capsys):
    with pytest.raises(SystemExit) as exit:
        app(["describe", "simclear"])
    assert exit.value.code == 2
    assert "did you mean 'simclr'" in capsys.readouterr().err


def test_pairs_share_one_column_or_several(run):
    images = shapes(n=60, size=16)
    for columns in (["shape"], ["shape", "bands"]):
        code, _, error = run("pairs", "build", "shapes:n=60,size=16", *(f"--same={name}" for name in columns),
                             "--out", f"{len(columns)}.parquet")  # fmt: skip
        assert code == 0, error
        left, right = PairSet.load(Path(f"{len(columns)}.parquet")).positions(images).T
        for name in ("shape", "bands"):
            values = images.column(name)
            assert (values[left] == values[right]).all() == (name in columns)
