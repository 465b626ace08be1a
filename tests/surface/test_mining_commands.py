"""`pairs mine` and `sources features` on the command line: what they write, and what they refuse without writing."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from made_files import encoded
from sempairs.cli.main import app
from sempairs.core.seeds import rng
from sempairs.pairs import PairSet
from sempairs.sources.opening import open_source

N = 48


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """48 photographs of two classes by three cameras, one without a camera; a table of them, and features."""
    monkeypatch.chdir(tmp_path)
    rows = ["image,label,camera,visit"]
    for number in range(N):
        pixels = rng("mined photo", number).integers(0, 200, (12, 12, 3), dtype=np.uint8)
        pixels[:, :, number % 2] += 55
        Path(f"{number:02}.png").write_bytes(encoded(pixels))
        camera = "" if number == 0 else f"c{number % 3}"
        rows.append(f"{number:02}.png,{('bag', 'coat')[number % 2]},{camera},{number}")
    Path("photos.csv").write_text("\n".join(rows))
    theirs("good.parquet", id=[f"{number:02}.png" for number in range(N)], x=rng("good").normal(size=(N, 4)).tolist())


MINE = [
    "pairs",
    "mine",
    "photos.csv",
    "--set",
    "source.label=label",
    "--set",
    "source.size=12",
    "--out",
    "mined.parquet",
]
SMALL = ["--set", "features.dim=8", "--set", "features.side=6"]
GOOD = ["--features", "good.parquet"]


FEATURES = ["sources", "features", "photos.csv", "--set", "source.size=12", *SMALL]


def theirs(path: str, **columns: object) -> None:
    pq.write_table(pa.table(columns), path)


def run(capsys, *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as exit:
        app([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return exit.value.code or 0, said.out + said.err


def done(capsys, *arguments: str) -> str:
    code, said = run(capsys, *arguments)
    assert code == 0, said
    return said


def opened():
    return open_source({"name": "table", "path": "photos.csv", "label": "label", "size": 12})


def test_within_and_across(photos, capsys):
    said = done(capsys, *MINE, *GOOD, "--miner", "nearest", "--within", "label", "--across", "camera")
    assert "left out 1 images without a value in 'label' or 'camera'" in said
    assert "purity 100.0%" in said
    pairs, source = PairSet.load(Path("mined.parquet")), opened()
    assert len(pairs) == N - 1
    camera = source.columns["camera"][pairs.positions(source)]
    assert (camera[:, 0] != camera[:, 1]).all()
    assert set(pairs.column("group")) == {"bag", "coat"}


def test_several_encoders_have_options_of_their_own(photos, capsys):
    both = [*MINE, "--features", "pca", "--features", "gradients", "--set", "gradients.dim=6"]
    done(capsys, *both, "--set", "pca.dim=8", "--set", "pca.side=6", "--miner", "agreement", "--set", "miner.k=12")
    pairs = PairSet.load(Path("mined.parquet"))
    assert len(pairs.origin.encoder.split("+")) == 2
    # One of them has the name, and so the features, that it has alone.
    done(capsys, *FEATURES, "--out", "f.parquet")
    assert pairs.origin.encoder.split("+")[0] in pq.read_schema("f.parquet").metadata[b"sempairs features"].decode()


def test_features_written_and_mined_are_those_mined_at_once(photos, capsys):
    done(capsys, *FEATURES, "--out", "f.parquet")
    done(capsys, *MINE, "--features", "f.parquet")
    from_file = PairSet.load(Path("mined.parquet")).hash
    done(capsys, *MINE, *SMALL)
    assert PairSet.load(Path("mined.parquet")).hash == from_file


def test_an_array_is_mined_with_a_warning(photos, capsys):
    np.save("x.npy", rng("x").normal(size=(N, 4)))
    assert "warning: x.npy names no images" in done(capsys, *MINE, "--features", "x.npy")
    assert PairSet.load(Path("mined.parquet")).origin.encoder.startswith("file:")


def bad_files() -> None:
    ids, values = [f"{number:02}.png" for number in range(N)], rng("theirs").normal(size=(N, 4))
    theirs("twice.parquet", id=[*ids[1:], ids[1]], x=values.tolist())
    theirs("others.parquet", id=[f"other/{id}" for id in ids], x=values.tolist())
    theirs("short.parquet", id=ids[1:], x=values[1:].tolist())
    theirs("uneven.parquet", id=ids, x=[*values[1:].tolist(), [1.0]])
    for name, value in (("nan", np.nan), ("zero", 0.0)):
        values[7] = value
        theirs(f"{name}.parquet", id=ids, x=values.tolist())
    np.save("short.npy", values[1:])
    Path("text.parquet").write_text("no features")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--within", "camrea"], "did you mean 'camera'"),
        (["--across", "camrea"], "did you mean 'camera'"),
        (["--within", "camera", "--across", "camera"], "cannot both share a value and differ in it"),
        (["--within", "visit"], "no pair within any value of 'visit'"),  # each image is a visit of its own
        (["--within", "label", "--set", "miner.k=24"], "k = 24 for 24 images"),
        (["--miner", "cluster", "--set", "miner.clusters=4", "--across", "camera"], "partner=nearest"),
        (
            ["--miner", "band", "--set", "miner.low=0.9999", "--set", "miner.high=1.0"],
            "no two images have a similarity",
        ),
        (["--miner", "agreement", "--set", "miner.agree=2"], "between 1 and the number of encoders"),
        (["--features", "twice.parquet"], "has an id twice"),
        (["--features", "others.parquet"], "no features of 48 of 48 images"),
        (["--features", "short.parquet"], "no features of 1 of 48 images"),
        (["--features", "uneven.parquet"], "vectors of one length"),
        (["--features", "nan.parquet"], "1 of 48 rows are zero or not finite"),
        (["--features", "zero.parquet"], "1 of 48 rows are zero or not finite"),
        (["--features", "short.npy"], "47 rows for 48 images"),
        (["--features", "text.parquet"], "cannot read the features"),
        (["--features", "none.parquet"], "there is no file of features"),
        (["--features", "twice.parquet", "--set", "features.dim=3"], "has no options left to set"),
        (["--features", "pca", "--features", "gradients", "--set", "features.dim=3"], "any of several encoders"),
        (["--features", "pca", "--features", "pca"], "an encoder is named twice"),
        (["--features", "pca", "--features", "gradients", "--set", "pac.dim=3"], "did you mean 'pca'"),
        (["--features", "pcb"], "did you mean 'pca'"),
    ],
)
def test_what_cannot_be_mined_is_an_error_and_nothing_is_written(arguments, message, photos, capsys):
    bad_files()
    code, said = run(capsys, *MINE, *([] if "--features" in arguments else GOOD), *arguments)
    assert code == 2
    assert message in said
    assert not list(Path().glob("*mined*"))


def test_features_of_images_that_changed_are_refused(photos, capsys):
    done(capsys, *FEATURES, "--out", "f.parquet")
    Path("07.png").write_bytes(Path("08.png").read_bytes())
    code, said = run(capsys, *MINE, "--features", "f.parquet")
    assert code == 2
    assert "other content in 1 images, '07.png' among them" in said
    assert not Path("mined.parquet").exists()


def test_features_are_written_as_parquet_only(photos, capsys):
    code, said = run(capsys, *FEATURES, "--out", "f.npy")
    assert code == 2
    assert "--out f.parquet" in said
    done(capsys, *FEATURES, "--out", "f.parquet")
    code, said = run(capsys, "pairs", "audit", "f.parquet")
    assert code == 2
    assert "not a pair set" in said
