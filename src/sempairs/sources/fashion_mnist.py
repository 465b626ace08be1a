"""Fashion-MNIST: 70,000 photographs of clothes in grey, 28 x 28, in ten classes, found or downloaded, and verified.

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
Algorithms", arXiv 1708.07747, 2017.
"""

import hashlib
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, cache_folder
from sempairs.core.progress import progress
from sempairs.sources.base import Source, content_hashes
from sempairs.sources.cache import writing_cache
from sempairs.sources.idx import header, read_idx
from sempairs.sources.origins import Unavailable, first_whole

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
CONTENTS = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
"""sha256 of what is inside each file: Debian's and the authors' differ in the head that gzip puts before it."""
PACKAGE = "dataset-fashion-mnist"
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where that Debian package puts the files."""
KIBIBYTES = 30_177
"""Of the package's archive, for the progress bar."""
SECONDS = 600.0
"""For the download of the package."""

log = logging.getLogger(__name__)


def fashion_mnist(*, split: Literal["train", "test"] = "train") -> Source:
    """One split of Fashion-MNIST, 60,000 images to train with or 10,000 to test with.

    The files come from Debian's package if it is installed, else from the cache, else they are downloaded into it, by
    `apt-get download` or by torchvision. Whatever the way, their contents are verified.

    Raises
    ------
    UserError: every way failed; it says how each did and what to do.
    """
    prefix = {"train": "train", "test": "t10k"}[split]
    frames, labels = _find(f"{prefix}-images-idx3-ubyte.gz", f"{prefix}-labels-idx1-ubyte.gz")
    frames = frames[..., None]
    return Source(
        name=f"fashion-mnist {split}",
        ids=np.array([f"{split}/{position:06d}" for position in range(len(frames))], dtype=object),
        hashes=content_hashes(frames),
        frames=frames,
        labels=labels.astype(np.int64),
        label_names=CLASSES,
    )


def _find(images: str, labels: str) -> tuple[UInt8[np.ndarray, "n h w"], UInt8[np.ndarray, " n"]]:
    """The arrays in these two files, from the first origin that has them whole."""
    cache = cache_folder() / "fashion-mnist"
    origins: dict[str, Callable[[], Path]] = {
        f"the Debian package {PACKAGE}": lambda: _existing(DEBIAN),
        "the cache": lambda: _existing(cache),
        "apt-get download": lambda: _download(_by_apt, cache),
        "torchvision": lambda: _download(_by_torchvision, cache),
    }
    todo = f"`apt-get update` and then `apt-get install {PACKAGE}`, or put its four files into {cache}"
    return first_whole(
        "Fashion-MNIST", origins, lambda folder: (_verified(folder / images), _verified(folder / labels)), todo
    )


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise Unavailable(f"no folder {folder}")
    return folder


def _verified(path: Path) -> UInt8[np.ndarray, "..."]:
    """The array in the file. Raises Unavailable if its bytes are not the authors'."""
    try:
        values = read_idx(path, 3 if "idx3" in path.name else 1)
    except UserError as error:
        raise Unavailable(f"{path.name}: {error.got}") from None
    if hashlib.sha256(header(values.shape) + values.tobytes()).hexdigest() != CONTENTS[path.name]:
        raise Unavailable(f"{path.name} is not the authors' file (its sha256 differs)")
    return values


def _download(fetch: Callable[[Path], Path], cache: Path) -> Path:
    """Fetch the files into a temporary folder and keep them in the cache if all are whole."""
    with writing_cache():
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fashion-mnist.", dir=cache.parent) as temporary:
            folder = fetch(Path(temporary))
            for name in CONTENTS:
                _verified(folder / name)
            for name in CONTENTS:
                with atomic_write(cache / name) as out:
                    out.write((folder / name).read_bytes())
    return cache


def _by_apt(folder: Path) -> Path:
    """Download and unpack Debian's package, without installing it. No root is needed."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise Unavailable("this machine has no apt-get and dpkg")
    log.warning("Fashion-MNIST is not on this machine: downloading 30 MB by apt-get")
    _watch(["apt-get", "download", PACKAGE], folder)
    packages = list(folder.glob("*.deb"))
    if not packages:
        raise Unavailable("no package came")
    unpacked = folder / "unpacked"
    _watch(["dpkg", "-x", str(packages[0]), str(unpacked)], folder)
    return unpacked / DEBIAN.relative_to("/")


def _watch(command: list[str], folder: Path) -> None:
    """Run a command in the folder, showing how much is there, at most `SECONDS`."""
    done, deadline = 0, time.monotonic() + SECONDS
    environment = {**os.environ, "LC_ALL": "C"}
    with tempfile.TemporaryFile() as said, progress("fetching Fashion-MNIST", KIBIBYTES, "KiB") as bar:
        try:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        except OSError as error:
            raise Unavailable(f"{command[0]} does not run: {error.strerror}") from None
        try:
            while process.poll() is None:
                if time.monotonic() > deadline:
                    raise Unavailable(f"{command[0]} was not done after {SECONDS:g} s")
                time.sleep(0.05)
                there = sum(file.stat().st_size for file in folder.glob("*.deb*")) // 1024
                bar(there - done)
                done = there
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        last_words = said.read().decode(errors="replace").strip().split("\n")[-1]
    if process.returncode:
        raise Unavailable(f"{command[0]} failed: {last_words or process.returncode}")


def _by_torchvision(folder: Path) -> Path:
    """The download that torchvision knows, from the authors' address."""
    log.warning("Fashion-MNIST is not on this machine: downloading 30 MB by torchvision")
    patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(60.0)  # torchvision waits for ever otherwise
    try:
        from torchvision.datasets import FashionMNIST

        return Path(FashionMNIST(folder, download=True).raw_folder)
    except Exception as error:  # whatever the network, the server or the library raises
        raise Unavailable(" ".join(str(error).split()) or type(error).__name__) from None
    finally:
        socket.setdefaulttimeout(patience)
