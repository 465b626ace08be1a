"""The votes behind the verdicts: what a published table of them may hold, and whether it explains the verdicts."""

import re
from collections import Counter, defaultdict

import pyarrow as pa

from sempairs.core.errors import UserError
from sempairs.pairs.pairset import PairSet

VERDICTS = ("accept", "reject", "unsure")
VOTING = ("random", "ordered", "more", "grid")
"""The lanes whose verdicts are votes; an adjudication decides, and who is asked again has voted before."""
LANES = (*VOTING, "again", "adjudicate")
"""All lanes but the gold questions, which are never published."""
STANDING = "saved"
NEEDED = {
    "pair_id": pa.string(),
    "annotator": pa.string(),
    "verdict": pa.string(),
    "lane": pa.string(),
    "status": pa.string(),
    "simulated": pa.bool_(),
}
ALLOWED = NEEDED | {
    "a": pa.string(),
    "b": pa.string(),
    "a_hash": pa.string(),
    "b_hash": pa.string(),
    "seconds": pa.float64(),
    "class_shown": pa.bool_(),
    "swapped": pa.bool_(),
    "at": None,
}
"""Every column that is published, with its type (None: a time); others could tell who somebody is."""
PSEUDONYM = re.compile(r"person-\d{1,6}")


def check_table(annotations: pa.Table) -> None:
    """Raise UserError unless a table holds pseudonymous votes and nothing else."""
    names = annotations.schema.names
    for name in NEEDED:
        if name not in names:
            raise UserError(f"the annotations have no column {name!r}", got=", ".join(names))
    for field in annotations.schema:
        if field.name not in ALLOWED:
            raise UserError(
                f"the annotations have a column that is not published: {field.name!r}",
                todo="leave it out; only what is known to name nobody is published",
            )
        wanted = ALLOWED[field.name]
        if field.type != wanted and not (wanted is None and pa.types.is_timestamp(field.type)):
            raise UserError(f"the annotations' column {field.name!r} must be {wanted or 'a time'}", got=field.type)
    if len(set(names)) < len(names):
        raise UserError("the annotations have a column twice", got=", ".join(names))
    for name in NEEDED:
        if annotations.column(name).null_count:
            raise UserError(f"the annotations' column {name!r} has empty cells")
    for annotator in annotations.column("annotator").unique().to_pylist():
        if not PSEUDONYM.fullmatch(annotator):
            raise UserError("an annotator is not named by a pseudonym", got=repr(annotator), todo="as person-01")
    for name, known in {"verdict": VERDICTS, "lane": LANES}.items():
        for value in annotations.column(name).unique().to_pylist():
            if value not in known:
                todo = "gold questions are not published" if value == "gold" else f"one of {', '.join(known)}"
                raise UserError(f"the annotations have the {name} {value!r}", todo=todo)


def check_verdicts(pairs: PairSet, annotations: pa.Table | None) -> None:
    """Raise UserError unless the votes explain the verdict and the number of votes of every pair.

    The last adjudication decides, else the verdict of all votes, else that of more than half of them; a pair that has
    votes and no verdict is one on which they disagree.
    """
    votes: defaultdict[str, list[str]] = defaultdict(list)
    settled: dict[str, str] = {}
    if annotations is not None:
        columns = (annotations.column(name).to_pylist() for name in ("pair_id", "lane", "verdict", "status"))
        for pair, lane, verdict, status in zip(*columns, strict=True):
            if status == STANDING and lane in VOTING:
                votes[pair].append(verdict)
            elif status == STANDING and lane == "adjudicate":
                settled[pair] = verdict
    wrong = []
    rows = zip(*(pairs.column(name).tolist() for name in ("pair_id", "verdict", "votes")), strict=True)
    for pair, verdict, count in rows:
        given = votes.get(pair, [])
        if count != len(given):
            wrong.append(f"pair {pair} says {count} votes, {len(given)} are there")
        elif verdict not in _possible(given, settled.get(pair)):
            wrong.append(f"pair {pair} says {verdict}, its votes say {', '.join(given) or 'nothing'}")
    if wrong:
        raise UserError(
            f"{len(wrong):,} verdicts are not what the votes say", got=wrong[0],
            todo="publish the pairs and the annotations of one `sempairs review export`",
        )  # fmt: skip


def _possible(votes: list[str], settled: str | None) -> set[str | None]:
    """The verdicts that these votes allow."""
    if settled is not None:
        return {settled}
    if not votes:
        return {None}
    verdict, count = Counter(votes).most_common(1)[0]
    if count == len(votes):
        return {verdict}
    # A majority settles only once all wanted votes are in, and how many are wanted is not told here.
    return {verdict, None} if 2 * count > len(votes) else {None}
