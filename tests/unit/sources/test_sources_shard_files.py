"""Which tar files a path, a pattern or braces mean."""

import os
from pathlib import Path

import pytest

from sempairs.core.errors import UserError
from sempairs.sources.shard_files import shard_files


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six shards in three folders, and what is no shard."""
    monkeypatch.chdir(tmp_path)
    for name in ("train/note.txt", "train/x.tar.part", "other/train-00.tar", "odd/{1..2}.tar", "odd/[1].tar"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    for number in range(9, 12):
        Path(f"train/train-{number:02}.tar").touch()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("train", ["train/train-09.tar", "train/train-10.tar", "train/train-11.tar"]),
        ("train/train-1*.tar", ["train/train-10.tar", "train/train-11.tar"]),
        ("train/train-{09..10}.tar", ["train/train-09.tar", "train/train-10.tar"]),
        ("train/train-{11,09}.tar", ["train/train-11.tar", "train/train-09.tar"]),
        (("other", "train/train-10.tar"), ["other/train-00.tar", "train/train-10.tar"]),
        ("train/x.tar.part", ["train/x.tar.part"]),
        ("odd/[1].tar", ["odd/[1].tar"]),
        ("odd/{1..2}.tar", ["odd/{1..2}.tar"]),  # the file of this very name
    ],
)
def test_what_a_path_means(path: str | tuple[str, ...], expected: list[str]) -> None:
    assert [os.path.relpath(file) for file in shard_files(path)] == expected


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("train/train-{09..12}.tar", "no tar file at 'train/train-12.tar'"),
        ("train/note*", "no tar file at"),
        ("pipe:cat train/train-09.tar", "no tar file at 'pipe:cat"),
        ("https://localhost/{0..1}.tar", "no tar file at 'https://localhost/0.tar'"),
        ("a\0b", "cannot open the shards"),
        ("", "cannot open the shards"),
        ((), "no shards are named"),
        ("{0..999999999}.tar", "no tar file at '0.tar'"),
        ("train/train-09.t{a,a}r" + "{,}" * 60, r"two shards have one name.*\n.*'train-09'"),
        (("train", "train/train-09.tar"), r"two shards have one name.*\n.*'train-09'"),
    ],
)
def test_paths_without_shards(path: str | tuple[str, ...], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        shard_files(path)


def test_a_named_pipe_is_no_shard(tmp_path: Path) -> None:
    os.mkfifo("pipe.tar")
    with pytest.raises(UserError, match="no tar file at"):
        shard_files("pipe.tar")
