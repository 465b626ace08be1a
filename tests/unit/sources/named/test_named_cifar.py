"""CIFAR in both versions: the same images from either, and nothing of a pickle is ever run."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest

import made_named
from sempairs.core.errors import UserError
from sempairs.sources.base import Source
from sempairs.sources.decode import square
from sempairs.sources.lazy import MappedFrames
from sempairs.sources.named import cifar
from sempairs.sources.opening import open_source

NAMES = ("cifar10", "cifar100")


@pytest.fixture(params=NAMES)
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> made_named.MadeCifar:
    return made_named.make_cifar(request.param, tmp_path / "root", monkeypatch)


def opened(made: made_named.MadeCifar, **options: object) -> Source:
    return open_source({"name": made.name, "root": str(made.base), **options})


@pytest.mark.parametrize("version", ["write_binary", "write_python"])
def test_images_and_classes(made: made_named.MadeCifar, version: str) -> None:
    getattr(made, version)()
    for split, rows in made.splits.items():
        source = opened(made, split=split)
        np.testing.assert_array_equal(source.frames, made.frames[split])
        assert source.labels is not None
        found = [source.label_names[number] for number in source.labels]
        assert list(zip(source.ids, found, strict=True)) == rows
        if made.name == "cifar100":
            numbers = made.numbers[split]["coarse_labels"]
            assert source.columns["superclass"].tolist() == [cifar.SUPERCLASSES[n] for n in numbers]


def test_torchvision_unpickles_the_same(made: made_named.MadeCifar) -> None:
    made.write_python()
    for split in ("train", "test"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's about how old the pickle is
            theirs = made.member(made.base, train=split == "train")
        source = opened(made, split=split)
        np.testing.assert_array_equal(source.frames, theirs.data)
        assert source.labels is not None
        assert source.labels.tolist() == theirs.targets


def test_the_binary_version_comes_first(made: made_named.MadeCifar) -> None:
    made.write_python()
    made.frames["train"][0] ^= 255
    made.write_binary()
    np.testing.assert_array_equal(opened(made).frames, made.frames["train"])


def test_another_size(made: made_named.MadeCifar) -> None:
    made.write_binary()
    source = opened(made, size=20)
    np.testing.assert_array_equal(source.frames, np.stack([square(frame, 20) for frame in made.frames["train"]]))
    assert source.hashes.tolist() == opened(made).hashes.tolist()
    assert isinstance(source.frames, MappedFrames)


def test_a_file_with_another_md5_is_refused(made: made_named.MadeCifar) -> None:
    made.write_python()
    file = made.base / made.member.base_folder / made.member.train_list[0][0]
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(UserError, match=r"not the authors'\n  got: .* has another md5"):
        opened(made)
    assert len(opened(made, split="test")) == 6


class Attack:
    """Pickles to a call that makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_malicious_pickle_runs_nothing_even_with_the_right_md5(
    made: made_named.MadeCifar, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    made.write_python()
    ran = made.base / "ran"
    pickle.loads(pickle.dumps(Attack(ran), protocol))  # noqa: S301 - the attack works where pickles are loaded
    ran.unlink()
    folder, (first, _) = made.base / made.member.base_folder, made.member.test_list[0]
    good = (folder / first).read_bytes()
    hostile = pickle.dumps(Attack(ran), protocol)
    # On its own; and after the content, where the dictionary's keys and values have ended.
    for data in (hostile, good[:-1] + hostile[2 if protocol >= 2 else 0 :]):
        (folder / first).write_bytes(data)
        with pytest.raises(UserError, match="another md5"):
            opened(made, split="test")
        monkeypatch.setattr(made.member, "test_list", [[first, made_named.md5(folder / first)]])
        if data is hostile:
            with pytest.raises(UserError, match="not the authors'"):
                opened(made, split="test")
        else:
            np.testing.assert_array_equal(opened(made, split="test").frames, made.frames["test"])
        assert not ran.exists()
        monkeypatch.setattr(made.member, "test_list", [[first, "0"]])


def test_a_binary_file_of_another_length(made: made_named.MadeCifar) -> None:
    made.write_binary()
    folder, files = cifar.BINARY[made.name]
    file = made.base / folder / files["train"][0]
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"not the authors'\n  got: \d+ bytes in cifar-10.?-.*, where there are \d+\n"):
        opened(made)


def test_a_class_that_there_is_not(made: made_named.MadeCifar) -> None:
    for values in made.numbers["train"].values():
        values[3] = 100
    made.write_binary()
    with pytest.raises(UserError, match=r"class 100, where there are (10|20)\n"):
        opened(made)


def test_a_python_version_with_too_few_images(made: made_named.MadeCifar, monkeypatch: pytest.MonkeyPatch) -> None:
    made.write_python()
    monkeypatch.setattr(cifar, "TOTAL", {"train": 50_000, "test": 10_000})
    with pytest.raises(UserError, match="got: 12 images, where there are 50000"):
        opened(made)


def test_missing_files(made: made_named.MadeCifar) -> None:
    with pytest.raises(UserError) as refused:
        opened(made)
    assert refused.value.problem == f"{made.name} train is not in {str(made.base)!r}"
    assert "-binary.tar.gz or cifar-10" in str(refused.value.todo)
    assert "`download` fetches it" in str(refused.value.todo)
    assert not made.base.exists()


def test_a_size_out_of_range(made: made_named.MadeCifar) -> None:
    with pytest.raises(UserError, match="choose 1 to 4096"):
        opened(made, size=0)


def test_the_classes() -> None:
    # The data set's page: 10, 100 and 20 names, each list sorted.
    for names, count in ((cifar.CIFAR10, 10), (cifar.CIFAR100, 100), (cifar.SUPERCLASSES, 20)):
        assert len(set(names)) == count
        assert list(names) == sorted(names)
