"""What sources keep in the cache: what shows that a file is unchanged, and what a user hears if none can be written."""

import contextlib
import os
from collections.abc import Iterator

from sempairs.core.errors import UserError
from sempairs.core.files import cache_folder


def stamp_of(status: os.stat_result) -> list[int]:
    """Size and times of a file. A file whose bytes change keeps its stamp only if someone takes pains over it."""
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


@contextlib.contextmanager
def writing_cache() -> Iterator[None]:
    """Turn the errors of a full disk or a folder without permission into a UserError."""
    try:
        yield
    except OSError as error:
        raise UserError(
            "cannot write to the cache", got=f"{cache_folder()}: {error.strerror or error}",
            todo="make room there, or set SEMPAIRS_CACHE to a folder with room and permission",
        ) from None  # fmt: skip
