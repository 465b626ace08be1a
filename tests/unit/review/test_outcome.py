"""From votes to verdicts, against the rules written down one by one."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_judgements import made_candidates, made_judgements
from sempairs.review.base import VERDICTS, VOTING, Lane, Verdict
from sempairs.review.outcome import DISPUTED, UNJUDGED, outcome

A, R, U = Verdict.accept, Verdict.reject, Verdict.unsure


def of_votes(votes: list[Verdict], wanted: int) -> int:
    rows = [(0, person, verdict, Lane.ordered) for person, verdict in enumerate(votes)]
    return int(outcome(made_candidates(1, wanted), made_judgements(rows)).verdict[0])


@pytest.mark.parametrize(
    ("votes", "wanted", "verdict"),
    [
        ([], 1, UNJUDGED),
        ([A], 1, A),
        ([U], 1, U),
        ([R], 3, R),  # the first of three votes stands until another disagrees
        ([A, R], 3, DISPUTED),  # the third is still to come
        ([A, A], 3, A),
        ([A, A, R], 3, A),
        ([A, R, R], 3, R),
        ([A, A, U], 3, A),
        ([A, U, U], 3, U),
        ([A, R, U], 3, DISPUTED),
        ([A, R], 2, DISPUTED),
        ([A, U], 2, DISPUTED),  # half of the votes are no majority, and a doubt is a vote
        ([A, A, R, R, U], 5, DISPUTED),
        ([A, A, A, R, U], 5, A),
        ([A, A, R, R], 3, DISPUTED),  # more votes than wanted, of verdicts taken over from elsewhere
    ],
)
def test_the_rules(votes, wanted, verdict):
    assert of_votes(votes, wanted) == (verdict if isinstance(verdict, int) else VERDICTS.index(verdict))


def test_who_adjudicates_decides_and_the_last_one_stands():
    rows = [
        (0, 1, A, Lane.ordered), (0, 2, R, Lane.more), (0, 3, R, Lane.adjudicate),
        (1, 1, A, Lane.ordered), (1, 2, A, Lane.more), (1, 3, U, Lane.adjudicate), (1, 4, R, Lane.adjudicate),
        (2, 1, A, Lane.ordered),
    ]  # fmt: skip
    found = outcome(made_candidates(3), made_judgements(rows))
    assert [VERDICTS[v] for v in found.verdict] == [R, R, A]
    assert found.votes.tolist() == [2, 2, 1]  # adjudications are none
    assert found.adjudicated.tolist() == [True, True, False]


def test_gold_questions_and_second_looks_are_no_votes():
    rows = [(0, 1, A, Lane.ordered), (0, 1, R, Lane.again), (1, 1, A, Lane.gold)]
    found = outcome(made_candidates(2, wanted=1, gold=[-1, 1]), made_judgements(rows))
    assert found.verdict.tolist() == [VERDICTS.index(A), UNJUDGED]
    assert found.votes.tolist() == [1, 0]


def by_the_rules(votes: list[int], settled: list[int], wanted: int) -> int:
    if settled:
        return settled[-1]
    if not votes:
        return UNJUDGED
    verdict, most = Counter(votes).most_common(1)[0]
    if most == len(votes):
        return verdict
    return verdict if len(votes) >= wanted and most > len(votes) / 2 else DISPUTED


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.integers(1, 4), st.sampled_from(VERDICTS), st.sampled_from(list(Lane))),
        max_size=60,
    ),
    st.lists(st.integers(1, 4), min_size=6, max_size=6),
)
def test_many_pairs_are_judged_like_one(rows, wanted):
    found = outcome(made_candidates(6, wanted), made_judgements(rows))
    for pair in range(6):
        mine = [(VERDICTS.index(verdict), lane) for number, _, verdict, lane in rows if number == pair]
        votes = [verdict for verdict, lane in mine if lane in VOTING]
        settled = [verdict for verdict, lane in mine if lane == Lane.adjudicate]
        assert found.verdict[pair] == by_the_rules(votes, settled, wanted[pair])
        assert found.votes[pair] == len(votes)
        assert found.adjudicated[pair] == bool(settled)
    assert np.isin(found.verdict, [UNJUDGED, DISPUTED, 0, 1, 2]).all()
