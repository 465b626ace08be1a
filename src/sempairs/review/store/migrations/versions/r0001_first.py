"""The first schema: a project, its people, the leases and votes of its pairs, and the chain of events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

APPEND_ONLY = ("events", "models", "looks", "files", "project")


def upgrade() -> None:
    """Make all tables, and the triggers that refuse to change the past."""
    op.create_table(
        "files",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", "part"),
    )
    op.create_table(
        "head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("begun", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("judged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("given_votes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("day", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("today", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "looks",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("look", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "models",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("weights", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "pairs",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("chance", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("accepts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rejects", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unsures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("leased", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("adjudicating", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("adjudicated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("fresh", sa.Integer(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("disputed", sa.Integer(), nullable=True),
        sa.CheckConstraint("accepts + rejects + unsures + leased <= wanted", name="votes_never_overshoot"),
        sa.CheckConstraint("accepts >= 0 and rejects >= 0 and unsures >= 0 and leased >= 0", name="nothing_below_zero"),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        "pairs_disputed",
        "pairs",
        ["disputed"],
        unique=False,
        sqlite_where=sa.text("disputed is not null"),
        postgresql_where=sa.text("disputed is not null"),
    )
    op.create_index(
        "pairs_fresh",
        "pairs",
        ["fresh"],
        unique=False,
        sqlite_where=sa.text("fresh is not null"),
        postgresql_where=sa.text("fresh is not null"),
    )
    op.create_index(
        "pairs_fresh_of_stratum",
        "pairs",
        ["stratum", "fresh"],
        unique=False,
        sqlite_where=sa.text("fresh is not null"),
        postgresql_where=sa.text("fresh is not null"),
    )
    op.create_index(
        "pairs_turn",
        "pairs",
        ["turn"],
        unique=False,
        sqlite_where=sa.text("turn is not null"),
        postgresql_where=sa.text("turn is not null"),
    )
    op.create_table(
        "people",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("tasks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("decisions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("judged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("more_after", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("disputes_after", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("again_after", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("day", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("today", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("strata", sa.Text(), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("first_gold", sa.Integer(), nullable=False),
        sa.Column("wanted_votes", sa.Integer(), nullable=False),
        sa.Column("pairs_sha256", sa.String(length=64), nullable=False),
        sa.Column("candidates_sha256", sa.String(length=64), nullable=False),
        sa.Column("genesis", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "events",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("supersedes", sa.Text(), nullable=True),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("swapped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("class_shown", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["pair"],
            ["pairs.number"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.number"],
        ),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("uuid"),
    )
    op.create_index(
        "events_marks",
        "events",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("kind <> 'verdict'"),
        postgresql_where=sa.text("kind <> 'verdict'"),
    )
    op.create_index("events_person", "events", ["person", "pair"], unique=False)
    op.create_table(
        "leases",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("again", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("swapped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["pair"],
            ["pairs.number"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.number"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("leases_mine", "leases", ["person", "state", "place"], unique=False)
    op.create_index(
        "leases_open_once",
        "leases",
        ["person", "pair", "again"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("leases_pair", "leases", ["person", "pair"], unique=False)
    op.create_index(
        "leases_until",
        "leases",
        ["until"],
        unique=False,
        sqlite_where=sa.text("until is not null"),
        postgresql_where=sa.text("until is not null"),
    )
    op.create_table(
        "queue",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pair"],
            ["pairs.number"],
        ),
        sa.PrimaryKeyConstraint("lane", "place"),
    )
    op.create_index("queue_pair", "queue", ["pair"], unique=False)
    op.create_index("queue_stratum", "queue", ["lane", "stratum", "place"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.number"],
        ),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.number"],
        ),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "votes",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("again", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("verdict", sa.SmallInteger(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("swapped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("class_shown", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["pair"],
            ["pairs.number"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["people.number"],
        ),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("task"),
        sa.UniqueConstraint("uuid"),
    )
    op.create_index("votes_newest", "votes", ["person", "seq"], unique=False)
    op.create_index("votes_nth", "votes", ["person", "nth"], unique=False)
    op.create_index("votes_once", "votes", ["person", "pair", "again"], unique=True)
    for table in APPEND_ONLY:
        refuse = _refuse_in_postgres if op.get_bind().dialect.name == "postgresql" else _refuse_in_sqlite
        refuse(table)


def _refuse_in_sqlite(table: str) -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _refuse_in_postgres(table: str) -> None:
    op.execute(
        f"CREATE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()"
    )
