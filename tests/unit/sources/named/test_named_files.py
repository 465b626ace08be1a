"""The data sets of image files: what torchvision's public face shows, our sources show, and bad files are survived."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import torchvision.datasets
from PIL import Image

import made_named
from made_files import encoded, photo
from sempairs.core.errors import UserError
from sempairs.core.files import read_json
from sempairs.sources import manifest
from sempairs.sources.base import Source
from sempairs.sources.decode import LIMITS, decode, square
from sempairs.sources.opening import open_source

KINDS = list(made_named.FILES)
LABELLED = [name for name in KINDS if name != "voc2007"]
UNLISTED = ("caltech101", "sun397")
"""All files of a folder: what is not there is not missed."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data sets"


def opened(name: str, root: Path, **options: object) -> Source:
    return open_source({"name": name, "root": str(root), "size": 16, **options})


def class_names(source: Source) -> list[str]:
    assert source.labels is not None
    return [source.label_names[number] for number in source.labels]


@pytest.mark.parametrize("name", KINDS)
def test_every_split_has_its_images_with_their_classes_and_pixels(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_named.FILES[name](root, monkeypatch)
    for split, rows in made.splits.items():
        source = opened(name, root, **({"split": split} if split else {}))
        assert source.ids.tolist() == [id for id, _ in rows]
        assert source.name.startswith(name)
        if name in LABELLED:
            assert class_names(source) == [label for _, label in rows]
        for id, frame in zip(source.ids, source.frames, strict=True):
            with Image.open(made.base / id) as image:
                # 24 x 20 pixels: the central square has a side of 20 and begins 2 pixels below the top.
                expected = image.convert("RGB").resize((16, 16), Image.Resampling.BICUBIC, box=(0, 2, 20, 22))
            np.testing.assert_array_equal(frame, np.asarray(expected))


PUBLIC: dict[str, tuple[str, dict[str, Any]]] = {
    "food101": ("Food101", {"split": "train"}),
    "cars": ("StanfordCars", {"split": "train"}),
    "aircraft": ("FGVCAircraft", {"split": "trainval"}),
    "dtd": ("DTD", {"split": "train"}),
    "pets": ("OxfordIIITPet", {"split": "trainval"}),
    "flowers102": ("Flowers102", {"split": "train"}),
    "caltech101": ("Caltech101", {}),
    "sun397": ("SUN397", {}),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_torchvision_indexed_image_by_image_shows_the_same(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_named.FILES[name](root, monkeypatch)
    member, options = PUBLIC[name]
    data = getattr(torchvision.datasets, member)(str(root), **options)
    source = opened(name, root)
    classes = getattr(data, "classes", None) or data.categories
    assert list(source.label_names) == list(classes)
    theirs = [(square(np.asarray(image), 16).tobytes(), int(label)) for image, label in (data[i] for i in range(12))]
    assert source.labels is not None
    ours = [(frame.tobytes(), int(label)) for frame, label in zip(source.frames, source.labels, strict=True)]
    if name == "sun397":  # theirs are in the order of the file system
        theirs, ours = sorted(theirs), sorted(ours)
    assert ours == theirs


@pytest.mark.parametrize("name", KINDS)
def test_a_bad_file_is_quarantined_and_the_others_keep_their_places(
    name: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = made_named.FILES[name](root, monkeypatch)
    rows = next(iter(made.splits.values()))
    (made.base / rows[2][0]).write_text("no image")
    source = opened(name, root)
    assert [row.id for row in source.quarantined] == [rows[2][0]]
    assert source.quarantined[0].reason.startswith("not an image of a known format")
    kept = rows[:2] + rows[3:]
    assert source.ids.tolist() == [id for id, _ in kept]
    if name in LABELLED:
        assert class_names(source) == [label for _, label in kept]
    else:
        assert source.columns["objects"].tolist() == [label for _, label in kept]
    with pytest.raises(UserError, match="too many of the 12 images"):
        opened(name, root, bad_share=0.0)


@pytest.mark.parametrize("name", [name for name in KINDS if name not in UNLISTED])
def test_a_missing_file_is_quarantined(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.FILES[name](root, monkeypatch)
    gone = next(iter(made.splits.values()))[4][0]
    (made.base / gone).unlink()
    source = opened(name, root)
    assert [(row.id, row.reason) for row in source.quarantined] == [(gone, "cannot be read: No such file or directory")]


@pytest.mark.parametrize("name", KINDS)
def test_without_files_the_message_says_what_belongs_where(name: str, root: Path, tmp_path: Path) -> None:
    for folder in (root, tmp_path):
        with pytest.raises(UserError) as refused:
            opened(name, folder)
        assert f"is not in {os.fspath(folder)!r}" in refused.value.problem
        assert str(refused.value.got).startswith("no ")
        assert f"into {folder}" in str(refused.value.todo)
        assert ("`download` fetches it" in str(refused.value.todo)) == (name not in ("birdsnap", "cars"))
    assert not root.exists()  # torchvision's Caltech101 would make it


def test_what_is_missing_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_named.food101(root, monkeypatch)
    (root / "food-101" / "meta" / "train.json").unlink()
    with pytest.raises(UserError, match=r"no food-101/meta/train\.json in it\n.*unpack food-101\.tar\.gz into"):
        opened("food101", root)
    assert len(opened("food101", root, split="test")) == 6


def test_aircraft_have_families_and_manufacturers(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_named.aircraft(root, monkeypatch)
    source = opened("aircraft", root)
    families = [made_named.FAMILIES[name] for name in class_names(source)]
    assert list(zip(source.columns["family"], source.columns["manufacturer"], strict=True)) == families


def test_pets_have_a_species(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_named.pets(root, monkeypatch)
    source = opened("pets", root)
    assert source.label_names == ("Abyssinian", "American Bulldog", "Bengal")
    dogs = ["dog" if name == "American Bulldog" else "cat" for name in class_names(source)]
    assert source.columns["species"].tolist() == dogs


def test_partitions(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.dtd(root, monkeypatch)
    assert opened("dtd", root, partition=2).ids.tolist() == [made.splits["val"][0][0]]
    made_named.sun397(root, monkeypatch)
    with pytest.raises(UserError, match=r"no SUN397/Testing_03\.txt in it\n.*Partitions\.zip into .*/SUN397"):
        opened("sun397", root, split="test", partition=3)
    for name in ("dtd", "sun397"):
        with pytest.raises(UserError, match="choose 1 to 10"):
            opened(name, root, partition=11)


def test_a_partition_that_names_an_image_that_is_not_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.sun397(root, monkeypatch)
    with (made.base / "Testing_01.txt").open("a") as file:
        file.write("/a/abbey/sun_gone.jpg\n")
    source = opened("sun397", root, split="test", bad_share=0.2)
    assert len(source) == 6
    assert [row.id for row in source.quarantined] == ["a/abbey/sun_gone.jpg"]


def test_caltechs_background_is_no_class(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_named.caltech101(root, monkeypatch)
    assert opened("caltech101", root).label_names == ("Faces", "accordion", "yin_yang")


def test_lists_and_links_that_lead_out_of_the_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.dtd(root, monkeypatch)
    (root / "secret.jpg").write_bytes(encoded(photo(50)))
    (root / "dtd" / "secret.jpg").write_bytes(encoded(photo(51)))
    listing = made.base / "labels" / "train1.txt"
    lines = listing.read_text().splitlines()
    (made.base / "images" / "banded" / "link.jpg").symlink_to(root / "secret.jpg")
    (made.base / "images" / "elsewhere").symlink_to(root)
    (made.base / "images" / "banded" / "round.jpg").symlink_to("round.jpg")
    bad = [
        "../secret.jpg",
        "banded/link.jpg",
        "elsewhere/secret.jpg",
        "banded/round.jpg",
        "banded/a\0b.jpg",
        "banded/..",
    ]
    listing.write_text("\n".join([*lines, *bad]))
    source = opened("dtd", root, bad_share=0.5)
    assert len(source) == 12
    reasons = {row.id: row.reason for row in source.quarantined}
    out = "a path that leaves the folder of the data set"
    assert reasons.pop("images/banded/round.jpg").startswith("cannot be read: ")
    assert reasons == {
        "images/../secret.jpg": "cannot be read: No such file or directory",  # dtd/dtd/secret.jpg: below the base
        "images/banded/link.jpg": out,
        "images/elsewhere/secret.jpg": out,
        "images/banded/a\0b.jpg": "not a path",
        "images/banded/..": "not a regular file",
    }


def test_names_that_no_file_can_have(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.food101(root, monkeypatch)
    listing = made.base / "meta" / "train.json"
    lists = json.loads(listing.read_text())
    lists["waffles"] += ["a\0b/c", "\ud800/c", "waffles/\ud800", "y" * 300]
    listing.write_text(json.dumps(lists))
    source = opened("food101", root, bad_share=0.5)
    assert len(source) == 12
    assert [(row.id, row.reason) for row in source.quarantined] == [
        ("images/a\0b/c.jpg", "not a path"),
        (r"images/\ud800/c.jpg", "not a path"),
        (r"images/waffles/\ud800.jpg", "not a path"),
        (f"images/{'y' * 300}.jpg", "cannot be read: File name too long"),
    ]


def test_an_absolute_path_in_a_list(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.cars(root, monkeypatch)
    secret = root / "secret.jpg"
    secret.write_bytes(encoded(photo(50)))
    listing = made.base / "devkit" / "cars_train_annos.mat"
    content = scipy.io.loadmat(listing, squeeze_me=True)["annotations"]
    content[4]["fname"], content[5]["fname"] = str(secret), "../../secret.jpg"
    scipy.io.savemat(listing, {"annotations": content})
    source = opened("cars", root, bad_share=0.5)
    assert len(source) == 10
    assert {row.reason for row in source.quarantined} == {"a path that leaves the folder of the data set"}


def test_a_linked_data_set_is_opened(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_named.pets(tmp_path / "big disk", monkeypatch)
    root.mkdir()
    (root / "oxford-iiit-pet").symlink_to(tmp_path / "big disk" / "oxford-iiit-pet")
    assert len(opened("pets", root)) == 12


def test_an_image_listed_twice(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.dtd(root, monkeypatch)
    listing = made.base / "labels" / "train1.txt"
    listing.write_text(listing.read_text() + "lined/lined_0002.jpg\n")
    with pytest.raises(UserError, match=r"lists an image twice\n  got: 'images/lined/lined_0002\.jpg'"):
        opened("dtd", root)


def test_class_numbers_without_a_name(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.cars(root, monkeypatch)
    scipy.io.savemat(made.base / "devkit" / "cars_meta.mat", {"class_names": np.array(["a", "b"], dtype=object)})
    with pytest.raises(UserError, match=r"class numbers without a name\n  got: 0 to 2, where there are 2 classes"):
        opened("cars", root)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("food101", "meta/train.json"),
        ("cars", "devkit/cars_train_annos.mat"),
        ("aircraft", "data/images_variant_trainval.txt"),
        ("dtd", "labels/train1.txt"),
        ("pets", "annotations/trainval.txt"),
        ("flowers102", "setid.mat"),
        ("sun397", "ClassName.txt"),
    ],
)
def test_a_damaged_list(name: str, file: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.FILES[name](root, monkeypatch)
    (made.base / file).write_bytes(b"damaged \xff\n" * 3)
    with pytest.raises(UserError, match=f"torchvision cannot read {name}") as refused:
        opened(name, root)
    assert "use the authors' files: unpack " in str(refused.value.todo) or name == "cars"


def test_a_matlab_file_is_not_unpickled(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.cars(root, monkeypatch)
    ran = root / "ran"
    attack = f"cos\nsystem\n(S'touch {ran}'\ntR.".encode()
    (made.base / "devkit" / "cars_train_annos.mat").write_bytes(attack)
    with pytest.raises(UserError, match="torchvision cannot read cars"):
        opened("cars", root)
    assert not ran.exists()


@pytest.mark.parametrize("root", ["a\0b", "x" * 5000])
def test_a_root_that_is_no_path(root: str) -> None:
    with pytest.raises(UserError):
        opened("pets", Path(root))


def test_names_that_are_not_utf8(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.caltech101(root, monkeypatch)
    os.rename(
        made.base / "101_ObjectCategories" / "yin_yang", os.fsencode(made.base) + b"/101_ObjectCategories/yin\xff"
    )
    source = opened("caltech101", root)
    assert source.label_names == ("Faces", "accordion", r"yin\udcff")
    assert r"101_ObjectCategories/yin\udcff/image_0001.jpg" in source.ids
    assert len(source.fingerprint) == 16


def test_the_splits_remember_their_files_side_by_side(root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_named.food101(root, monkeypatch)
    monkeypatch.setattr(manifest, "FRESH", -1)  # remember files however new they are
    for split in ("train", "test"):
        opened("food101", root, split=split)
    assert sorted(len(read_json(book)["files"]) for book in (cache / "manifests").iterdir()) == [6, 12]


def test_our_decoding_is_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_named.food101(root, monkeypatch)
    id = made.splits["train"][0][0]
    grey = photo(7)[..., 0]
    (made.base / id).write_bytes(encoded(np.dstack([grey] * 3 + [np.full_like(grey, 9)])))  # transparent
    np.testing.assert_array_equal(
        opened("food101", root).frames[0], square(decode((made.base / id).read_bytes(), LIMITS), 16)
    )
