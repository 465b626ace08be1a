"""The tables of a review as they are now; `migrations/` makes them, step by step, in SQLite and in PostgreSQL.

`events` is the truth, append-only and chained by hashes. All other tables follow from it and make the next pair, the
history and the counts a look at an index.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

TABLES = MetaData()


def _integer(name: str, default: int | None = 0) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=None if default is None else text(str(default)))


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def _key(name: str = "number") -> Column[int]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


def _person() -> Column[int]:
    return Column("person", Integer, ForeignKey("people.number"), nullable=False)


def _pair() -> Column[int]:
    return Column("pair", Integer, ForeignKey("pairs.number"), nullable=False)


def _hash(name: str) -> Column[str]:
    return Column(name, String(64), nullable=False)


def _string(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _double(name: str) -> Column[float]:
    return Column(name, Double, nullable=False)


def _index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of some rows alone."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


# One row: what never changes. `genesis` is the hash of all of it, from which the chain of events starts.
project = Table(
    "project", TABLES, _key("id"), _string("name"), _double("created_at"), _string("policy"), _string("settings"),
    _string("strata"), _integer("candidates", None), _integer("first_gold", None), _integer("wanted_votes", None),
    _hash("pairs_sha256"), _hash("candidates_sha256"), _hash("genesis"),
)  # fmt: skip

# The pair set and the candidates as Parquet, in parts that any driver can hold.
files = Table(
    "files", TABLES, Column("name", Text, primary_key=True), _key("part"),
    Column("content", LargeBinary, nullable=False),
)  # fmt: skip

# One row: whoever writes locks it. The end of the chain, the clock of waiting pairs, and the counts.
head = Table(
    "head", TABLES, _key("id"), _integer("seq"), _hash("hash"), _integer("turn"),
    _integer("begun"), _integer("judged"), _integer("given_votes"), _integer("day"), _integer("today"),
)  # fmt: skip

# `tasks` and `decisions` only grow; `judged` is what stands; the three cursors say how far a person's lanes are.
people = Table(
    "people", TABLES, _key(), Column("name", Text, nullable=False, unique=True), _string("pseudonym"),
    _flag("simulated"), _double("added_at"), _integer("tasks"), _integer("decisions"), _integer("judged"),
    _integer("more_after"), _integer("disputes_after"), _integer("again_after"), _integer("day"), _integer("today"),
)  # fmt: skip

tokens = Table("tokens", TABLES, Column("digest", String(64), primary_key=True), _person(), _double("until"))
sessions = Table("sessions", TABLES, Column("digest", String(64), primary_key=True), _person(), _double("until"))

# `fresh` is the pair's chance while nobody has begun it; `turn` and `disputed` say since when it waits for another
# vote, or for somebody who settles it. Null: it does not. The checks hold whatever the program does.
pairs = Table(
    "pairs", TABLES, _key(), _integer("stratum", None), _integer("chance", None), _integer("wanted", None),
    _integer("accepts"), _integer("rejects"), _integer("unsures"), _integer("leased"), _flag("adjudicating"),
    _flag("adjudicated"), Column("fresh", Integer), Column("turn", Integer), Column("disputed", Integer),
    CheckConstraint("accepts + rejects + unsures + leased <= wanted", name="votes_never_overshoot"),
    CheckConstraint("accepts >= 0 and rejects >= 0 and unsures >= 0 and leased >= 0", name="nothing_below_zero"),
    _index("pairs_fresh", "fresh", where="fresh is not null"),
    _index("pairs_fresh_of_stratum", "stratum", "fresh", where="fresh is not null"),
    _index("pairs_turn", "turn", where="turn is not null"),
    _index("pairs_disputed", "disputed", where="disputed is not null"),
)  # fmt: skip

# What the planner wants next, in the lanes `ordered` and `grid`; a pair that somebody has begun is in no queue.
queue = Table(
    "queue", TABLES, Column("lane", Text, primary_key=True), _key("place"), _pair(), _integer("stratum", None),
    _string("model"), Index("queue_pair", "pair"), Index("queue_stratum", "lane", "stratum", "place"),
)  # fmt: skip

# `state` is open, judged, surplus or expired; `until` is null unless it is open. Own open leases come in order of
# `place`, below zero for those that an undo opened again. `again` tells the second showing from the first.
leases = Table(
    "leases", TABLES, _key(), Column("id", Text, nullable=False, unique=True), _person(), _pair(), _string("lane"),
    _flag("again"), _flag("swapped"), _string("model"), _string("state"), _integer("place", None),
    Column("until", Double),
    Index("leases_mine", "person", "state", "place"),
    _index("leases_until", "until", where="until is not null"),
    Index("leases_pair", "person", "pair"),
    _index("leases_open_once", "person", "pair", "again", where="state = 'open'", unique=True),
)  # fmt: skip

# The verdicts that stand. `nth` numbers those of a person that may be shown again; a revision gets a new `seq`.
votes = Table(
    "votes", TABLES, _key("seq"), Column("uuid", Text, nullable=False, unique=True),
    Column("task", Text, nullable=False, unique=True), _person(), _pair(), _flag("again"),
    Column("verdict", SmallInteger, nullable=False), Column("lane", SmallInteger, nullable=False), _flag("swapped"),
    _flag("class_shown"), _double("seconds"), _double("at"), Column("nth", Integer),
    Index("votes_once", "person", "pair", "again", unique=True), Index("votes_newest", "person", "seq"),
    Index("votes_nth", "person", "nth"),
)  # fmt: skip

events = Table(
    "events", TABLES, _key("seq"), Column("uuid", Text, nullable=False, unique=True), _double("at"), _person(),
    _pair(), _string("task"), _string("kind"), Column("verdict", Text), Column("supersedes", Text), _string("lane"),
    _flag("swapped"), _flag("class_shown"), _double("seconds"), _string("text"), _string("model"), _string("status"),
    _hash("previous"), _hash("hash"),
    Index("events_person", "person", "pair"),
    _index("events_marks", "seq", where="kind <> 'verdict'"),
)  # fmt: skip

models = Table(
    "models", TABLES, Column("hash", Text, primary_key=True), _integer("after_seq", None), _double("at"),
    _string("weights"),
)  # fmt: skip
looks = Table("looks", TABLES, _key(), _double("at"), _string("look"))
