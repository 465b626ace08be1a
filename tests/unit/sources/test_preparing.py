"""Data sets prepared from small official archives: the splits of the protocol, once, resumably, and nothing silent."""

import hashlib
import json
import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torchvision.datasets

import made_official
from made_official import COUNTS, write_official
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.sources import preparing
from sempairs.sources.base import Source
from sempairs.sources.decode import square
from sempairs.sources.named.official import OFFICIAL
from sempairs.sources.opening import open_source
from sempairs.sources.preparing import prepare

NAMES = list(OFFICIAL)
EXPECTED = {
    **{name: {split: COUNTS[split] for split in ("train", "test")} for name in NAMES},
    **{name: COUNTS for name in ("aircraft", "dtd", "flowers102", "voc2007")},
    **{name: {"train": 12, "test": 6} for name in ("cifar10", "cifar100")},
    "caltech101": {"train": 3 * 30, "test": 5 + 1 + 1},
}


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data sets"


def opened(name: str, root: Path, **options: object) -> Source:
    return open_source({"name": "prepared", "root": str(root), "dataset": name, "size": 16, **options})


def test_every_set_of_the_suite_is_there() -> None:
    assert set(made_official.OFFICIAL) == set(NAMES)
    assert len(NAMES) == 12


@pytest.mark.parametrize("name", NAMES)
def test_from_archives_to_a_source(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archives = write_official(name, root, monkeypatch)
    found = prepare(name, str(root), verified=False)
    assert found.record["splits"] == EXPECTED[name]
    assert set(archives) <= set(found.record["archives"])
    assert hashlib.sha256((root / f"{name}.parquet").read_bytes()).hexdigest() == found.record["sha256"]
    whole = opened(name, root)
    assert dict(Counter(whole.column("split").tolist())) == EXPECTED[name]
    brightness = whole.images(np.arange(len(whole))).mean(axis=(1, 2, 3))
    if name == "voc2007":
        assert whole.labels is None
        assert [one == "dog" for one in whole.column("objects")] == (brightness > 100).tolist()
    elif name != "caltech101":  # which has a third class
        assert whole.labels is not None
        assert whole.labels.tolist() == (brightness > 100).tolist()
    for split, count in EXPECTED[name].items():
        part = opened(name, root, split=split)
        assert len(part) == count
        assert part.ids.tolist() == whole.ids[whole.column("split") == split].tolist()
        for id, sha256 in zip(part.ids, part.hashes, strict=True):
            if name not in ("cifar10", "cifar100"):
                assert hashlib.sha256((root / id).read_bytes()).hexdigest() == sha256
    assert not [path for path in root.iterdir() if path.name.endswith(".unpacking")]


@pytest.mark.parametrize("name", NAMES)
def test_again_does_nothing_and_needs_no_archive(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archives = write_official(name, root, monkeypatch)
    first = prepare(name, str(root), verified=False)
    for archive in archives:
        (root / archive).unlink()
    stamps = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    assert prepare(name, str(root)).record == first.record
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()} == stamps
    (root / f"{name}.json").unlink()  # made again from what is unpacked, to the byte
    again = prepare(name, str(root))
    assert again.record == first.record


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_is_named_with_its_md5_and_its_page(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.mkdir()
    with pytest.raises(UserError, match=f"{name} cannot be prepared yet") as refused:
        prepare(name, str(root))
    said = str(refused.value.todo)
    for files in OFFICIAL[name].files:
        for file in files:
            assert file.name in said
            assert file.md5 in said
    assert OFFICIAL[name].page in said
    assert "http" not in said
    # One archive alone: the others are still wanted, and it is not any more.
    archives = write_official(name, root, monkeypatch)
    for archive in archives[1:]:
        (root / archive).unlink()
    if len(archives) > 1:
        with pytest.raises(UserError, match="cannot be prepared yet") as refused:
            prepare(name, str(root), verified=False)
        assert all(archive in str(refused.value.todo) for archive in archives[1:])
        assert f"{archives[0]} (" not in str(refused.value.todo)


def test_birdsnap_says_how_its_images_are_fetched(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("birdsnap", root, monkeypatch)
    shutil.rmtree(root / "birdsnap")
    with pytest.raises(UserError, match=r"get_birdsnap\.py"):
        prepare("birdsnap", str(root))


def test_the_md5_of_torchvision_stand_in_the_table() -> None:
    datasets = torchvision.datasets
    theirs = {
        "food101": [datasets.Food101._MD5],
        "dtd": [datasets.DTD._MD5],
        "sun397": [datasets.SUN397._DATASET_MD5],
        "cifar10": [datasets.CIFAR10.tgz_md5],
        "cifar100": [datasets.CIFAR100.tgz_md5],
        "pets": [md5 for _, md5 in datasets.OxfordIIITPet._RESOURCES],
        "flowers102": [md5 for _, md5 in datasets.Flowers102._file_dict.values()],
        "voc2007": [datasets.voc.DATASET_YEAR_DICT[year]["md5"] for year in ("2007", "2007-test")],
    }
    for name, expected in theirs.items():
        assert set(expected) <= {file.md5 for files in OFFICIAL[name].files for file in files}, name


def test_another_file_than_the_authors(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("food101", root, monkeypatch)
    with pytest.raises(UserError, match=r"food-101\.tar\.gz is not the authors' file\n  got: md5 .*theirs is 85eeb15f"):
        prepare("food101", str(root))
    assert not (root / "food-101").exists()
    found = prepare("food101", str(root), verified=False)
    assert found.record["archives"]["food-101.tar.gz"]["verified"] is False


def test_a_run_that_was_killed_goes_on(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("cars", root, monkeypatch)
    unpack, asked = preparing.unpack, []

    def dies(archive: Path, into: Path) -> int:
        asked.append(archive.name)
        unpack(archive, into)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(preparing, "unpack", dies)
    with pytest.raises(KeyboardInterrupt):
        prepare("cars", str(root), verified=False)
    (root / ".cars_test.tgz.unpacking" / "out" / "half").mkdir(parents=True)  # as a killed process leaves it
    found = prepare("cars", str(root), verified=False)
    assert asked == ["cars_train.tgz", "cars_test.tgz", "cars_test.tgz", "car_devkit.tgz"]
    assert found.record["splits"] == EXPECTED["cars"]
    assert not (root / "stanford_cars" / "half").exists()
    assert not [path for path in root.iterdir() if path.name.endswith(".unpacking")]


def test_what_somebody_has_removed_is_unpacked_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("pets", root, monkeypatch)
    first = prepare("pets", str(root), verified=False)
    for gone in (root / "oxford-iiit-pet", root / "oxford-iiit-pet" / "images"):
        shutil.rmtree(gone)
        again = prepare("pets", str(root), verified=False)
        assert again.record == first.record
        assert all((root / path).is_file() for path in again.column("image"))


def test_images_that_are_missing_are_counted_and_too_many_are_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_official("birdsnap", root, monkeypatch)
    gone = sorted((root / "birdsnap" / "download" / "images").rglob("*.jpg"))[:4]  # of 20
    for path in gone:
        path.unlink()
    with pytest.raises(UserError, match=r"too many of the 20 images of birdsnap .*\n  got: 4 of them; .*No such file"):
        prepare("birdsnap", str(root))
    found = prepare("birdsnap", str(root), bad_share=0.25)
    assert (sum(found.record["splits"].values()), found.record["left_out"]) == (16, 4)
    assert {path.relative_to(root).as_posix() for path in gone}.isdisjoint(found.column("image"))
    assert len(found.record["reasons"]) == 4


def test_a_link_that_leads_out_is_not_read(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("birdsnap", root, monkeypatch)
    (tmp_path / "elsewhere.jpg").write_bytes(made_official.shade(1))
    victim = sorted((root / "birdsnap" / "download" / "images").rglob("*.jpg"))[0]
    victim.unlink()
    victim.symlink_to(tmp_path / "elsewhere.jpg")
    assert "leaves the folder" in prepare("birdsnap", str(root)).record["reasons"][0]


def test_caltech_has_thirty_of_a_class_to_learn_from_and_no_image_twice(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = []
    for folder in (root, tmp_path / "another machine"):
        write_official("caltech101", folder, monkeypatch)
        found = prepare("caltech101", str(folder), verified=False)
        rows.append(list(zip(found.column("image"), found.column("split"), found.column("label"), strict=True)))
    assert rows[0] == rows[1]
    assert len({image for image, _, _ in rows[0]}) == len(rows[0]) == 35 + 31 + 31
    per_class = Counter((split, label) for _, split, label in rows[0])
    assert all(per_class["train", label] == 30 for label in ("BACKGROUND_Google", "accordion", "yin_yang"))
    assert per_class["test", "accordion"] == 5
    # Not the first thirty of the folder: drawn.
    assert {image[-8:] for image, split, label in rows[0] if (split, label) == ("test", "accordion")} != {
        f"{n:04}.jpg" for n in range(31, 36)
    }


def test_voc_has_several_classes_and_knows_what_is_difficult(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("voc2007", root, monkeypatch)
    prepare("voc2007", str(root), verified=False)
    test = opened("voc2007", root, split="test")
    assert test.column("objects").tolist() == ["dog" if n % 2 else "cat" for n in made_official.numbers("test")]
    assert set(test.column("difficult")) == {"sheep"}
    assert set(opened("voc2007", root, split="train").column("difficult")) == {""}


def test_a_damaged_table_is_refused_and_made_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("pets", root, monkeypatch)
    first = prepare("pets", str(root), verified=False)
    table = pq.read_table(root / "pets.parquet")
    pq.write_table(table.slice(1), root / "pets.parquet")
    with pytest.raises(UserError, match="the table of pets is damaged\n  got: its sha256"):
        opened("pets", root)
    assert prepare("pets", str(root), verified=False).record == first.record
    record = json.loads((root / "pets.json").read_text())
    (root / "pets.json").write_text(json.dumps(record | {"schema": 99}))
    with pytest.raises(UserError, match="another version"):
        opened("pets", root)


def test_an_image_that_changed_since_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("pets", root, monkeypatch)
    found = prepare("pets", str(root), verified=False)
    (root / found.column("image")[0]).write_bytes(made_official.shade(999))
    with pytest.raises(UserError, match="changed while it was read"):
        opened("pets", root)
    assert prepare("pets", str(root)).record["sha256"] != found.record["sha256"]
    assert len(opened("pets", root)) == 20
    (root / "images.tar.gz").unlink()
    (root / "annotations.tar.gz").unlink()
    (root / found.column("image")[0]).unlink()
    with pytest.raises(UserError, match=r"too many of the 20 images"):  # listed, and gone
        prepare("pets", str(root), bad_share=0.0)


def test_an_unknown_set_or_split(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="did you mean 'food101'"):
        prepare("food-101", str(root))
    with pytest.raises(UserError, match="no such folder"):
        prepare("food101", str(root))
    root.mkdir()
    with pytest.raises(UserError, match=r"food101 is not prepared in .*\n  to do: sempairs sources prepare food101"):
        opened("food101", root)
    write_official("food101", root, monkeypatch)
    prepare("food101", str(root), verified=False)
    with pytest.raises(UserError, match=r"no split 'val'\n.*choose one of test, train"):
        opened("food101", root, split="val")


def test_frames_are_the_same_however_they_are_decoded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("dtd", root, monkeypatch)
    prepare("dtd", str(root), verified=False)
    kept, read = (opened("dtd", root, decode=decode) for decode in ("once", "each-time"))
    np.testing.assert_array_equal(kept.images(np.arange(24)), read.images(np.arange(24)))
    assert kept.fingerprint == read.fingerprint


def test_cifar_is_resized_when_it_is_asked_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("cifar10", root, monkeypatch)
    prepare("cifar10", str(root), verified=False)
    small, large = opened("cifar10", root, size=32), opened("cifar10", root, size=48)
    chosen = np.array([3, 0, 17])
    expected = [square(frame, 48) for frame in small.images(chosen)]
    np.testing.assert_array_equal(large.images(chosen), np.stack(expected))
    assert not os.path.exists(root / "cifar-10-batches-py")
