"""The answers of whoever publishes a set: read from TOML, checked, complete or refused."""

import datetime
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from sempairs.core.errors import UserError, suggest
from sempairs.core.settings import validate
from sempairs.pairs.publish.licences import licence_of
from sempairs.pairs.publish.questions import QUESTIONS, SECTIONS

LARGEST = 1 << 20
NO_WEIGHTS = "none"
OWN_PART = "the pairs and verdicts"
"""What a publisher adds to the sources; none of them may be called so."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class About(_Table):
    """What the set is called, where and under which licence it stands."""

    name: str = ""
    title: str = ""
    description: str = ""
    version: str = ""
    date: str = ""
    url: str = ""
    licence: str = ""
    keywords: tuple[str, ...] = ()


class Creator(_Table):
    """Somebody who made the set."""

    name: str = ""
    kind: Literal["person", "organisation"] = "person"
    affiliation: str = ""
    orcid: str = ""


class SourceTerms(_Table):
    """A collection that the images come from."""

    name: str = ""
    licence: str = ""
    url: str = ""
    notice: str = ""
    citation: str = ""


class EncoderTerms(_Table):
    """The encoder whose features the pairs were mined with, and the licence of its weights."""

    name: str = ""
    licence: str = ""
    url: str = ""


class Change(_Table):
    """What a version changed."""

    version: str = ""
    date: str = ""
    text: str = ""


class Answers(_Table):
    """All answers. Those of the datasheet stand in `sheet`, by section and key."""

    about: About = About()
    creators: tuple[Creator, ...] = ()
    sources: tuple[SourceTerms, ...] = ()
    encoder: EncoderTerms | None = None
    changes: tuple[Change, ...] = ()
    sheet: dict[str, dict[str, str]] = {}

    @field_validator("sheet")
    @classmethod
    def _known(cls, sheet: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """Every question with its answer, "" where there is none. Raises UserError for what nobody asked."""
        for section, given in sheet.items():
            known = [question.key for question in QUESTIONS if question.section == section]
            for key in given:
                if key not in known:
                    raise UserError(f"[{section}] has no question {key!r}", todo=suggest(key, known))
        return {
            section: {q.key: sheet.get(section, {}).get(q.key, "").strip() for q in QUESTIONS if q.section == section}
            for section in SECTIONS
        }

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return self.model_dump(mode="json")

    def creator_names(self) -> str:
        """Who made the set, on one line."""
        return ", ".join(creator.name for creator in self.creators)


def read_answers(path: Path) -> Answers:
    """The answers in a TOML file. Raises UserError if it is missing, no TOML, or has what nobody asked for."""
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path} is too large for answers", got=f"{path.stat().st_size:,} bytes")
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        todo = "write one with `sempairs pairs publish PAIRS --questions answers.toml`"
        raise UserError(f"cannot read the answers {path}", got=error.strerror, todo=todo) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML", got=error, todo="mend that line") from None
    return parse_answers(given)


def parse_answers(given: Mapping[str, Any]) -> Answers:
    """Answers from the tables of the file. Raises UserError for a table, a key or a type that does not belong there."""
    for name in given:
        if name not in (*SECTIONS, *Answers.model_fields) or name == "sheet":
            known = [*SECTIONS, *(field for field in Answers.model_fields if field != "sheet")]
            raise UserError(f"the answers have no table [{name}]", todo=suggest(name, known))
    rest = {name: value for name, value in given.items() if name not in SECTIONS}
    return validate(Answers, {**rest, "sheet": {name: given[name] for name in SECTIONS if name in given}}, "answers")


def check_complete(answers: Answers, *, encoder: bool) -> None:
    """Raise UserError, naming all that is empty, unless every mandatory question has an answer that can be used.

    Parameters
    ----------
    encoder: whether features of an encoder chose the pairs; then the licence of its weights must be told.
    """
    empty = [f"about.{name}" for name in About.model_fields if name != "keywords" and not getattr(answers.about, name)]
    tables: dict[str, tuple[BaseModel, ...]] = {
        "creators": answers.creators, "sources": answers.sources, "changes": answers.changes,
    }  # fmt: skip
    needed = {"creators": ("name",), "sources": ("name", "licence", "url"), "changes": ("version", "date", "text")}
    if encoder or answers.encoder is not None:
        tables["encoder"] = () if answers.encoder is None else (answers.encoder,)
        needed["encoder"] = ("name", "licence")
    for table, rows in tables.items():
        empty += [f"{table}.{name}" for row in rows for name in needed[table] if not getattr(row, name)]
        empty += [] if rows else [f"{table} (no table at all)"]
    empty += [f"{q.section}.{q.key}" for q in QUESTIONS if q.mandatory and not answers.sheet[q.section][q.key]]
    if empty:
        raise UserError(
            f"{len(empty)} mandatory answers are empty", got=", ".join(dict.fromkeys(empty)),
            todo="fill them in; nothing is published before",
        )  # fmt: skip
    _check_forms(answers)


def _check_forms(answers: Answers) -> None:
    about = answers.about
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,95}", about.name):
        raise UserError("about.name must be letters, digits, - and _", got=repr(about.name))
    if not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", about.version):
        raise UserError("about.version must be MAJOR.MINOR.PATCH", got=repr(about.version), todo='"1.0.0"')
    for place, date in [("about.date", about.date), *(("changes.date", change.date) for change in answers.changes)]:
        try:
            datetime.date.fromisoformat(date)
        except ValueError:
            raise UserError(f"{place} must be a date", got=repr(date), todo='as "2026-11-22"') from None
    addresses = {"about.url": about.url, **{f"the url of {source.name}": source.url for source in answers.sources}}
    for place, url in addresses.items():
        if not re.fullmatch(r"https?://[^\s<>\"]+", url):
            raise UserError(f"{place} must be an address of the web", got=repr(url), todo="https://...")
    names = [source.name for source in answers.sources]
    if len({OWN_PART, *names}) <= len(names):
        raise UserError("each source needs a name of its own", got=", ".join(names), todo="name each once")
    if answers.changes[0].version != about.version:
        raise UserError(
            "the first of the changes must be those of this version",
            got=f"version {about.version}, changes of {answers.changes[0].version}",
        )
    if answers.encoder is not None and answers.encoder.licence != NO_WEIGHTS:
        licence_of(answers.encoder.licence, "the weights of the encoder")
