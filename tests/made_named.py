"""Small data sets in the official layouts and file formats of those that `sempairs.sources.named` reads.

Each maker writes 12 images of three classes for the split that is opened by default and 6 for another one.
"""

import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import torchvision.datasets

from made_files import encoded, photo
from sempairs.core.seeds import rng
from sempairs.sources.named import cifar


@dataclass
class Made:
    """What was made: the folder that ids start from, and by split the id and the class of every image, in order."""

    base: Path
    splits: dict[str, list[tuple[str, str]]]

    def change(self) -> None:
        """Replace the third image of the split that is opened by default."""
        (self.base / next(iter(self.splits.values()))[2][0]).write_bytes(encoded(photo(99), "JPEG"))


def _write(base: Path, ids: list[str], first: int = 0) -> None:
    for number, id in enumerate(ids, first):
        (base / id).parent.mkdir(parents=True, exist_ok=True)
        (base / id).write_bytes(encoded(photo(number), "JPEG"))


def _write_text(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def _splits(base: Path, place: str, classes: tuple[str, ...], default: str, other: str) -> Made:
    """Images whose path is `place` with the split, the class and a number filled in; the classes take turns."""
    made = Made(base, {})
    for split, numbers in ((default, range(12)), (other, range(12, 18))):
        rows = [(place.format(split=split, name=classes[n % 3], n=n + 1), classes[n % 3]) for n in numbers]
        _write(base, [id for id, _ in rows], numbers[0])
        made.splits[split] = rows
    return made


def food101(root: Path, patch: pytest.MonkeyPatch) -> Made:
    base, names = root / "food-101", ("apple_pie", "ceviche", "waffles")
    made = _splits(base, "images/{name}/{n:07}.jpg", names, "train", "test")
    (base / "meta").mkdir()
    for split, rows in made.splits.items():
        rows.sort(key=lambda row: names.index(row[1]))  # the list has class after class
        lists = {name: [id[len("images/") : -4] for id, one in rows if one == name] for name in names}
        (base / "meta" / f"{split}.json").write_text(json.dumps(lists))
    return made


def cars(root: Path, patch: pytest.MonkeyPatch) -> Made:
    base, names = root / "stanford_cars", ("AM General Hummer SUV 2000", "Acura RL Sedan 2012", "smart fortwo")
    made = _splits(base, "cars_{split}/{n:05}.jpg", names, "train", "test")
    (base / "devkit").mkdir()
    lists = {"train": base / "devkit" / "cars_train_annos.mat", "test": base / "cars_test_annos_withlabels.mat"}
    kinds = [(key, object) for key in ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname")]
    for split, rows in made.splits.items():
        values = [(1, 2, 3, 4, np.uint8(names.index(name) + 1), id.rpartition("/")[2]) for id, name in rows]
        scipy.io.savemat(lists[split], {"annotations": np.array(values, dtype=kinds)})
    scipy.io.savemat(base / "devkit" / "cars_meta.mat", {"class_names": np.array(names, dtype=object)})
    return made


FAMILIES = {"737-700": ("Boeing 737", "Boeing"), "747-100": ("Boeing 747", "Boeing"), "A310": ("A310", "Airbus")}


def aircraft(root: Path, patch: pytest.MonkeyPatch) -> Made:
    base = root / "fgvc-aircraft-2013b"
    made = _splits(base, "data/images/{n:07}.jpg", tuple(FAMILIES), "trainval", "test")
    levels = {
        "variant": list(FAMILIES),
        "family": [f for f, _ in FAMILIES.values()],
        "manufacturer": ["Airbus", "Boeing"],
    }
    for level, names in levels.items():
        _write_text(base / "data" / f"{level.replace('y', 'ie')}s.txt", names)
        for split, rows in made.splits.items():
            known = {v: {"variant": v, "family": f, "manufacturer": m}[level] for v, (f, m) in FAMILIES.items()}
            lines = [f"{Path(id).stem} {known[name]}" for id, name in rows]
            _write_text(base / "data" / f"images_{level}_{split}.txt", lines)
    return made


def dtd(root: Path, patch: pytest.MonkeyPatch) -> Made:
    made = _splits(
        root / "dtd/dtd", "images/{name}/{name}_{n:04}.jpg", ("banded", "lined", "zigzagged"), "train", "val"
    )
    for split, rows in made.splits.items():
        _write_text(made.base / "labels" / f"{split}1.txt", [id[len("images/") :] for id, _ in rows])
    _write_text(made.base / "labels" / "train2.txt", [made.splits["val"][0][0][len("images/") :]])
    return made


def pets(root: Path, patch: pytest.MonkeyPatch) -> Made:
    base, raw = root / "oxford-iiit-pet", ("Abyssinian", "american_bulldog", "Bengal")
    made = _splits(base, "images/{name}_{n}.jpg", raw, "trainval", "test")
    for split, rows in made.splits.items():
        dog = {"american_bulldog": 2}
        lines = [f"{Path(id).stem} {raw.index(name) + 1} {dog.get(name, 1)} 1" for id, name in rows]
        _write_text(base / "annotations" / f"{split}.txt", lines)
    made.splits = {
        split: [(id, name.replace("_", " ").title()) for id, name in rows] for split, rows in made.splits.items()
    }
    return made


def flowers102(root: Path, patch: pytest.MonkeyPatch) -> Made:
    base, names = root / "flowers-102", tuple(torchvision.datasets.Flowers102.classes[:3])
    made = _splits(base, "jpg/image_{n:05}.jpg", names, "train", "test")
    scipy.io.savemat(base / "imagelabels.mat", {"labels": (np.arange(18, dtype=np.uint8) % 3 + 1)[None]})
    ids = {"trnid": np.arange(1, 13), "valid": np.arange(1, 2), "tstid": np.arange(13, 19)}
    scipy.io.savemat(base / "setid.mat", {key: value.astype(np.uint16)[None] for key, value in ids.items()})
    for key, name in (("label", "imagelabels.mat"), ("setid", "setid.mat")):
        patch.setitem(torchvision.datasets.Flowers102._file_dict, key, (name, md5(base / name)))
    return made


def caltech101(root: Path, patch: pytest.MonkeyPatch) -> Made:
    base, names = root / "caltech101", ("Faces", "accordion", "yin_yang")
    place = "101_ObjectCategories/{}/image_{:04}.jpg"
    rows = [(place.format(name, number), name) for name in names for number in range(1, 5)]
    _write(base, [id for id, _ in rows] + [place.format("BACKGROUND_Google", 1)])
    return Made(base, {"": rows})


def sun397(root: Path, patch: pytest.MonkeyPatch) -> Made:
    base, names = root / "SUN397", ("abbey", "airport_terminal", "apartment_building/outdoor")
    rows = [(f"a/{names[n % 3]}/sun_a{n:03}.jpg", names[n % 3]) for n in range(12)]
    _write(base, [id for id, _ in rows][::-1])
    _write_text(base / "ClassName.txt", [f"/a/{name}" for name in names])
    _write_text(base / "Training_01.txt", [f"/{id}" for id, _ in rows[5::-1]])
    _write_text(base / "Testing_01.txt", [f"/{id}" for id, _ in rows[6:]])
    return Made(base, {"all": sorted(rows), "train": rows[5::-1], "test": rows[6:]})


def birdsnap(root: Path, patch: pytest.MonkeyPatch) -> Made:
    base, names = root / "birdsnap", ("Blue Jay", "Common Raven", "Steller's Jay")
    made = _splits(base, "download/images/{name}/{n}.jpg", names, "train", "test")
    listed = sorted((row for rows in made.splits.values() for row in rows), key=lambda row: row[0])
    made.splits = {split: [row for row in listed if row in rows] for split, rows in made.splits.items()}
    path = {id: id[len("download/images/") :] for id, _ in listed}
    species = [f"{number}\t{name}\tAves {number}\t{name}" for number, name in enumerate(names, 7)]
    images = [f"somewhere\t0\t{path[id]}\t{names.index(name) + 7}\t12" for id, name in listed]
    _write_text(base / "species.txt", ["id\tcommon\tscientific\tdir", *species])
    _write_text(base / "images.txt", ["url\tmd5\tpath\tspecies_id\tbb_x1", *images])
    _write_text(base / "test_images.txt", ["path", *(path[id] for id, _ in made.splits["test"])])
    return made


def annotation(objects: list[tuple[str, int]]) -> str:
    """An annotation of VOC 2007 with these objects, difficult (1) or not (0)."""
    parts = "<part><name>head</name></part>"  # the parts of a person have names too, which are no classes
    return "\n".join(
        ["<annotation>", "<folder>VOC2007</folder>"]
        + [f"<object><name>{n}</name><difficult>{d}</difficult>{parts}</object>" for n, d in objects]
        + ["</annotation>"]
    )


def voc2007(root: Path, patch: pytest.MonkeyPatch) -> Made:
    made = _splits(root / "VOCdevkit/VOC2007", "JPEGImages/{n:06}.jpg", ("dog", "cat", "sheep"), "trainval", "test")
    for split, rows in made.splits.items():
        _write_text(made.base / "ImageSets" / "Main" / f"{split}.txt", [Path(id).stem for id, _ in rows])
        for id, name in rows:
            _write_text(made.base / "Annotations" / f"{Path(id).stem}.xml", [annotation([(name, 0)])])
    return made


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@dataclass
class MadeCifar(Made):
    """CIFAR of 12 and 6 images, frames `[n, 32, 32, 3]` and class numbers by key, in both versions."""

    name: str
    frames: dict[str, np.ndarray]
    numbers: dict[str, dict[str, np.ndarray]]
    patch: pytest.MonkeyPatch

    @property
    def member(self) -> type[torchvision.datasets.CIFAR10]:
        return {"cifar10": torchvision.datasets.CIFAR10, "cifar100": torchvision.datasets.CIFAR100}[self.name]

    def _parts(self, split: str) -> list[np.ndarray]:
        files = len(cifar.BINARY[self.name][1][split])
        return np.array_split(np.arange(len(self.frames[split])), files)

    def write_binary(self) -> None:
        """The binary version: class numbers, then the three colour planes of each image."""
        folder, files = cifar.BINARY[self.name]
        (self.base / folder).mkdir(parents=True, exist_ok=True)
        for split, frames in self.frames.items():
            for file, rows in zip(files[split], self._parts(split), strict=True):
                numbers = np.stack([values[rows] for values in self.numbers[split].values()], axis=1)
                planes = frames[rows].transpose(0, 3, 1, 2).reshape(len(rows), -1)
                (self.base / folder / file).write_bytes(np.hstack([numbers, planes]).astype(np.uint8).tobytes())

    def write_python(self) -> None:
        """The Python version, as Python 2 pickled it, with torchvision's md5 set to it."""
        folder = self.base / self.member.base_folder
        folder.mkdir(parents=True, exist_ok=True)
        for split, frames in self.frames.items():
            listed = []
            for (file, _), rows in zip(getattr(self.member, f"{split}_list"), self._parts(split), strict=True):
                planes = frames[rows].transpose(0, 3, 1, 2).reshape(len(rows), -1)
                lists = {key: [int(n) for n in values[rows]] for key, values in self.numbers[split].items()}
                names = [f"{row}.png" for row in rows]
                content = {"filenames": names, "batch_label": "a batch", **lists, "data": planes}
                (folder / file).write_bytes(python2_pickle(content))
                listed.append([file, md5(folder / file)])
            self.patch.setattr(self.member, f"{split}_list", listed)
        meta = self.member.meta
        (folder / meta["filename"]).write_bytes(python2_pickle({meta["key"]: ["one", "two"]}))
        self.patch.setattr(self.member, "meta", {**meta, "md5": md5(folder / meta["filename"])})

    def change(self) -> None:
        self.frames["train"][2, 5, 5] ^= 255
        self.write_binary()


def make_cifar(name: str, root: Path, patch: pytest.MonkeyPatch) -> MadeCifar:
    counts = {"train": 12, "test": 6}
    patch.setattr(cifar, "TOTAL", counts)
    random = rng("made cifar", name)
    frames = {split: random.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8) for split, n in counts.items()}
    classes, key = (cifar.CIFAR10, "labels") if name == "cifar10" else (cifar.CIFAR100, "fine_labels")
    numbers = {split: {key: np.arange(n) % 3} for split, n in counts.items()}
    if name == "cifar100":
        numbers = {split: {"coarse_labels": np.arange(n)[::-1] % 20, **numbers[split]} for split, n in counts.items()}
    splits = {split: [(f"{split}/{i:05d}", classes[i % 3]) for i in range(n)] for split, n in counts.items()}
    return MadeCifar(root, splits, name, frames, numbers, patch)


def cifar10(root: Path, patch: pytest.MonkeyPatch) -> Made:
    made = make_cifar("cifar10", root, patch)
    made.write_binary()
    return made


def cifar100(root: Path, patch: pytest.MonkeyPatch) -> Made:
    made = make_cifar("cifar100", root, patch)
    made.write_binary()
    return made


def python2_pickle(content: dict[str, object]) -> bytes:
    """A dictionary of texts, lists and arrays in the opcodes that Python 2 and its NumPy used (protocol 2)."""

    def one(value: object) -> bytes:
        if isinstance(value, str):
            return b"U" + bytes([len(value)]) + value.encode()
        if isinstance(value, list):
            return b"](" + b"".join(one(item) for item in value) + b"e"
        if isinstance(value, int):
            return b"K" + bytes([value])
        assert isinstance(value, np.ndarray)
        shape = b"".join(b"M" + struct.pack("<H", length) for length in value.shape) + b"\x86"
        dtype = (
            b"cnumpy\ndtype\n" + one("u1") + b"K\x00K\x01\x87R(K\x03U\x01|NNN" + b"J\xff\xff\xff\xff" * 2 + b"K\x00tb"
        )
        start = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
        return start + shape + dtype + b"\x89T" + struct.pack("<I", value.size) + value.tobytes() + b"tb"

    return b"\x80\x02}(" + b"".join(one(key) + one(value) for key, value in content.items()) + b"u."


FILES: dict[str, Callable[[Path, pytest.MonkeyPatch], Made]] = {
    "food101": food101,
    "birdsnap": birdsnap,
    "cars": cars,
    "aircraft": aircraft,
    "dtd": dtd,
    "pets": pets,
    "flowers102": flowers102,
    "caltech101": caltech101,
    "sun397": sun397,
    "voc2007": voc2007,
}
MAKERS = {**FILES, "cifar10": cifar10, "cifar100": cifar100}
