"""Checking a published folder, offline and without trusting it; and reading its pair set."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from sempairs.core.errors import UserError
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.publish import croissant_rules
from sempairs.pairs.publish import facts as counted
from sempairs.pairs.publish.annotations import check_table, check_verdicts
from sempairs.pairs.publish.answers import check_complete
from sempairs.pairs.publish.checksums import check_sums
from sempairs.pairs.publish.documents import documents
from sempairs.pairs.publish.files import ANNOTATIONS, IMAGES, PROVENANCE, files_of, read_table, read_text
from sempairs.pairs.publish.images import check_images
from sempairs.pairs.publish.publication import ALLOW, Publication
from sempairs.pairs.publish.tables import read_pairs

PASSED, FAILED, NOT_MADE = "passed", "failed", "not made"


@dataclass(frozen=True)
class Check:
    """One check: what came of it (`PASSED`, `FAILED` or `NOT_MADE`), and the sentence that says so."""

    name: str
    result: str
    sentence: str


@dataclass(frozen=True)
class Verification:
    """All checks of a folder, in their order."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed. One that was not made, for want of a library, does not count."""
        return not any(check.result == FAILED for check in self.checks)

    def lines(self) -> list[str]:
        """As text for a terminal."""
        marks = {PASSED: "ok", FAILED: "FAILED", NOT_MADE: "not made"}
        return [f"{marks[check.result]:9}{check.name:13}{check.sentence}" for check in self.checks]

    def need_passed(self) -> None:
        """Raise UserError with the first check that failed."""
        for check in self.checks:
            if check.result == FAILED:
                raise UserError(f"the published folder would fail the check {check.name!r}", got=check.sentence)


class _Folder:
    """What the checks of one folder have read so far, each from the ones before it."""

    files: dict[str, Path]
    tables: dict[str, str]
    pairs: PairSet
    annotations: pa.Table | None
    publication: Publication

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check_files(self) -> str:
        self.files = files_of(self.folder)
        return f"{len(self.files)} files, all of them known, none missing, no links"

    def check_sums(self) -> str:
        sums = check_sums(self.files)
        self.tables = {name: value for name, value in sums.items() if name.endswith(".parquet")}
        return f"{len(sums)} files are as they were published"

    def check_pairs(self) -> str:
        self.pairs = read_pairs(self.files)
        return f"{len(self.pairs):,} pairs, pair set {self.pairs.hash}"

    def check_votes(self) -> str:
        self.annotations = read_table(self.files[ANNOTATIONS]) if ANNOTATIONS in self.files else None
        if self.annotations is not None:
            check_table(self.annotations)
        check_verdicts(self.pairs, self.annotations)
        if self.annotations is None:
            return "no verdicts, and no votes"
        return f"{len(self.annotations):,} pseudonymous votes explain every verdict"

    def check_provenance(self) -> str:
        files = {name: (self.files[name].stat().st_size, value) for name, value in self.tables.items()}
        facts = counted.count(self.pairs, self.annotations)
        told = _json(self.files[PROVENANCE])
        self.publication = Publication.from_json(told, facts, self.pairs.origin, files)
        check_complete(self.publication.answers, encoder=self.pairs.origin.encoder is not None)
        if (self.publication.images is not None) != any(IMAGES.fullmatch(name) for name in self.files):
            raise UserError("provenance.json says otherwise than the folder whether images are published")
        simulated = "verdicts are declared as simulated" if self.publication.is_simulated else "no verdict is simulated"
        return f"every mandatory answer is given; {simulated}"

    def check_licence(self) -> str:
        self.publication.check_allowed()
        said = [f"{self.publication.licence.spdx} holds for the whole"]
        return "; ".join(said + [f"in spite of {ALLOW[name]}" for name in self.publication.allow])

    def check_croissant(self) -> str:
        named = croissant_rules.check_rules(_json(self.files["croissant.json"]), self.tables)
        return f"{named} tables, all in the folder, of a type that loads"

    def check_mlcroissant(self) -> str:
        count = croissant_rules.load_records(self.files["croissant.json"])
        if count < min(len(self.pairs), croissant_rules.RECORDS):
            raise UserError(f"mlcroissant loads {count} records only")
        return f"valid Croissant, and {count} records load"

    def check_documents(self) -> str:
        texts = documents(self.publication)
        for name, text in texts.items():
            if read_text(self.files[name]) != text:
                raise UserError(f"{name} does not say what the data and the answers say", todo="publish again")
        return f"{len(texts)} documents say what the data says"

    def check_images(self) -> str:
        if self.publication.images is None:
            return "none are published"
        self.publication.check_images_allowed()
        count = check_images(self.pairs, self.files, self.publication.images.shape)
        if count != self.publication.images.images:
            raise UserError("provenance.json counts other images", got=f"{self.publication.images.images}, not {count}")
        return f"{count:,} images are those of the pairs, and hold pixels alone: no EXIF"


def _json(path: Path) -> Any:
    """A JSON document of the folder. Raises UserError if it is none."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path.name} is not JSON", todo="take the folder as it was published") from None


def verify(folder: Path) -> Verification:
    """Check a published folder. Nothing is fetched, and nothing of it is executed or unpickled."""
    seen = _Folder(folder)
    checks: list[Check] = []
    steps: dict[str, Callable[[], str]] = {
        "files": seen.check_files,
        "checksums": seen.check_sums,
        "pairs": seen.check_pairs,
        "votes": seen.check_votes,
        "provenance": seen.check_provenance,
        "licence": seen.check_licence,
        "images": seen.check_images,
        "croissant": seen.check_croissant,
        "mlcroissant": seen.check_mlcroissant,
        "documents": seen.check_documents,
    }
    needs = {
        "checksums": "files", "pairs": "checksums", "votes": "pairs", "provenance": "votes", "licence": "provenance",
        "images": "provenance", "croissant": "checksums", "mlcroissant": "croissant", "documents": "licence",
    }  # fmt: skip
    for name, step in steps.items():
        failed = {check.name for check in checks if check.result != PASSED}
        if needs.get(name) in failed:
            checks.append(Check(name, NOT_MADE, f"needs the check {needs[name]!r}"))
            continue
        try:
            checks.append(Check(name, PASSED, step()))
        except UserError as error:
            got = f" ({error.got})" if error.got is not None else ""
            checks.append(Check(name, FAILED, error.problem + got))
        except ModuleNotFoundError as error:
            checks.append(Check(name, NOT_MADE, f"{error.name} is not installed"))
    return Verification(tuple(checks))


def load(folder: Path) -> PairSet:
    """The pair set of a published folder, equal to the one that was published: it has the same hash.

    Raises
    ------
    UserError: the folder holds what it should not, or lacks or changed what it should hold.
    """
    files = files_of(folder)
    check_sums(files)
    return read_pairs(files)
