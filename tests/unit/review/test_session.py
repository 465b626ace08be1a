"""A review from its creation to the pairs that it leaves, judged by simulated people."""

import numpy as np
import pytest

from made import made_source
from made_review import made_pairs, made_review
from sempairs.core.errors import UserError
from sempairs.review.base import LANES, VERDICTS, Lane, Verdict
from sempairs.review.session import Review
from sempairs.review.settings import ReviewSettings
from sempairs.review.simulated import Annotator, simulate, true_pairs

ALL = 60  # pairs of the made review
QUESTIONS = 8  # its gold questions


@pytest.fixture
def source():
    return made_source(n=40, classes=4)


def reviewed(folder, source, people=1, **settings):
    """A review that simulated people judged to its end, without errors."""
    review = made_review(folder, source, settings=ReviewSettings(**settings))
    truth = true_pairs(review, source)
    crowd = {review.store.add_person(f"simulated {i}", simulated=True): Annotator() for i in range(people)}
    simulate(review, crowd, truth, 10_000, batch=5)
    return review, truth


def test_who_never_errs_leaves_exactly_the_right_pairs(tmp_path, source):
    review, truth = reviewed(tmp_path, source)
    result, whole = review.result(), made_pairs(source, ALL)
    assert set(result.column("pair_id")) == set(whole.column("pair_id")[truth[:ALL]])
    assert set(result.column("verdict")) == {"accept"}
    assert result.column("votes").tolist() == [1] * len(result)
    assert result.origin.parents == (whole.hash,)
    certificate = review.certificate()
    assert (certificate.complete, certificate.certified, certificate.bound) == (True, True, 1.0)
    assert certificate.pairs == len(result)
    review.close()


@pytest.mark.parametrize(("votes", "share"), [(2, 1.0), (3, 1.0), (2, 0.5)])
def test_each_pair_gets_the_votes_it_needs_and_people_share_pairs_from_the_start(tmp_path, source, votes, share):
    review, _ = reviewed(tmp_path, source, people=votes, votes=votes, votes_share=share, again=0.0)
    candidates, judgements = review.candidates, review.store.judgements()
    given = np.bincount(judgements.pair, minlength=len(candidates))
    assert (given[:ALL] == candidates.wanted[:ALL]).all()
    first = judgements.take(np.arange(len(judgements) // 2))
    assert len(first.of(Lane.more)) > 0  # second votes are not put off until the first ones are all there
    review.close()


def test_the_shares_of_the_settings_are_those_of_the_tasks(tmp_path, source):
    settings = ReviewSettings(random=0.4, gold=0.1, again=0.0)
    review = Review.create(
        f"sqlite:///{tmp_path / 'large.sqlite'}", made_pairs(source, 700), source, name="large", settings=settings
    )
    person = review.store.add_person("Ada")
    tasks = review.lease(person, 500)
    counts = np.bincount([LANES.index(task.lane) for task in tasks], minlength=len(LANES))
    # No gold questions: their share goes to the queue. 500 draws at 0.4: mean 200, deviation 11.
    assert abs(counts[LANES.index(Lane.random)] - 200) < 45
    assert counts[LANES.index(Lane.random)] + counts[LANES.index(Lane.ordered)] == 500
    review.close()


def test_nothing_is_left_where_nothing_was_accepted(tmp_path, source):
    review = made_review(tmp_path, source)
    with pytest.raises(UserError, match="accepted no pair yet"):
        review.result()
    review.close()


def test_simulated_people_err_as_often_as_they_are_told_to(tmp_path, source):
    review = made_review(tmp_path, source, n=700, settings=ReviewSettings(gold=0.0, again=0.0))
    truth = true_pairs(review, source)
    person = review.store.add_person("simulated", simulated=True)
    simulate(review, {person: Annotator(misses=0.3, alarms=0.2, doubts=0.1)}, truth, 700)
    judgements = review.store.judgements()
    right, said = truth[judgements.pair], judgements.verdict
    # Deviations of these shares among 700: at most 0.02 and 0.04.
    assert abs((said == VERDICTS.index(Verdict.unsure)).mean() - 0.1) < 0.04
    sure = said != VERDICTS.index(Verdict.unsure)
    assert abs((said[sure & ~right] == VERDICTS.index(Verdict.accept)).mean() - 0.3) < 0.09
    assert abs((said[sure & right] == VERDICTS.index(Verdict.reject)).mean() - 0.2) < 0.14
    review.close()


def test_a_person_who_is_no_simulation_cannot_be_simulated(tmp_path, source):
    review = made_review(tmp_path, source)
    with pytest.raises(AssertionError, match="must be declared"):
        simulate(review, {review.person("Ada"): Annotator()}, true_pairs(review, source), 10)
    review.close()
