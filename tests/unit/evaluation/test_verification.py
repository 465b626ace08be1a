"""Pair verification: known answers, what its interval covers, and what it refuses."""

import dataclasses

import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.evaluation.base import Labelled
from sempairs.evaluation.verification import Verification


def labelled(values, labels, columns=None):
    source = dataclasses.replace(made_source(len(labels)), columns=columns or {})
    return Labelled(np.asarray(values, dtype=np.float32), np.asarray(labels), source=source)


def area(values, labels, **options):
    test = labelled(values, labels)
    (score,) = Verification(**options)(test, test)
    return score


def test_constant_features_give_exactly_half():
    # Every pair is a tie, and a tie counts half: 50, the chance value of the contract, for any classes.
    assert area(np.full((30, 7), 0.3), np.arange(30) % 3).value == 50.0


def test_a_hand_made_case():
    # Five images each in the directions of 0 and 10 degrees (class 0), 30 and 90 (class 1). Pairs of two classes: 25
    # each at 30, 90, 20 and 80 degrees. Of one class: 4 x 10 at 0 and 25 at 10 degrees are nearer than all of these,
    # 25 at 60 degrees are nearer than those at 80 and 90, so half of them.
    angles = np.radians(np.repeat([0.0, 10, 30, 90], 5))
    score = area(np.stack([np.cos(angles), np.sin(angles)], axis=1), np.repeat([0, 0, 1, 1], 5))
    assert score.value == pytest.approx(100 * (65 + 25 / 2) / 90, abs=1e-9)


def test_the_sign_counts_and_the_length_does_not():
    labels = np.arange(40) % 2
    values = np.where(labels, -1.0, 1.0)[:, None] * rng("length").uniform(0.1, 10, (40, 1)) * np.ones(3)
    assert area(values, labels).value == 100.0
    assert area(values, labels).interval == (100.0, 100.0)


def test_the_interval_covers_what_more_images_say():
    # 95% intervals of 40 samples should hold the value of many images 38 times; 33 times or fewer happen with
    # probability .003 if they cover 95%.
    random = rng("coverage")
    centres = random.normal(size=(3, 4))

    def sample(n):
        labels = np.arange(n) % 3
        return area(centres[labels] + 1.5 * random.normal(size=(n, 4)), labels, images=n)

    truth = sample(1500).value
    held = sum(score.interval[0] <= truth <= score.interval[1] for score in (sample(60) for _ in range(40)))
    assert held >= 34


def test_a_sample_is_drawn_by_the_seed():
    labels = np.arange(200) % 4
    values = np.eye(4)[labels] + rng("sample").normal(size=(200, 4))
    one, same, other = (area(values, labels, images=80, seed=seed) for seed in (0, 0, 1))
    assert one == same
    assert one.value != other.value
    assert one.n == 80


def test_images_without_a_domain_are_left_out():
    labels, place = np.arange(60) % 3, np.array(["here", "there"] * 30, dtype=object)
    values = np.eye(3)[labels]
    values[:20] = rng("left out").normal(size=(20, 3))  # would not be perfect
    place[:20] = None
    test = labelled(values, labels, {"place": place})
    scores = Verification(domain="place")(test, test)
    assert {score.metric: score.value for score in scores} == {
        "verification within place": 100.0, "verification across place": 100.0,
    }  # fmt: skip
    assert {score.n for score in scores} == {40}


def test_two_domains_of_one_run_have_names_of_their_own():
    labels = np.arange(60) % 3
    test = labelled(np.eye(3)[labels], labels, {"place": np.arange(60) // 30, "time": np.arange(60) // 20})
    scores = [score for domain in ("", "place", "time") for score in Verification(domain=domain)(test, test)]
    assert len({score.metric for score in scores}) == len(scores)
    titles = [picture.title for score in scores for picture in score.pictures]
    assert len(set(titles)) == len(titles) == 3


@pytest.mark.parametrize(
    ("labels", "domain", "message"),
    [
        (np.zeros(20), "", "two classes"),
        (np.arange(20), "", "pairs of one class"),
        (np.arange(20) % 2, "where", "no column"),
        (np.arange(20) % 2, "own", "another domain"),  # each image a domain of its own: no pair within
    ],
)
def test_what_it_refuses(labels, domain, message):
    test = labelled(rng("refused").normal(size=(20, 3)), labels.astype(np.int64), {"own": np.arange(20)})
    with pytest.raises(UserError, match=message):
        Verification(domain=domain)(test, test)


def test_options_out_of_range():
    with pytest.raises(UserError, match="four images"):
        Verification(images=3)
