"""What users get wrong ends in one clear message and exit code 2: no traceback, nothing half-written."""

import errno
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sempairs.core import files
from sempairs.core.seeds import rng


def photos(folder: Path, classes: int = 2, each: int = 12, size: int = 16) -> Path:
    """A folder of small photographs, one subfolder for each class."""
    random = rng("photos", str(folder.name))
    for label in range(classes):
        (folder / f"class {label}").mkdir(parents=True)
        for number in range(each):
            pixels = random.integers(0, 100, (size, size, 3), dtype=np.uint8) + np.uint8(100 * label)
            Image.fromarray(pixels).save(folder / f"class {label}" / f"{number:03}.png")
    return folder


def refused(result: tuple[int, str, str], *patterns: str) -> None:
    code, _, err = result
    assert code == 2, err
    for pattern in patterns:
        assert re.search(pattern, err), err


SMALL = ["--set", "source.size=12", "--set", "training.batch_size=8", "--set", "training.passes=1"]


def test_a_path_that_is_not_there(run):
    refused(run("sources", "show", "no/such/folder"), "neither a folder nor a source called 'no/such/folder'")
    refused(run("pairs", "build", "no/such", "--out", "pairs.parquet"), "neither a folder nor a source")
    refused(run("train", "none.parquet"), "there is no pair set at none.parquet", "pairs build")
    refused(run("evaluate", "runs", "--on", "digits"), "no encoder called 'runs'")
    refused(run("study", "run", "none.toml", "--out", "x"), "cannot read the study file none.toml")
    refused(run("study", "report", "nowhere"), "no folder nowhere")
    assert os.listdir() == []


def test_a_folder_that_cannot_be_read(run, monkeypatch):
    photos(Path("photos"))

    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "photos")

    monkeypatch.setattr(os, "scandir", forbidden)  # the tests may run as root, whom no permission stops
    monkeypatch.setattr(os, "walk", forbidden)
    refused(run("sources", "show", "photos"), "(?i)permission denied|cannot read|cannot be read")


def test_an_empty_folder(run):
    Path("empty").mkdir()
    refused(run("sources", "show", "empty"), "empty")


def test_a_folder_without_images(run):
    Path("texts").mkdir()
    Path("texts/notes.txt").write_text("no image")
    refused(run("pairs", "build", "texts", "--out", "pairs.parquet"), "texts")
    assert os.listdir() == ["texts"]


def test_corrupt_images_and_wrong_extensions_are_left_out_and_said(run):
    folder = photos(Path("photos"))
    (folder / "class 0" / "corrupt.png").write_bytes((folder / "class 0" / "000.png").read_bytes()[:60])
    (folder / "class 1" / "text.jpg").write_text("not an image")
    Image.open(folder / "class 0" / "001.png").save(folder / "class 0" / "really-a-gif.png", format="GIF")
    code, out, err = run("pairs", "build", "photos", "--out", "pairs.parquet", "--set", "source.size=12")
    assert code == 0, err
    assert "corrupt.png" in err
    assert "text.jpg" in err
    assert "really-a-gif.png" not in err  # the content decides, not the name
    assert out.startswith("25 pairs of 25 images")


def test_one_class_only(run):
    photos(Path("photos"), classes=1, each=20)
    assert run("pairs", "build", "photos", "--out", "pairs.parquet", *SMALL[:2])[0] == 0
    for evaluation in ("knn", "linear", "fewshot"):
        result = run("evaluate", "small-resnet", "--on", "photos", "--with", evaluation, *SMALL[:2])
        refused(result, "class")


def test_a_class_of_one_image(run):
    photos(Path("photos"), each=3)
    Path("photos/lonely").mkdir()
    Path("photos/class 0/000.png").rename("photos/lonely/000.png")
    refused(run("pairs", "build", "photos", "--out", "pairs.parquet"), "a class needs more images", "'lonely'")
    assert not Path("pairs.parquet").exists()


def test_fewer_images_than_a_batch(run):
    photos(Path("photos"))
    refused(run("train", "photos"), "fewer pairs than a batch holds", "24 pairs, batch size 256", "batch_size")


def test_a_wrong_extension_for_pairs(run):
    photos(Path("photos"))
    refused(run("pairs", "build", "photos", "--out", "pairs.csv"), "Parquet file", "pairs.csv", "pairs.parquet")
    Path("pairs.parquet").write_text("no parquet")
    refused(run("train", "pairs.parquet"), "not a Parquet file")
    refused(run("pairs", "audit", "pairs.parquet"), "not a Parquet file")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "simclear"], "did you mean 'simclr'"),
        (["--encoder", "resnet"], "no encoder called 'resnet'"),
        (["--views", "simcl"], "did you mean 'simclr'"),
        (["--set", "method.temprature=1"], "did you mean 'temperature'"),
        (["--set", "method.temperature=hot"], "temperature"),
        (["--set", "trainig.passes=1"], "did you mean 'training'"),
        (["--set", "training.passes=-1"], "training.passes must be at least 1"),
        (["--set", "passes=1"], "TABLE.OPTION=VALUE"),
        (["--no-such-option"], "(?i)no such option"),
    ],
)
def test_unknown_names_and_options(run, arguments, message):
    photos(Path("photos"))
    refused(run("train", "photos", *arguments), message)
    assert not Path("runs").exists()


def test_a_source_that_changed(run):
    photos(Path("photos"))
    assert run("pairs", "build", "photos", "--out", "pairs.parquet", "--set", "source.size=12")[0] == 0
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save("photos/class 0/003.png")
    refused(run("train", "pairs.parquet", *SMALL), "changed since the pairs were made", "class 0/003.png")
    Path("photos/class 0/003.png").unlink()
    refused(run("train", "pairs.parquet", *SMALL), "does not have 1 of the images", "class 0/003.png")


def test_a_source_that_moved(run):
    photos(Path("photos"))
    assert run("pairs", "build", "photos", "--out", "pairs.parquet", "--set", "source.size=12")[0] == 0
    Path("photos").rename("moved")
    refused(run("train", "pairs.parquet", *SMALL), "photos")
    assert run("train", "pairs.parquet", "--source", "moved", *SMALL)[0] == 0


def test_a_full_disk(run, monkeypatch):
    photos(Path("photos"))

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        refused(run("train", "photos", *SMALL), "(?i)disk is full|no space left")
    assert not list(Path().rglob("*.tmp"))
    assert run("train", "photos", *SMALL)[0] == 0  # with space again, the same command finishes


def test_control_c_stops_in_a_sentence_and_the_command_goes_on(run, tmp_path):
    photos(Path("photos"))
    long = ["train", "photos", *SMALL, "--set", "training.passes=100000"]
    # Whoever starts the tests in the background has SIGINT ignored, and children inherit that; a terminal has not.
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from sempairs.cli.main import main; main()"
    )
    process = subprocess.Popen([sys.executable, "-c", script, *long], stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 60
        while not list(Path("runs").glob("*/metrics.jsonl")) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "the same command goes on where it was" in err
    assert not list(Path().rglob("*.tmp"))
