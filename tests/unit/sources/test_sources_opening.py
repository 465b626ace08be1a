"""What a word on the command line means, and how a spec becomes a source."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from made_files import idx_bytes, photo_folder
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.sources import SOURCES
from sempairs.sources.base import Source, content_hashes
from sempairs.sources.opening import guess_spec, open_source


def test_the_complete_spec_stands_in_the_source(tmp_path: Path) -> None:
    root = str(photo_folder(tmp_path / "photos"))
    source = open_source({"name": "folder", "root": root, "size": 8})
    assert source.spec == Spec(name="folder", options={"root": root, "size": 8, "bad_share": 0.1, "decode": "once"})
    again = open_source(source.spec)
    assert (again.fingerprint, again.spec) == (source.fingerprint, source.spec)
    assert source.take(np.array([3, 1])).spec == source.spec


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("fasion-mnist", "there is no source called 'fasion-mnist'\n.*did you mean 'fashion-mnist'"),
        ("folder", "'folder'.root: field required"),
        ({"name": "digits", "sise": 9}, "no option 'sise'\n.*did you mean 'size'"),
        ({"name": "fashion-mnist", "split": "validation"}, "split: input should be 'train' or 'test'"),
        ({"name": "digits", "size": "large"}, "size: input should be a valid integer"),
    ],
)
def test_wrong_specs(spec: str | dict[str, str], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        open_source(spec)


def test_a_loader_of_the_users_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    def mine(*, ids: tuple[str, ...]) -> Source:
        frames = np.zeros((len(ids), 2, 2, 1), dtype=np.uint8)
        return Source("mine", np.array(ids, dtype=object), content_hashes(frames), frames)

    monkeypatch.setattr(SOURCES, "_members", dict(SOURCES._members))
    SOURCES.add("mine", mine)
    assert len(open_source({"name": "mine", "ids": ["a", "b"]})) == 2
    with pytest.raises(UserError, match="has no images"):
        open_source({"name": "mine", "ids": []})
    with pytest.raises(UserError, match="an id to more than one image"):
        open_source({"name": "mine", "ids": ["a", "b", "a"]})


def test_a_folder_a_file_and_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    assert guess_spec("photos") == Spec(name="folder", options={"root": f"{tmp_path / 'photos'}"})
    assert guess_spec(".") == Spec(name="folder", options={"root": str(tmp_path)})
    assert guess_spec("digits") == Spec(name="digits")
    images = np.zeros((2, 3, 3), dtype=np.uint8)
    (tmp_path / "x.idx").write_bytes(idx_bytes(images))
    assert guess_spec("x.idx") == Spec(name="idx", options={"images": str(tmp_path / "x.idx")})
    (tmp_path / "my-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images)))
    (tmp_path / "my-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(np.array([1, 0]))))
    spec = guess_spec("my-images-idx3-ubyte.gz")
    names = {key: os.path.basename(path) for key, path in spec.options.items()}
    assert names == {"images": "my-images-idx3-ubyte.gz", "labels": "my-labels-idx1-ubyte.gz"}
    assert open_source(spec).labels is not None
    monkeypatch.setenv("HOME", str(tmp_path))
    assert guess_spec("~/photos").options == {"root": os.fspath(tmp_path / "photos")}


def test_a_file_that_is_no_idx_file(tmp_path: Path) -> None:
    for data in (b"", b"text", b"\x1f\x8b", gzip.compress(b"text")):
        (tmp_path / "cat.jpg").write_bytes(data)
        with pytest.raises(UserError, match="is a file, but not an IDX file"):
            guess_spec(str(tmp_path / "cat.jpg"))


def test_a_wrong_word_gets_the_nearest_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    with pytest.raises(UserError, match=r"neither a folder nor a source called 'photo'\n.*did you mean 'photos'"):
        guess_spec("photo")
    with pytest.raises(UserError, match=f"did you mean '{tmp_path}/photos'"):
        guess_spec(f"{tmp_path}/fotos")
    with pytest.raises(UserError, match="did you mean 'fashion-mnist'"):
        guess_spec("fashion_mnist")
    for text in ("", "a\0b", "x" * 5000, "/no/such/place", "[/red]"):
        with pytest.raises(UserError, match=r"valid names: .*digits, .*folder, .*shards"):
            guess_spec(text)


def test_options_may_follow_the_name_of_a_source():
    assert guess_spec("shapes:n=100,size=32") == Spec(name="shapes", options={"n": 100, "size": 32})
    assert guess_spec("fashion-mnist:split=test") == Spec(name="fashion-mnist", options={"split": "test"})
    with pytest.raises(UserError, match="NAME:OPTION=VALUE"):
        guess_spec("shapes:100")
    with pytest.raises(UserError, match="neither a folder nor a source called 'photos:size=3'"):
        guess_spec("photos:size=3")
