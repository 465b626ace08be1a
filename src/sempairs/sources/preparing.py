"""From the official archives that a person has put into a folder to a prepared data set: unpacked, listed, hashed."""

import hashlib
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError, suggest
from sempairs.core.files import read_json, write_json
from sempairs.core.progress import progress, say
from sempairs.sources.cache import stamp_of
from sempairs.sources.decode import BadImage
from sempairs.sources.manifest import hash_files
from sempairs.sources.named.fetch import move
from sempairs.sources.named.layout import resolved
from sempairs.sources.named.listed import hash_listed, printable
from sempairs.sources.named.lists import LISTS, SPLITS
from sempairs.sources.named.official import OFFICIAL, Official
from sempairs.sources.prepared import RECORDS, Prepared, read_prepared, write_prepared
from sempairs.sources.unpacking import unpack

DONE = ".unpacked"
"""The folder with a record for each archive that was unpacked, so that none is unpacked twice."""
SHOWN = 100


def prepare(name: str, folder: str, *, verified: bool = True, bad_share: float = 0.1) -> Prepared:
    """Prepare a data set in the folder that holds its official archives. Again, it does only what is not done.

    An archive may be removed once it is unpacked, and a set that somebody has unpacked by hand needs none.

    Parameters
    ----------
    name: of the data set, in `OFFICIAL`.
    folder: of the archives; several data sets may share it.
    verified: refuse an archive with another md5 than the authors'.
    bad_share: the share of images that may be missing or unreadable; they are left out and counted.

    Raises
    ------
    UserError: files are missing (says which, and whose page has them), damaged, or refused.
    """
    if name not in OFFICIAL:
        raise UserError(f"there is no data set {name!r} to prepare", todo=suggest(name, OFFICIAL))
    root = resolved(folder)
    if not root.is_dir():
        raise UserError("there is no such folder", got=str(root), todo="make it, and put the official files there")
    if (found := _finished(root, name)) is not None:
        say(f"{name} is prepared already")
        return found
    groups = OFFICIAL[name].files
    trusted = [file for files in groups for file in files if _is_unpacked(root, file)]
    missing = [files for files in groups if not any(_bring(root, file, verified) for file in files)]
    try:
        columns, record = (_records if name in RECORDS else _files)(name, root, bad_share)
    except UserError as error:
        if missing:
            raise _wanted(name, root, missing, error) from None
        if not trusted:
            raise
        say(f"what was unpacked of {name} is not whole any more: it is unpacked again")
        for file in trusted:
            _book(root, file).unlink()
        return prepare(name, folder, verified=verified, bad_share=bad_share)
    if bad := record["left_out"]:
        say(f"{name}: {bad:,} images left out, the first: {record['reasons'][0]}")
    record["archives"] = {file.name: _record(root, file) for files in groups for file in files}
    return write_prepared(root, name, columns, record)


def _finished(root: Path, name: str) -> Prepared | None:
    """What was prepared before, if it is whole and its images are what they were."""
    if not (root / f"{name}.json").is_file():
        return None
    try:
        found = read_prepared(root, name)
    except UserError:
        return None
    if name in RECORDS:
        return found
    hashes = hash_files(root / name, {path: root / path for path in found.column("image")})
    if list(hashes.values()) == found.column("sha256"):
        return found
    say(f"images of {name} are missing or not what they were: it is prepared again")
    return None


def _wanted(name: str, root: Path, missing: list[tuple[Official, ...]], error: UserError) -> UserError:
    """The error that says exactly which official files are wanted."""
    published = OFFICIAL[name]
    files = "; ".join(" or ".join(map(str, one)) for one in missing)
    more = f"; then {published.more}" if published.more else ""
    todo = f"put into {root}: {files}; from the page {published.page!r}{more}; and run this again"
    return UserError(f"{name} cannot be prepared yet", got=error.got or error.problem, todo=todo)


def _book(root: Path, file: Official) -> Path:
    """The record of a file that was unpacked."""
    return root / DONE / f"{file.name}.json"


def _is_unpacked(root: Path, file: Official) -> bool:
    """Whether this very archive is there and was unpacked before."""
    archive, book = root / file.name, _book(root, file)
    return archive.is_file() and book.is_file() and read_json(book)["stamp"] == stamp_of(archive.stat())


