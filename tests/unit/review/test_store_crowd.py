"""Eight processes at once, and processes killed while they write."""

import collections
from collections.abc import Callable

from made_crowd import PEOPLE, crowd, killed
from sempairs.review.base import LANES, VOTING, Lane
from sempairs.review.store import Store

Make = Callable[..., Store]


def test_eight_annotators_at_once_give_each_pair_its_votes_exactly(url: str, make: Make) -> None:
    n, votes, gold = 500, 2, 12
    store = make(n=n, votes=votes, gold=gold)
    for number in range(PEOPLE):
        store.add_person(f"person {number}")
    crowd(url)
    found = store.judgements()
    counted = found.of(*VOTING)
    # Exactly two votes on each of the 500 pairs, and no two of them by one person.
    assert collections.Counter(counted.pair.tolist()) == dict.fromkeys(range(n), votes)
    assert len(set(zip(counted.pair.tolist(), counted.person.tolist(), strict=True))) == n * votes
    assert len(set(counted.person.tolist())) > PEOPLE // 2  # a busy machine may keep some of them out
    for lane in (Lane.gold, Lane.again):
        once = [tuple(row) for row in zip(found.of(lane).pair, found.of(lane).person, strict=True)]
        assert len(set(once)) == len(once) > 0
    assert store.counts()["given_votes"] == n * votes
    assert store.counts()["judged"] == store.counts()["begun"] == n
    assert sum(store.counts(person)["judged"] for person in store.people()) == len(found)
    assert set(found.lane) <= {LANES.index(lane) for lane in (*VOTING, Lane.gold, Lane.again)}
    store.verify_chain()


def test_what_was_acknowledged_survives_a_kill(url: str, make: Make) -> None:
    times = 12
    store = make(n=2000)
    store.add_person("Anna")
    acknowledged, processes = killed(url, times)
    assert processes == times  # each was killed while it was at work
    store.verify_chain()
    stored = {event["uuid"] for event in store.events()}
    assert acknowledged <= stored
    # A batch of three may have been stored just before the kill, and not acknowledged.
    assert len(stored) <= len(acknowledged) + 3 * times
    # The tables tell what the chain tells.
    found = store.judgements()
    assert found.seq.tolist() == list(range(1, store.last_seq() + 1))
    assert store.counts()["given_votes"] == len(found.of(*VOTING))
    assert store.counts(store.people()[0])["judged"] == len(found)
    with Store.open(url) as again:
        assert again.last_seq() == store.last_seq()
