"""SHA256SUMS: the sum of every other file, as `sha256sum --check` reads it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from sempairs.core.errors import UserError
from sempairs.core.progress import progress
from sempairs.pairs.publish.files import SUMS, read_text


def sums_of(files: Mapping[str, Path]) -> dict[str, str]:
    """sha256 of files by name, hexadecimal."""
    sums = {}
    with progress("checksums", len(files), "files") as bar:
        for name, path in files.items():
            with path.open("rb") as file:
                sums[name] = hashlib.file_digest(file, "sha256").hexdigest()
            bar()
    return sums


def sums_text(sums: Mapping[str, str]) -> str:
    """The text of the file, by name."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))


def check_sums(files: Mapping[str, Path]) -> dict[str, str]:
    """The sums of all files but SHA256SUMS itself, which says the same.

    Raises
    ------
    UserError: a file without a sum, a sum without a file, a sum that is not that of the file, a line that is no sum.
    """
    said: dict[str, str] = {}
    for number, line in enumerate(read_text(files[SUMS]).splitlines(), 1):
        value, _, name = line.partition("  ")
        if len(value) != 64 or set(value) - set("0123456789abcdef") or not name or name in said:
            raise UserError(f"line {number} of {SUMS} is not a sum", got=repr(line[:120]))
        said[name] = value
    there = {name: path for name, path in files.items() if name != SUMS}
    missing, extra = sorted(set(said) - set(there)), sorted(set(there) - set(said))
    if missing:
        raise UserError(
            f"{len(missing)} files of {SUMS} are missing", got=repr(missing[0]), todo="take the whole folder"
        )
    if extra:
        raise UserError(f"{len(extra)} files have no sum in {SUMS}", got=repr(extra[0]), todo="take the folder anew")
    found = sums_of(there)
    changed = [name for name, value in found.items() if value != said[name]]
    if changed:
        raise UserError(
            f"{len(changed)} files were changed after they were published", got=repr(changed[0]),
            todo="take the folder as it was published",
        )  # fmt: skip
    return found
