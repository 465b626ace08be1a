"""`sempairs pairs duplicates`, `without-duplicates` and `leaks` on a folder with a planted copy."""

import inspect
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from sempairs.cli import pair_duplicates
from sempairs.cli.main import app
from sempairs.core.seeds import rng
from sempairs.pairs.duplicates import Criteria


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Run a command beside `train` (2 classes, 6 photos: a/copy.jpg is a copy of a/0.png) and `test` (3 others)."""
    monkeypatch.chdir(tmp_path)
    for number in range(8):
        name = f"train/{'ab'[number % 2]}/{number}.png" if number < 5 else f"test/{number}.png"
        photo = Image.fromarray(rng("photo", number).integers(0, 256, (9, 9, 3), dtype=np.uint8)).resize((64, 64))
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        photo.save(name)
        if number == 0:
            photo.save("train/a/copy.jpg", quality=80)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit:
            app(["pairs", *arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return int(exit.value.code or 0), out, err

    return run


def test_duplicates_are_reported_drawn_and_left_out_of_pairs(run):
    code, out, _ = run("duplicates", "train", "--out", "found.parquet", "--sheet", "sheet.png")
    assert code == 0
    assert out.startswith("2 of 6 images show the same as another; groups of such images: 1, the largest of 2\n")
    assert pq.read_table("found.parquet").select(["a", "b", "level"]).to_pylist() == [
        {"a": "a/0.png", "b": "a/copy.jpg", "level": "phash"}
    ]
    assert Path("sheet.png").read_bytes()[:4] == b"\x89PNG"
    Path("pairs.csv").write_text("a,b\na/0.png,a/copy.jpg\na/0.png,a/0.png\na/2.png,a/copy.jpg\n")
    run("import", "pairs.csv", "train", "--out", "pairs.parquet")
    code, out, _ = run("without-duplicates", "pairs.parquet", "--out", "clean.parquet")
    assert code == 0
    assert "\n1 pairs left out; 2 pairs, pair set " in out
    assert pq.read_table("clean.parquet").column("a").to_pylist() == ["a/0.png", "a/2.png"]


def test_a_leak_is_exit_code_1_and_named(run):
    run("build", "train", "--out", "class.parquet")
    code, out, _ = run("leaks", "class.parquet", "--on", "test")
    assert code == 0
    assert out.startswith("no leak found: none of 3 evaluation images stands among the 6 images shown\n")
    with Image.open("train/b/1.png") as photo:
        photo.save("test/stolen.webp", quality=80)
    code, out, err = run("leaks", "class.parquet", "--on", "test", "--set", "on.size=48")
    assert code == 1
    assert not err
    assert out.startswith("leak: 1 of 4 evaluation images (25.00%)")
    assert "'stolen.webp' is 'b/1.png'" in out
    assert run("leaks", "class.parquet", "--on", "test", "--level", "bytes")[0] == 0
    code, out, _ = run("leaks", "class.parquet", "--on", "test", "--features", "pca", "--set", "features.dim=3")
    assert code == 1
    assert "features alike" in out


def test_what_is_wrong_is_said_before_any_work(run):
    for arguments, message in [
        (("duplicates", "train", "--out", "found.csv"), "--out found.parquet"),
        (("duplicates", "train", "--out", "x.parquet", "--level", "pixel"), "did you mean 'pixels'"),
        (("duplicates", "train", "--out", "x.parquet", "--distance", "99"), "0 to 64"),
        (("leaks", "none.parquet", "--on", "test"), "there is no pair set"),
        (("without-duplicates", "none.parquet", "--out", "x.txt"), "a pair set is a Parquet file"),
    ]:
        code, out, err = run(*arguments)
        assert (code, out) == (2, "")
        assert message in err
    assert not Path("x.parquet").exists()


def test_the_defaults_of_the_command_line_are_those_of_the_criteria():
    criteria = Criteria()
    for command in (pair_duplicates.duplicates, pair_duplicates.without_duplicates, pair_duplicates.leaks):
        options = inspect.signature(command).parameters
        for name in ("distance", "correlation", "similarity"):
            assert options[name].default == getattr(criteria, name)
