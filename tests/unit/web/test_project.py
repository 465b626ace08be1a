"""The page of the project: what it tells, and what it keeps from those who have not voted yet."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from test_api import send, tasks, verdict

from made import made_source
from made_review import made_app, made_review, visitor
from sempairs.review.base import Decision, Kind, Verdict
from sempairs.review.session import Review
from sempairs.review.settings import ReviewSettings
from sempairs.review.simulated import Annotator, simulate, true_pairs
from sempairs.web.desk import Desk
from sempairs.web.thumbnails import Thumbnails

PAIRS = 12


@pytest.fixture
def twice(tmp_path: Path) -> Iterator[Review]:
    """A review in which two people judge each pair."""
    settings = ReviewSettings(votes=2, gold=0.0, again=0.0)
    made = made_review(tmp_path, made_source(), n=PAIRS, settings=settings)
    yield made
    made.close()


def newly(review: Review, name: str) -> TestClient:
    """Somebody's browser, at a server that has nothing cached."""
    return visitor(made_app(review, made_source()), review, name)


def shown(client: TestClient) -> Counter[str]:
    """How many pairs each gallery holds, and how many are disputed."""
    gallery = {word: client.get("/api/gallery", params={"verdict": word}).json() for word in ("accept", "reject")}
    return Counter(
        {word: len(answer["pairs"]) for word, answer in gallery.items()}
        | {"disputed": len(client.get("/api/project").json()["disagreements"])}
    )


def test_nobody_sees_a_vote_before_all_are_in_and_a_third_person_settles(twice: Review) -> None:
    first = newly(twice, "Ada")
    send(first, *(verdict(task, "accept") for task in tasks(first, count=PAIRS)))
    assert shown(newly(twice, "Bob")).total() == 0

    bob = newly(twice, "Bob")
    said = ["accept"] * 8 + ["reject"] * 4
    send(bob, *(verdict(task, word) for task, word in zip(tasks(bob, count=PAIRS), said, strict=True)))
    cleo = newly(twice, "Cleo")
    assert shown(cleo) == {"accept": 8, "reject": 0, "disputed": 4}
    votes = cleo.get("/api/project").json()["disagreements"][0]["votes"]
    assert votes == [{"person": "Ada", "verdict": "accept"}, {"person": "Bob", "verdict": "reject"}]

    assert tasks(bob, count=5, lane="adjudicate") == []
    send(cleo, *(verdict(task, "reject") for task in tasks(cleo, count=5, lane="adjudicate")))
    assert shown(newly(twice, "Cleo")) == {"accept": 8, "reject": 4, "disputed": 0}


def test_the_numbers_of_a_simulated_review_are_those_of_its_people(tmp_path: Path) -> None:
    source = made_source()
    review = made_review(tmp_path, source, n=60)
    careless = review.store.add_person("careless", simulated=True)
    simulate(review, {careless: Annotator(misses=1.0, seconds=2.0)}, true_pairs(review, source), 50)
    project = newly(review, "Ada").get("/api/project").json()
    person = project["people"][0]
    # Who accepts all that is false passes every trap, and is never alarmed by what is right.
    assert person["missed_faults"] == person["gold_reject"] > 0
    assert person["false_alarms"] == 0
    assert (person["simulated"], person["judged"], person["seconds"]) == (True, 50, 2.0)
    counts = review.store.counts()
    assert project["counts"]["judged"] == counts["given_votes"] == sum(row["judged"] for row in project["strata"])
    assert sum(row["pairs"] for row in project["strata"]) == 60
    assert all(row["accepted"] == row["judged"] for row in project["strata"])
    assert project["certificate"]["sentence"] == project["certificate"]["sentences"][0]
    assert project["may_invite"] is True
    review.close()


def test_an_undefined_number_is_null(twice: Review) -> None:
    ada, bob = newly(twice, "Ada"), newly(twice, "Bob")
    for client in (ada, bob):  # all alike: kappa is not defined
        send(client, *(verdict(task, "accept") for task in tasks(client, count=PAIRS)))
    text = newly(twice, "Ada").get("/api/project").text
    matrix = json.loads(text)["agreement"]["matrix"]
    assert "NaN" not in text
    assert matrix["people"] == ["Ada", "Bob"]
    assert (matrix["raw"], matrix["kappa"]) == ([[None, 1.0], [1.0, None]], [[None, None], [None, None]])
    assert matrix["shared"] == [[PAIRS, PAIRS], [PAIRS, PAIRS]]


def test_the_certificate_follows_what_is_judged_when_it_is_refreshed(twice: Review) -> None:
    ada, bob = twice.store.add_person("Ada"), twice.store.add_person("Bob")
    desk = Desk(twice, Thumbnails(twice.candidates, made_source()), ada)
    before = desk.progress(ada)
    assert (before.judged, before.wanted, before.mine) == (0, 2 * PAIRS, 0)
    assert not before.certificate.certified
    for person in (ada, bob):
        for task in twice.lease(person, PAIRS):
            desk.record(person, [Decision(uuid.uuid4().hex, task.id, Kind.verdict, Verdict.accept)])
    assert desk.progress(ada).certificate == before.certificate
    desk.refresh()
    after = desk.progress(ada)
    assert (after.judged, after.mine) == (2 * PAIRS, PAIRS)
    assert after.certificate.certified  # every pair is judged