def _bring(root: Path, file: Official, verified: bool) -> bool:
    """Unpack a file, or put it where it belongs, unless that was done before; whether it is or was there."""
    archive = root / file.name
    if not archive.is_file() or _is_unpacked(root, file):
        return _book(root, file).is_file()
    stamp = stamp_of(archive.stat())
    md5 = _md5(archive)
    if verified and file.md5 and md5 != file.md5:
        raise UserError(
            f"{file.name} is not the authors' file", got=f"md5 {md5}, theirs is {file.md5}",
            todo="get it again from its own page, or take it as it is with --unverified",
        )  # fmt: skip
    temporary = root / f".{file.name}.unpacking"
    shutil.rmtree(temporary, ignore_errors=True)  # of a run that was killed
    temporary.mkdir()
    try:
        _unpack_into(archive, temporary, file)
        (root / file.into).mkdir(parents=True, exist_ok=True)
        for entry in sorted((temporary / "out").iterdir()):
            move(entry, root / file.into / entry.name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    write_json(_book(root, file), {"stamp": stamp, "size": stamp[0], "md5": md5, "verified": md5 == file.md5})
    return True


def _unpack_into(archive: Path, temporary: Path, file: Official) -> None:
    """The content of a file in `temporary / "out"`."""
    out = temporary / "out"
    if not file.is_archive:
        out.mkdir()
        shutil.copyfile(archive, out / file.name)
    elif file.inside:
        unpack(archive, temporary / "outer")
        inner = temporary / "outer" / file.inside
        if not inner.is_file():
            raise UserError(f"{file.name} is not the authors' file", got=f"no {file.inside} in it", todo="get it again")
        unpack(inner, out)
    else:
        out.mkdir()
        unpack(archive, out)


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file, progress(f"reading {path.name}", path.stat().st_size >> 20, "MB") as bar:
        while piece := file.read(2**20):
            digest.update(piece)
            bar(len(piece) >> 20)
    return digest.hexdigest()


def _record(root: Path, file: Official) -> dict[str, Any] | None:
    """What is known of an archive that was unpacked; None if it was not, or by hand."""
    book = _book(root, file)
    return {key: value for key, value in read_json(book).items() if key != "stamp"} if book.is_file() else None


def _files(name: str, root: Path, bad_share: float) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """The columns of the table and what the record says, for images that are files."""
    rows: list[dict[str, Any]] = []
    classes: list[str] = []
    bad: list[str] = []
    for split, own in SPLITS[name].items():
        listed = LISTS[name](str(root), own)
        classes = [printable(one) for one in listed.classes]
        base = listed.base.relative_to(root).as_posix()
        for position, (id, sha256) in enumerate(hash_listed(listed).hashes.items()):
            number = None if listed.labels is None else listed.labels[position]
            if isinstance(sha256, BadImage) or number == -1:
                bad.append(f"{id!r}: {sha256 if number != -1 else 'it is in no class'}")
                continue
            label = None if number is None else classes[number]
            more = {key: values[position] for key, values in listed.columns.items()}
            rows.append({"image": f"{base}/{id}", "split": split, "label": label, "sha256": sha256, **more})
    total = len(rows) + len(bad)
    if len(bad) > bad_share * total or not rows:
        raise UserError(
            f"too many of the {total:,} images of {name} are missing or unreadable",
            got=f"{len(bad):,} of them; the first: {bad[0] if bad else 'no image at all'}",
            todo="complete them, or allow a larger --bad-share",
        )
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    splits = dict(Counter(columns["split"]))
    return columns, {"classes": classes, "splits": splits, "left_out": len(bad), "reasons": bad[:SHOWN]}


def _records(name: str, root: Path, bad_share: float) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """The same for CIFAR, of which every image is there or the whole is refused."""
    columns: dict[str, list[Any]] = {"image": [], "split": [], "label": [], "sha256": []}
    classes: tuple[str, ...] = ()
    for split in ("train", "test"):
        source = RECORDS[name](root=str(root), split=split)
        classes = source.label_names
        columns["image"] += source.ids.tolist()
        columns["split"] += [split] * len(source)
        columns["label"] += source.column("label").tolist()
        columns["sha256"] += source.hashes.tolist()
    return columns, {"classes": list(classes), "splits": dict(Counter(columns["split"])), "left_out": 0, "reasons": []}
