"""Pair sets to publish, with votes and answers, made by the tests; and folders changed after they were published."""

import dataclasses
import datetime
import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa

from made import made_source
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import SCHEMA, PairSet
from sempairs.pairs.publish.answers import Answers, parse_answers
from sempairs.pairs.publish.questions import QUESTIONS, template
from sempairs.pairs.rules import same_class
from sempairs.sources.base import Source

SOURCE = made_source(40)
ALLOWED = ("no-leak-check",)


def given() -> dict[str, Any]:
    """The tables of a complete file of answers: the questions, filled in."""
    tables = tomllib.loads(template("made-pairs", "made images", encoder=False))
    tables["about"] |= {"title": "Made pairs", "description": "Pairs of squares.", "date": "2026-11-22"}
    tables["about"] |= {"url": "https://example.org/made-pairs", "licence": "CC0-1.0"}
    tables["creators"] = [{"name": "Ada Example", "affiliation": "A University"}]
    tables["sources"] = [{"name": "made images", "licence": "CC-BY-4.0", "url": "https://example.org/images"}]
    tables["changes"] = [{"version": "1.0.0", "date": "2026-11-22", "text": "First version."}]
    for question in QUESTIONS:
        tables[question.section][question.key] = f"Answer to {question.key}." if question.mandatory else ""
    return tables


def answers(**changes: Any) -> Answers:
    """Complete answers; `changes` replace the tables of these names."""
    return parse_answers(given() | changes)


def about(**changes: str) -> dict[str, Any]:
    """The table `about`, changed."""
    return given()["about"] | changes


def terms(*licences: str) -> list[dict[str, str]]:
    """Sources under these licences."""
    return [
        {"name": f"source {number}", "licence": licence, "url": "https://example.org/"}
        for number, licence in enumerate(licences)
    ]


def unjudged(source: Source = SOURCE) -> PairSet:
    """Pairs that nobody judged."""
    return same_class(source)


def vote(pair: str, verdict: str = "accept", annotator: int = 1, lane: str = "ordered", **more: Any) -> dict[str, Any]:
    """One row of the annotations."""
    row: dict[str, Any] = {"at": datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC), "pair_id": pair}
    row |= {"annotator": f"person-{annotator:02}", "verdict": verdict, "lane": lane, "status": "saved"}
    return row | {"simulated": False, "seconds": 1.5, "class_shown": False, "swapped": False} | more


def judged(*, simulated: bool = False) -> tuple[PairSet, pa.Table]:
    """40 pairs, of which the first 20 have two votes to accept; another pair was rejected and is not in the set."""
    pairs = unjudged()
    names = pairs.column("pair_id").tolist()[:20]
    rows = [vote(name, annotator=number, simulated=simulated) for name in names for number in (1, 2)]
    rows.append(vote("0" * 16, "reject", simulated=simulated))
    return with_verdicts(pairs, ["accept"] * 20 + [None] * 20, [2] * 20 + [0] * 20), pa.Table.from_pylist(rows)


def with_verdicts(pairs: PairSet, verdicts: list[str | None], votes: list[int]) -> PairSet:
    """The pairs with these verdicts and numbers of votes."""
    table = pairs.table
    for name, column in {"verdict": verdicts, "votes": votes}.items():
        field = SCHEMA.field(name)
        table = table.set_column(SCHEMA.get_field_index(name), field, pa.array(column, field.type))
    origin = dataclasses.replace(pairs.origin, rule=Spec(name="review", options={"events": 41}), parents=(pairs.hash,))
    return PairSet(table, origin)


def seal(folder: Path) -> Path:
    """Write the sums anew, as somebody would who changed a file and wants nobody to notice."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in files
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))
    return folder
