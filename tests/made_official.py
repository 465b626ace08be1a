"""Small archives with the names, the layouts and the file formats of the authors' own, for `sources prepare`.

Each data set has two classes, of which one is dark and one is bright, in every split that is used for transfer.
"""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import torchvision.datasets
from PIL import Image

from made_files import encoded
from made_named import annotation, make_cifar, md5
from sempairs.core.seeds import rng
from sempairs.sources.named import cifar

Members = dict[str, bytes]
COUNTS = {"train": 12, "val": 4, "test": 8}


def shade(number: int) -> bytes:
    """A JPEG file, dark if the number is even and bright if it is odd, wider than high."""
    noise = rng("shade", number).integers(0, 60, (24, 30, 3), dtype=np.uint8)
    return encoded(Image.fromarray(noise + np.uint8(150 * (number % 2))), "JPEG", quality=95)


def numbers(split: str) -> range:
    """The numbers of the images of a split; none is in two."""
    first = {"train": 1, "val": 101, "test": 201}[split]
    return range(first, first + COUNTS[split])


def everything(*splits: str) -> Iterator[tuple[str, int]]:
    return ((split, number) for split in splits for number in numbers(split))


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def mat(**values: object) -> bytes:
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, values)
    return buffer.getvalue()


def food101(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    names, members = ("apple_pie", "waffles"), {}
    for split in ("train", "test"):
        lists: dict[str, list[str]] = {name: [] for name in names}
        for number in numbers(split):
            lists[names[number % 2]].append(f"{names[number % 2]}/{number}")
            members[f"food-101/images/{names[number % 2]}/{number}.jpg"] = shade(number)
        members[f"food-101/meta/{split}.json"] = json.dumps(lists).encode()
    return {"food-101.tar.gz": members}


def cars(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    kinds = [(key, object) for key in ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname")]
    lists, archives = {}, {}
    for split in ("train", "test"):
        values = [(1, 2, 3, 4, np.uint8(n % 2 + 1), f"{n:05}.jpg") for n in numbers(split)]
        lists[split] = mat(annotations=np.array(values, dtype=kinds))
        archives[f"cars_{split}.tgz"] = {f"cars_{split}/{n:05}.jpg": shade(n) for n in numbers(split)}
    names = mat(class_names=np.array(["Acura RL Sedan 2012", "smart fortwo"], dtype=object))
    kit = {"devkit/cars_meta.mat": names, "devkit/cars_train_annos.mat": lists["train"]}
    return {**archives, "car_devkit.tgz": kit, "cars_test_annos_withlabels.mat": {"": lists["test"]}}


def aircraft(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    known = {"variant": ("737-700", "A310"), "family": ("Boeing 737", "A310"), "manufacturer": ("Airbus", "Boeing")}
    base = "fgvc-aircraft-2013b/data"
    members = {f"{base}/images/{n:07}.jpg": shade(n) for _, n in everything("train", "val", "test")}
    for level, names in known.items():
        members[f"{base}/{level.replace('y', 'ie')}s.txt"] = lines(*names)
        of = names[::-1] if level == "manufacturer" else names
        for split in COUNTS:
            members[f"{base}/images_{level}_{split}.txt"] = lines(*(f"{n:07} {of[n % 2]}" for n in numbers(split)))
    return {"fgvc-aircraft-2013b.tar.gz": members}


def dtd(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    names = ("banded", "zigzagged")
    of = {n: f"{names[n % 2]}/{names[n % 2]}_{n:04}.jpg" for _, n in everything("train", "val", "test")}
    members = {f"dtd/images/{path}": shade(n) for n, path in of.items()}
    for split in COUNTS:
        members[f"dtd/labels/{split}1.txt"] = lines(*(of[n] for n in numbers(split)))
    return {"dtd-r1.0.1.tar.gz": members}


def pets(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    names = ("Abyssinian", "american_bulldog")
    images = {f"images/{names[n % 2]}_{n}.jpg": shade(n) for _, n in everything("train", "test")}
    lists = {
        f"annotations/{own}.txt": lines(*(f"{names[n % 2]}_{n} {n % 2 + 1} {n % 2 + 1} 1" for n in numbers(split)))
        for split, own in (("train", "trainval"), ("test", "test"))
    }
    return {"images.tar.gz": images, "annotations.tar.gz": lists}


def flowers102(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    total = max(numbers("test"))
    labels = mat(labels=(np.arange(1, total + 1) % 2 + 1).astype(np.uint8)[None])
    keys = {"trnid": "train", "valid": "val", "tstid": "test"}
    splits = mat(**{key: np.array(numbers(split), dtype=np.uint16)[None] for key, split in keys.items()})
    images = {f"jpg/image_{n:05}.jpg": shade(n) for _, n in everything("train", "val", "test")}
    return {"102flowers.tgz": images, "imagelabels.mat": {"": labels}, "setid.mat": {"": splits}}


def caltech101(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    """35 images of one class, 31 of another and of the background: more than the 30 that are learnt from."""
    sizes = {"BACKGROUND_Google": (31, 2), "accordion": (35, 0), "yin_yang": (31, 1)}
    inner = {
        f"101_ObjectCategories/{name}/image_{n:04}.jpg": shade(2 * n + kind) if kind < 2 else grey(n)
        for name, (count, kind) in sizes.items()
        for n in range(1, count + 1)
    }
    inner["101_ObjectCategories/BACKGROUND_Google/tmp"] = b"a file that is really there"
    return {"caltech-101.zip": {"caltech-101/101_ObjectCategories.tar.gz": tar_bytes(inner, "gz"),
                                "caltech-101/Annotations.tar": b"not looked at"}}  # fmt: skip


def grey(number: int) -> bytes:
    """An image between dark and bright, coloured."""
    pixels = np.full((24, 30, 3), 110, np.uint8)
    pixels[..., 0] = 100 + number
    return encoded(Image.fromarray(pixels), "JPEG", quality=95)


def sun397(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    names = ("abbey", "apartment_building/outdoor")
    path = {n: f"a/{names[n % 2]}/sun_a{n:03}.jpg" for _, n in everything("train", "test", "val")}
    images = {f"SUN397/{one}": shade(n) for n, one in path.items()}  # those of "val" are in no list
    images["SUN397/ClassName.txt"] = lines(*(f"/a/{name}" for name in names))
    listed = {"Training_01.txt": "train", "Testing_01.txt": "test"}
    return {
        "SUN397.tar.gz": images,
        "Partitions.zip": {
            name: lines(*(f"/{path[n]}" for n in numbers(split))) for name, split in listed.items()
        },
    }  # fmt: skip


def birdsnap(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    names = ("Blue Jay", "Steller's Jay")  # an apostrophe is no quotation mark
    path = {n: f"{'Blue_Jay' if n % 2 == 0 else 'Stellers_Jay'}/{n}.jpg" for _, n in everything("train", "test")}
    species = (f"{number}\t{name}\tA {number}\td" for number, name in enumerate(names, 7))
    header = "url\tmd5\tpath\tspecies_id\tbb_x1"
    images = (f"somewhere\t0\t{one}\t{n % 2 + 7}\t12" for n, one in path.items())
    members = {
        "birdsnap/species.txt": lines("id\tcommon\tscientific\tdir", *species),
        "birdsnap/images.txt": lines(header, *images),
        "birdsnap/test_images.txt": lines("path", *(path[n] for n in numbers("test"))),
    }
    # The authors' program puts the images beside the lists.
    return {"birdsnap.tgz": members, "": {f"birdsnap/download/images/{one}": shade(n) for n, one in path.items()}}


def voc2007(patch: pytest.MonkeyPatch) -> dict[str, Members]:
    """Every fourth image has a cat and a dog; every image of the test has a sheep that is difficult."""
    archives: dict[str, Members] = {}
    base = "VOCdevkit/VOC2007"
    for archive, splits in (("VOCtrainval_06-Nov-2007.tar", ("train", "val")), ("VOCtest_06-Nov-2007.tar", ("test",))):
        members = archives[archive] = {}
        for split, n in everything(*splits):
            shown = [(("cat", "dog")[n % 2], 0)] + [("sheep", 1)] * (split == "test")
            members[f"{base}/JPEGImages/{n:06}.jpg"] = shade(n)
            members[f"{base}/Annotations/{n:06}.xml"] = annotation(shown).encode()
        for split in splits:
            members[f"{base}/ImageSets/Main/{split}.txt"] = lines(*(f"{n:06}" for n in numbers(split)))
    return archives


def cifar_of(name: str) -> Callable[[pytest.MonkeyPatch], dict[str, Members]]:
    def make(patch: pytest.MonkeyPatch) -> dict[str, Members]:
        made = make_cifar(name, Path("nowhere"), patch)
        folder, files = cifar.BINARY[name]
        members = {}
        for split, frames in made.frames.items():
            kinds = np.arange(len(frames)) % 2
            shades = (frames // 5 + 150 * kinds[:, None, None, None].astype(np.uint8)).transpose(0, 3, 1, 2)
            records = np.hstack([*([kinds[:, None]] * len(made.numbers[split])), shades.reshape(len(frames), -1)])
            for file, part in zip(
                files[split], np.array_split(records.astype(np.uint8), len(files[split])), strict=True
            ):
                members[f"{folder}/{file}"] = part.tobytes()
        return {f"cifar-{name[5:]}-binary.tar.gz": members}

    return make


OFFICIAL: dict[str, Callable[[pytest.MonkeyPatch], dict[str, Members]]] = {
    "food101": food101,
    "cifar10": cifar_of("cifar10"),
    "cifar100": cifar_of("cifar100"),
    "birdsnap": birdsnap,
    "sun397": sun397,
    "cars": cars,
    "dtd": dtd,
    "aircraft": aircraft,
    "pets": pets,
    "caltech101": caltech101,
    "flowers102": flowers102,
    "voc2007": voc2007,
}


def write_official(name: str, folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
    """Put the archives of a data set into a folder; gives their names."""
    folder.mkdir(parents=True, exist_ok=True)
    archives = OFFICIAL[name](patch)
    for archive, members in archives.items():
        if archive == "":
            for path, data in members.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
        elif archive.endswith(".mat"):
            (folder / archive).write_bytes(members[""])
        elif archive.endswith(".zip"):
            with zipfile.ZipFile(folder / archive, "w", zipfile.ZIP_DEFLATED) as opened:
                for path, data in members.items():
                    opened.writestr(path, data)
        else:
            (folder / archive).write_bytes(tar_bytes(members, "" if archive.endswith(".tar") else "gz"))
    if name == "flowers102":  # torchvision looks at the md5 of its lists
        for key, file in (("label", "imagelabels.mat"), ("setid", "setid.mat")):
            patch.setitem(torchvision.datasets.Flowers102._file_dict, key, (file, md5(folder / file)))
    return [archive for archive in archives if archive]


def tar_bytes(members: Members, compression: str = "") -> bytes:
    """A tar file, with the folders as members of their own, as the authors' have them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as opened:  # type: ignore[call-overload]
        for folder in sorted({str(parent) for path in members for parent in Path(path).parents} - {"."}):
            info = tarfile.TarInfo(folder)
            info.type = tarfile.DIRTYPE
            opened.addfile(info)
        for path, data in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            opened.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
