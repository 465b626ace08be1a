"""Verdicts leave a review as lists, as a table of votes to publish and as its chain of events, and come in as lists."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from sempairs.core.files import atomic_write
from sempairs.core.progress import progress
from sempairs.review.base import VERDICTS, VOTING, Kind, Lane
from sempairs.review.store import Store
from sempairs.review.verdict_lists import ListedVerdict, read_rows, write_table

ANNOTATIONS = pa.schema(
    [
        pa.field("pair_id", pa.string(), nullable=False),
        pa.field("a", pa.string(), nullable=False),
        pa.field("b", pa.string(), nullable=False),
        pa.field("a_hash", pa.string(), nullable=False),
        pa.field("b_hash", pa.string(), nullable=False),
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("lane", pa.string(), nullable=False),
        pa.field("seconds", pa.float64(), nullable=False),
        pa.field("class_shown", pa.bool_(), nullable=False),
        pa.field("swapped", pa.bool_(), nullable=False),
        pa.field("at", pa.timestamp("ms", "UTC"), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("simulated", pa.bool_(), nullable=False),
    ]
)


def annotations(store: Store) -> pa.Table:
    """Every verdict that stands, in the order of the chain, by pseudonyms and without gold questions.

    Those that came too late to count are among them, with the status `surplus`. What was taken back or revised is in
    the chain alone.
    """
    candidates, people = store.candidates(), {person.number: person for person in store.people()}
    rows = [event for event in _standing(store) if event["lane"] != Lane.gold]
    pair, person = [event["pair"] for event in rows], [people[event["person"]] for event in rows]
    columns = {
        **{name: getattr(candidates, name)[pair] for name in ("pair_id", "a", "b", "a_hash", "b_hash")},
        "annotator": [one.pseudonym for one in person],
        **{name: [e[name] for e in rows] for name in ("verdict", "lane", "seconds", "class_shown", "swapped")},
        "at": [round(1000 * event["at"]) for event in rows],
        "status": [event["status"] for event in rows],
        "simulated": [one.simulated for one in person],
    }
    return pa.table(
        {name: pa.array(column, ANNOTATIONS.field(name).type) for name, column in columns.items()}, ANNOTATIONS
    )


def _standing(store: Store) -> list[dict[str, Any]]:
    """The events of all verdicts that were neither taken back nor revised."""
    verdicts, gone = {}, set()
    with progress("reading the chain", store.last_seq(), "events") as bar:
        for event in store.events():
            gone.add(event["supersedes"])
            if event["kind"] == Kind.verdict:
                verdicts[event["uuid"]] = event
            bar()
    return [event for uuid, event in verdicts.items() if uuid not in gone]


def write_chain(store: Store, path: Path) -> None:
    """Write all events as JSON lines, in the order of the chain; the hash of each is taken over the one before."""
    with atomic_write(path) as file, progress("writing the chain", store.last_seq(), "events") as bar:
        for event in store.events():
            file.write(json.dumps(event, sort_keys=True, allow_nan=False).encode() + b"\n")
            bar()


def write_verdicts(store: Store, path: Path) -> None:
    """Write all votes that stand as a list (.csv, .jsonl, .parquet) that `import_verdicts` reads; people by pseudonym.

    Raises
    ------
    UserError: another kind of file.
    """
    candidates, votes = store.candidates(), store.judgements().of(*VOTING)
    pseudonyms = {person.number: person.pseudonym for person in store.people()}
    notes = {(note["person"], note["pair"]): note["text"] for note in store.notes()}  # the newest wins
    said = list(zip(votes.person.tolist(), votes.pair.tolist(), strict=True))
    columns = {
        "pair_id": candidates.pair_id[votes.pair],
        "a": candidates.a[votes.pair],
        "b": candidates.b[votes.pair],
        "verdict": [str(VERDICTS[verdict]) for verdict in votes.verdict],
        "person": [pseudonyms[person] for person, _ in said],
        "seconds": votes.seconds,
        "note": [notes.get(one, "") for one in said],
    }
    numbers = {"seconds": pa.float64()}
    table = pa.table({name: pa.array(column, numbers.get(name, pa.string())) for name, column in columns.items()})
    write_table(table, path)


def read_verdicts(store: Store, path: Path, person: str) -> list[ListedVerdict]:
    """The verdicts of a list (.csv, .jsonl, .parquet) on pairs of this review; `person` judged where it does not say.

    Raises
    ------
    UserError: the list cannot be read, or has wrong rows; each is named by its line.
    """
    candidates = store.candidates()
    ours = np.flatnonzero(candidates.gold < 0)  # to the file, a gold question is no pair of the review
    pairs = dict(zip(candidates.pair_id[ours].tolist(), ours.tolist(), strict=True))
    return read_rows(path, pairs, person)


def import_verdicts(store: Store, path: Path, person: str, *, simulated: bool = False) -> int:
    """Take over the verdicts of a list as votes; returns how many were new. The same list again changes nothing.

    The model of the queue learns from such a verdict only when the queue itself comes to the pair: nobody knows why it
    was these pairs that were judged, and they may be those of the certificate's sample.

    Parameters
    ----------
    person: who judged where the list does not say. A name or a pseudonym; who is not known yet is added.
    simulated: whether a program, and no person, made these verdicts.

    Raises
    ------
    UserError: the list cannot be read or a row cannot be taken over, with its line; then nothing is stored.
    """
    return store.take_over(read_verdicts(store, path, person), simulated=simulated)
