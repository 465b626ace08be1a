"""`sempairs sources prepare` as a person meets it."""

from pathlib import Path

import pytest

from made_official import write_official
from sempairs.cli.main import app


def test_a_set_is_prepared_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    with pytest.raises(SystemExit) as exit:
        app(["sources", "prepare", "pets", "data"])
    assert exit.value.code == 2
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert "images.tar.gz (md5 5c4f3ee8e5d25df40f4fd59a7f44e54c); annotations.tar.gz" in said
    write_official("pets", Path("data"), monkeypatch)
    with pytest.raises(SystemExit) as exit:
        app(["sources", "prepare", "pets", "data", "--unverified"])
    assert not exit.value.code
    assert "pets: 12 train, 8 test, 0 left out; 2 classes" in capfd.readouterr().out
    options = ["root=data", "dataset=pets", "split=test", "size=16"]
    with pytest.raises(SystemExit) as exit:
        app(["sources", "show", "prepared", *(f"--set=source.{one}" for one in options)])
    assert not exit.value.code
    assert "pets test: 8 images of 16 x 16, colour" in capfd.readouterr().out
