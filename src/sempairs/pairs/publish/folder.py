"""Publishing: a folder that holds a pair set, the votes behind it and everything a stranger should know, or nothing."""

import dataclasses
import json
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sempairs.core.errors import UserError, suggest
from sempairs.core.files import sync_folder, write_text
from sempairs.core.settings import Spec, options_of
from sempairs.pairs.duplicates import Leaks
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.publish import facts as counted
from sempairs.pairs.publish.annotations import check_table, check_verdicts
from sempairs.pairs.publish.answers import Answers, check_complete
from sempairs.pairs.publish.checksums import sums_of, sums_text
from sempairs.pairs.publish.documents import documents
from sempairs.pairs.publish.files import SUMS
from sempairs.pairs.publish.images import write_images
from sempairs.pairs.publish.publication import ALLOW, Publication
from sempairs.pairs.publish.tables import write_annotations, write_pairs
from sempairs.pairs.publish.verify import Verification, verify
from sempairs.sources import SOURCES, Source


def publish(
    pairs: PairSet,
    out: Path,
    *,
    answers: Answers,
    annotations: pa.Table | None = None,
    certificate: dict[str, Any] | None = None,
    source: Source | None = None,
    images: bool = False,
    leaks: Mapping[str, Leaks] | None = None,
    allow: Collection[str] = (),
) -> Verification:
    """Write a published folder, check it as a stranger would, and only then give it its name.

    The bytes depend on what is given here alone: there is no time in them but the date of the answers.

    Parameters
    ----------
    pairs: what is published.
    out: the folder; it must not exist, or be empty.
    answers: of whoever publishes; `read_answers` reads them from the file that `questions.template` makes.
    annotations: the votes, pseudonymous, without gold questions; None if nobody judged.
    certificate: what the review promises.
    source: the images, which `images` needs.
    images: publish the images too.
    leaks: what `find_leaks` found, by evaluation set.
    allow: what blocks and is taken upon oneself, of `publication.ALLOW`.

    Raises
    ------
    UserError: a mandatory answer is empty; a licence blocks; images that their licence keeps back; votes that do not
        explain the verdicts; leaks, or nobody looked for them; the folder exists; a check fails.
    """
    out = out.absolute()
    _check_place(out)
    for name in allow:
        if name not in ALLOW:
            raise UserError(f"nothing called {name!r} can be allowed", todo=suggest(name, ALLOW))
    pairs = _without_paths(pairs)
    check_complete(answers, encoder=pairs.origin.encoder is not None)
    if annotations is not None:
        check_table(annotations)
    check_verdicts(pairs, annotations)
    for name, found in (leaks or {}).items():
        if not np.array_equal(np.sort(found.ids), np.unique([pairs.column("a"), pairs.column("b")])):
            raise UserError(f"the leaks into {name} were looked for among other images", todo="look again")
    publication = Publication(
        answers=answers,
        facts=counted.count(pairs, annotations),
        origin=pairs.origin,
        allow=tuple(allow),
        certificate=certificate,
        leaks={name: found.to_json() for name, found in (leaks or {}).items()},
    )
    publication.check_allowed()
    needed = publication.blocking()
    publication = dataclasses.replace(publication, allow=tuple(name for name in ALLOW if name in needed))
    shown = _need(source, publication) if images else None
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", suffix=".tmp", dir=out.parent) as temporary:
        made = Path(temporary) / out.name
        made.mkdir()
        write_pairs(pairs, made)
        if annotations is not None:
            write_annotations(annotations, made)
        if shown is not None:
            publication = dataclasses.replace(publication, images=write_images(pairs, shown, made))
        _write_texts(publication, made)
        checked = verify(made)
        checked.need_passed()
        if out.is_dir():
            out.rmdir()
        made.rename(out)
    sync_folder(out.parent)
    return checked


def _write_texts(publication: Publication, folder: Path) -> None:
    """The documents, which name the tables' sums, and then the sums of all files."""
    tables = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.parquet"))}
    sums = sums_of(tables)
    files = {name: (path.stat().st_size, sums[name]) for name, path in tables.items()}
    texts = documents(dataclasses.replace(publication, files=files))
    for name, text in texts.items():
        write_text(folder / name, text)
    write_text(folder / SUMS, sums_text(sums | sums_of({name: folder / name for name in texts})))


def _need(source: Source | None, publication: Publication) -> Source:
    """The images, if there are any and every licence lets them be handed on. Raises UserError otherwise."""
    if source is None:
        raise UserError("the images cannot be published without their source", todo="name it with --source")
    publication.check_images_allowed()
    return source


def _check_place(out: Path) -> None:
    if out.is_symlink() or (out.exists() and not (out.is_dir() and not any(out.iterdir()))):
        raise UserError(f"{out} exists already", todo="name a folder that does not, or remove it")


def _without_paths(pairs: PairSet) -> PairSet:
    """The same pair set, of the same hash, whose source does not tell the folders of this machine."""
    spec = pairs.origin.source
    if spec is None or not _tells_places(spec):
        return pairs
    return PairSet(pairs.table, dataclasses.replace(pairs.origin, source=None))


def _tells_places(spec: Spec) -> bool:
    """Whether a source is opened by where its files are: those have an option without a default, others a path."""
    if spec.name in SOURCES and any(
        option.default is option.empty for option in options_of(SOURCES[spec.name]).values()
    ):
        return True
    options = json.dumps(spec.options)
    return "/" in options or "\\" in options
