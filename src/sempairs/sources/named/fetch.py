"""Files that are missing, downloaded by torchvision from the original server: all of them or none."""

import contextlib
import logging
import os
import socket
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sempairs.core.errors import UserError

SECONDS = 60.0
"""How long a server may be silent; torchvision waits for ever otherwise."""

log = logging.getLogger(__name__)


def fetch(name: str, root: Path, base: str, download: Callable[[Path], object], by_hand: str) -> None:
    """Download a data set into a temporary folder, and move it to `root / base` once it is whole.

    Parameters
    ----------
    name: of the data set.
    root, base: where it belongs.
    download: puts it below the folder that it is given.
    by_hand: how to do without, for the message.

    Raises
    ------
    UserError: the server, the network or the disk failed; what was there stays as it was.
    """
    log.warning("%s is not in %s: torchvision downloads it from its original server", name, root)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=root) as temporary, _careful():
            download(Path(temporary))
            (root / base).parent.mkdir(parents=True, exist_ok=True)
            move(Path(temporary) / base, root / base)
    except Exception as error:  # whatever the network, the server or the library raises
        got = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{name} cannot be downloaded from its original server", got=got, todo=by_hand) from None


def move(source: Path, target: Path) -> None:
    """Rename; where there is a folder of that name already, do so with what is in it."""
    if source.is_dir() and target.is_dir():
        for entry in source.iterdir():
            move(entry, target / entry.name)
    else:
        os.replace(source, target)


@contextlib.contextmanager
def _careful() -> Iterator[None]:
    """No endless waiting, and archives in which nothing leads out of the folder, for Python before 3.14 allows that."""
    patience, trust = socket.getdefaulttimeout(), tarfile.TarFile.extraction_filter
    socket.setdefaulttimeout(SECONDS)
    tarfile.TarFile.extraction_filter = staticmethod(tarfile.data_filter)
    try:
        yield
    finally:
        socket.setdefaulttimeout(patience)
        tarfile.TarFile.extraction_filter = trust
