"""Votes that may be published, and verdicts that they explain."""

import pyarrow as pa
import pytest

from made_published import judged, unjudged, vote, with_verdicts
from sempairs.core.errors import UserError
from sempairs.pairs.publish import annotations
from sempairs.pairs.publish.annotations import check_table, check_verdicts
from sempairs.review import base, exchange

NAMES = unjudged().column("pair_id").tolist()


def table(*rows):
    return pa.Table.from_pylist(list(rows))


def check(verdict, count, *rows):
    """Whether the first pair's votes explain its verdict; no other pair has any."""
    rest = len(NAMES) - 1
    pairs = with_verdicts(unjudged(), [verdict] + [None] * rest, [count] + [0] * rest)
    check_verdicts(pairs, table(*rows) if rows else None)


@pytest.mark.parametrize(
    ("verdict", "count", "votes"),
    [
        (None, 0, []),
        ("accept", 1, [("accept", "ordered")]),
        ("accept", 1, [("accept", "random")]),
        ("accept", 2, [("accept", "grid"), ("accept", "more")]),
        ("accept", 3, [("accept", "ordered"), ("reject", "more"), ("accept", "more")]),
        (None, 3, [("accept", "ordered"), ("reject", "more"), ("accept", "more")]),  # a fourth vote may be wanted
        (None, 2, [("accept", "ordered"), ("unsure", "more")]),
        ("reject", 2, [("accept", "ordered"), ("unsure", "more"), ("reject", "adjudicate")]),
        ("accept", 1, [("accept", "ordered"), ("reject", "again")]),  # who is asked again has voted before
        ("accept", 1, [("accept", "ordered"), ("reject", "ordered", "surplus")]),
    ],
)
def test_verdicts_that_the_votes_explain(verdict, count, votes):
    check(verdict, count, *(vote(NAMES[0], v[0], n, v[1], status=(*v, "saved")[2]) for n, v in enumerate(votes)))


@pytest.mark.parametrize(
    ("verdict", "count", "votes"),
    [
        ("accept", 0, []),
        ("accept", 1, []),
        (None, 1, []),
        ("accept", 1, [("reject", "ordered")]),
        (None, 1, [("accept", "ordered")]),
        ("accept", 2, [("accept", "ordered")]),
        ("accept", 1, [("accept", "ordered"), ("accept", "more")]),
        ("accept", 2, [("accept", "ordered"), ("reject", "more")]),
        ("reject", 3, [("accept", "ordered"), ("reject", "more"), ("accept", "more")]),
        ("accept", 2, [("accept", "ordered"), ("accept", "more"), ("reject", "adjudicate")]),
        ("accept", 1, [("accept", "again")]),
    ],
)
def test_verdicts_that_they_do_not(verdict, count, votes):
    with pytest.raises(UserError, match="1 verdicts are not what the votes say"):
        check(verdict, count, *(vote(NAMES[0], v, n, lane) for n, (v, lane) in enumerate(votes)))


def test_votes_on_pairs_that_are_not_in_the_set_are_welcome():
    pairs, annotations = judged()
    check_table(annotations)
    check_verdicts(pairs, annotations)


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (vote("x") | {"annotator": "Ada Lovelace"}, "not named by a pseudonym"),
        (vote("x") | {"name": "Ada"}, "a column that is not published: 'name'"),
        (vote("x", lane="gold"), "gold questions are not published"),
        (vote("x", "maybe"), "the verdict 'maybe'"),
        (vote("x") | {"simulated": None}, "must be bool|empty cells"),
        (vote("x") | {"simulated": "no"}, "'simulated' must be bool"),
        (vote("x") | {"at": "when Ada was here"}, "'at' must be a time"),
        (vote("x") | {"seconds": "long"}, "'seconds' must be double"),
    ],
)
def test_tables_that_are_not_published(row, match):
    with pytest.raises(UserError, match=match):
        check_table(table(row))


@pytest.mark.parametrize("name", ["pair_id", "annotator", "verdict", "lane", "status", "simulated"])
def test_columns_that_must_be_there(name):
    row = vote("x")
    del row[name]
    with pytest.raises(UserError, match=f"no column '{name}'"):
        check_table(table(row))


def test_what_is_published_of_votes_is_what_a_review_exports():
    """A layer below the review, this room repeats its words; here both are held together."""
    assert tuple(str(lane) for lane in base.VOTING) == annotations.VOTING
    assert {str(lane) for lane in base.Lane} - {"gold"} == set(annotations.LANES)
    assert {str(verdict) for verdict in base.Verdict} == set(annotations.VERDICTS)
    assert base.Status.saved == annotations.STANDING
    types = {field.name: None if field.name == "at" else field.type for field in exchange.ANNOTATIONS}
    assert types == annotations.ALLOWED
