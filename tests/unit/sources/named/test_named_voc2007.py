"""VOC 2007: which objects an image shows, and annotations that are not to be trusted."""

from pathlib import Path

import pytest
import torchvision.datasets

import made_named
from sempairs.core.errors import UserError
from sempairs.sources.decode import BadImage
from sempairs.sources.named.voc2007 import CLASSES, read_objects, voc2007


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> made_named.Made:
    return made_named.voc2007(tmp_path / "root", monkeypatch)


def annotate(made: made_named.Made, number: int, text: str | bytes) -> Path:
    path = made.base / "Annotations" / f"{number:06}.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def root_of(made: made_named.Made) -> str:
    return str(made.base.parents[1])


def test_objects_and_difficult_ones(made: made_named.Made) -> None:
    annotate(made, 1, made_named.annotation([("sheep", 0), ("dog", 0), ("dog", 0), ("cat", 1), ("dog", 1)]))
    annotate(made, 2, made_named.annotation([("tvmonitor", 1), ("bird", 1)]))
    annotate(made, 3, made_named.annotation([]))
    source = voc2007(root=root_of(made), size=8)
    # The development kit: an image is right for a class with one example that is not difficult, wrong with none at
    # all, and left out of account with difficult ones only.
    assert source.columns["objects"].tolist()[:4] == ["dog|sheep", "", "", "dog"]
    assert source.columns["difficult"].tolist()[:4] == ["cat", "bird|tvmonitor", "", ""]
    assert (source.labels, source.label_names, len(source)) == (None, (), 12)
    assert source.name == "voc2007 trainval"


def test_torchvision_reads_the_same_objects(made: made_named.Made) -> None:
    annotate(made, 1, made_named.annotation([("sheep", 0), ("dog", 0)]))
    theirs = torchvision.datasets.VOCDetection(root_of(made), year="2007", image_set="trainval")
    objects = ["|".join(sorted(one["name"] for one in theirs[i][1]["annotation"]["object"])) for i in range(12)]
    assert voc2007(root=root_of(made), size=8).columns["objects"].tolist() == objects


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<!DOCTYPE a [<!ENTITY b "cat"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>', "it has a document type"),
        ('<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>', "it has a document type"),
        ("<!DOCTYPE a><annotation/>".encode("utf-16"), "not XML"),
        ("<?xml version='1.0' encoding='utf-7'?>+ADwAIQ-DOCTYPE a+AD4-<annotation/>", "not XML"),
        ("<annotation>&b;</annotation>", "not XML"),
        ("<annotation><object>", "not XML"),
        ("", "not XML"),
        (b"\xff\xfe\x00", "not XML"),
        ("<annotation>" + " " * 2**20 + "</annotation>", "more than the 1048576 allowed"),
        (made_named.annotation([("cat|dog", 0)]), "names 'cat|dog', which is no class"),
        ("<annotation><object/></annotation>", "names '', which is no class"),
    ],
)
def test_a_hostile_or_damaged_annotation_leaves_its_image_out(
    made: made_named.Made, text: str | bytes, reason: str
) -> None:
    path = annotate(made, 2, text)
    with pytest.raises(BadImage, match="".join(f"[{c}]" if c in "|" else c for c in reason)):
        read_objects(path)
    source = voc2007(root=root_of(made), size=8)
    (row,) = source.quarantined
    assert row.id == "JPEGImages/000002.jpg"
    assert row.reason.startswith("its annotation: ")
    assert reason in row.reason
    assert source.columns["objects"].tolist() == [name for _, name in made.splits["trainval"] if _ != row.id]


def test_deep_nesting_is_harmless(made: made_named.Made) -> None:
    path = annotate(made, 2, "<a>" * 20_000 + "</a>" * 20_000)
    assert read_objects(path) == (set(), set())


def test_a_name_that_no_file_can_have(made: made_named.Made) -> None:
    listing = made.base / "ImageSets" / "Main" / "trainval.txt"
    listing.write_text(listing.read_text() + "a\0b\n")
    (row,) = voc2007(root=root_of(made), size=8).quarantined
    assert (row.id, row.reason) == ("JPEGImages/a\0b.jpg", "its annotation: not XML: embedded null byte")


def test_a_missing_annotation(made: made_named.Made) -> None:
    (made.base / "Annotations" / "000005.xml").unlink()
    (row,) = voc2007(root=root_of(made), size=8).quarantined
    assert (row.id, row.reason) == (
        "JPEGImages/000005.jpg",
        "its annotation: cannot be read: No such file or directory",
    )


def test_test_images_without_the_archive_of_the_test(made: made_named.Made) -> None:
    (made.base / "ImageSets" / "Main" / "test.txt").unlink()
    with pytest.raises(
        UserError, match=r"no VOCdevkit/VOC2007/ImageSets/Main/test\.txt .*\n.*VOCtest_06-Nov-2007\.tar"
    ):
        voc2007(root=root_of(made), split="test")


def test_there_are_twenty_classes() -> None:
    assert len(set(CLASSES)) == 20  # the challenge's number
    assert list(CLASSES) == sorted(CLASSES)
