"""`sempairs export` as a user meets it: the files it names, `sempairs evaluate` of them, and input that is no run."""

import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from made_runs import made_run
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec

SMALL = Spec(name="small-resnet", options={"width": 4})


def refused(result, *texts):
    code, _, err = result
    assert code == 2, err
    for text in texts:
        assert text in err


def test_an_export_is_evaluated_like_its_run(run):
    random = rng("export photos")
    for number in range(40):
        file = Path("photos") / ("bag", "coat")[number % 2] / f"{number:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (12, 12, 3), dtype=np.uint8)).save(file)
    folder, _ = made_run(Path("runs"), SMALL, 3)
    code, out, err = run("export", "runs", "--to", "encoder")
    assert code == 0, err
    named = [line.strip() for line in out.splitlines()[1:]]
    assert sorted(named) == sorted(str(path) for path in Path("encoder").iterdir())
    scores = [run("evaluate", name, "--on", "photos", "--with", "knn") for name in ("runs", folder, "encoder")]
    assert scores[0][0] == 0
    assert scores[0][1] == scores[1][1] == scores[2][1]


def test_what_is_no_run(run):
    refused(run("export", "nowhere", "--to", "out"), "there is no folder nowhere")
    Path("empty").mkdir()
    refused(run("export", "empty", "--to", "out"), "does not hold one finished run")
    for width in (4, 8):
        made_run(Path("runs"), Spec(name="small-resnet", options={"width": width}), 1)
    refused(run("export", "runs", "--to", "out"), "does not hold one finished run", "name one")
    assert not Path("out").exists()


def test_a_run_that_is_not_finished(run):
    folder, _ = made_run(Path("runs"), SMALL, 1)
    (folder / "result.json").unlink()
    refused(run("export", folder, "--to", "out"), "is not finished")


@pytest.mark.parametrize("name", ["settings.json", "result.json"])
@pytest.mark.parametrize("content", ["[]", "{", "\0"])
def test_a_damaged_run(run, name, content):
    folder, _ = made_run(Path("runs"), SMALL, 1)
    (folder / name).write_text(content)
    refused(run("export", folder, "--to", "out"), "is not that of a run" if content == "[]" else "is not JSON")
    assert not Path("out").exists()


def test_wrong_options(run):
    folder, _ = made_run(Path("runs"), SMALL, 1)
    refused(run("export", folder, "--to", "out", "--format", "tim"), "did you mean 'timm'")
    refused(run("export", folder, "--to", "out", "--format", "onnx"), "such as --size 32")
    refused(run("export", folder, "--to", "out", "--size", "0"), "--size")
    refused(run("export", folder), "--to")


def exported(run) -> Path:
    folder, _ = made_run(Path("runs"), SMALL, 1)
    assert run("export", folder, "--to", "out")[0] == 0
    return Path("out")


def edit(out: Path, **changes: object) -> None:
    card = json.loads((out / "export.json").read_text())
    (out / "export.json").write_text(json.dumps(card | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 2}, "another schema version"),
        ({"channels": 0}, "does not describe an exported encoder"),
        ({"code": "import os"}, "does not describe an exported encoder"),
        ({"encoder": {"name": "small-resent"}}, "did you mean 'small-resnet'"),
        ({"encoder": {"name": "small-resnet", "options": {"width": 8}}}, "do not fit"),
        ({"mean": [0.5, 0.5]}, "do not fit"),
        ({"std": [float("nan")]}, "does not describe an exported encoder"),
        ({"run": {}}, "does not describe an exported encoder"),
        ({"files": {}}, "does not read back"),
    ],
)
def test_a_damaged_card(run, changes, message):
    edit(exported(run), **changes)
    refused(run("evaluate", "out", "--on", "digits"), message)
    refused(run("export", "out", "--to", "again"), message)


def test_damaged_weights(run):
    out = exported(run)
    content = (out / "model.safetensors").read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    one_bit, no_json = content[:-1] + bytes([content[-1] ^ 1]), content[:8] + b"x" * length + content[8 + length :]
    for damaged in (b"", content[:-1], one_bit, no_json):
        (out / "model.safetensors").write_bytes(damaged)
        refused(run("evaluate", "out", "--on", "digits"), "is not the file that")
    (out / "model.safetensors").unlink()
    refused(run("evaluate", "out", "--on", "digits"), "cannot read")


@pytest.mark.parametrize("content", [b"", b"\x80\x04.", struct.pack("<Q", 2**60)])
def test_weights_that_are_none_though_their_hash_is_right(run, content):
    out = exported(run)
    (out / "model.safetensors").write_bytes(content)
    edit(out, files={"model.safetensors": hashlib.sha256(content).hexdigest()})
    refused(run("evaluate", "out", "--on", "digits"), "is not a safetensors file")
