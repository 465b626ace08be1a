"""docs/transfer.md says what the code has, and its commands run."""

import re
import shlex
from pathlib import Path

import pytest

from made_official import write_official
from sempairs.cli.main import app
from sempairs.core.progress import quiet
from sempairs.evaluation.transfer_table import table
from sempairs.sources.named.official import OFFICIAL

PAGE = Path(__file__).parents[2] / "docs" / "transfer.md"


def test_the_table_of_the_suite_is_that_of_the_code() -> None:
    assert "\n".join(table()) in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(OFFICIAL))
def test_the_official_files_are_those_of_the_code(name: str) -> None:
    groups = [
        " or ".join(f"`{file.name}`" + f" {file.md5}" * bool(file.md5) for file in files)
        for files in OFFICIAL[name].files
    ]
    row = f"| `{name}` | {'; '.join(groups)} | {OFFICIAL[name].page} |"
    assert row in PAGE.read_text(encoding="utf-8")


def test_no_address_stands_in_the_page() -> None:
    assert not re.search(r"https?://|www\.", PAGE.read_text(encoding="utf-8"))


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """On small archives, which have another md5, with a small network in place of one that would be downloaded."""
    monkeypatch.chdir(tmp_path)
    write_official("pets", tmp_path / "data", monkeypatch)
    (block,) = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    commands = [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("sempairs ")]
    assert [words[0] for words in commands] == ["sources", "evaluate"]
    for words in commands:
        words = ["small-resnet" if word.startswith("timm:") else word for word in words]
        if words[0] == "sources":
            words += ["--unverified"]
        else:
            words += ["--set", "encoder.width=4", "--set", "transfer.size=16", "--set", "source.size=16"]
        with quiet(), pytest.raises(SystemExit) as exit:
            app(words)
        out, err = capfd.readouterr()
        assert not exit.value.code, f"{words}\n{out}{err}"
    assert "transfer pets" in out
    assert "transfer mean" in out
