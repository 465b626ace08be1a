"""Tasks, decisions, history and galleries, as the pages' scripts ask for them."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from made import made_source
from sempairs.core.errors import UserError
from sempairs.review.session import Review
from sempairs.web.thumbnails import Thumbnails

Visit = Callable[[str], TestClient]


def verdict(task: dict[str, Any], said: str, **more: Any) -> dict[str, Any]:
    """A decision as the page makes it."""
    return {"uuid": str(uuid.uuid4()), "task": task["id"], "kind": "verdict", "verdict": said, "seconds": 1.5, **more}


def send(client: TestClient, *decisions: dict[str, Any]) -> dict[str, Any]:
    """Send decisions; they arrive."""
    answer = client.post("/api/decisions", json={"decisions": decisions})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def tasks(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    """The next pairs."""
    answer = client.post("/api/tasks", json=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["tasks"]
    return found


def test_a_task_tells_two_images_and_a_class_and_nothing_else(ada: TestClient) -> None:
    answer = ada.post("/api/tasks", json={"count": 30}).json()
    assert set(answer) == {"tasks", "progress"}
    assert len(answer["tasks"]) == 30
    for task in answer["tasks"]:
        # Neither score nor stratum, lane, model or vote: as "Blind by default" demands.
        assert set(task) == {"id", "left", "right", "name"}
    send(ada, *(verdict(task, "accept") for task in answer["tasks"][:5]))
    for decision in ada.get("/api/history").json()["decisions"]:
        assert set(decision) == {"uuid", "task", "left", "right", "name", "verdict", "flagged", "note", "at"}


def test_the_sides_are_those_of_the_lease(ada: TestClient, review: Review) -> None:
    shown = tasks(ada, count=20)
    person = review.store.people()[0]
    leased = {task.id: task for task in review.lease(person, 20)}
    thumbnails, sides = Thumbnails(review.candidates, made_source()), set()
    for task in shown:
        lease = leased[task["id"]]
        names = [review.candidates.a_hash[lease.pair], review.candidates.b_hash[lease.pair]]
        expected = [thumbnails.name(str(name)) for name in names]
        assert [task["left"], task["right"]] == expected[:: -1 if lease.swapped else 1]
        sides.add(lease.swapped)
    assert sides == {True, False}
    send(ada, *(verdict(task, "accept") for task in shown[:10]))
    history = ada.get("/api/history").json()["decisions"]
    assert [(d["task"], d["left"], d["right"]) for d in history] == [
        (t["id"], t["left"], t["right"]) for t in shown[9::-1]
    ]


def test_what_is_not_judged_comes_first_after_a_reload(ada: TestClient) -> None:
    first = tasks(ada, count=10)
    send(ada, verdict(first[0], "accept"), verdict(first[1], "reject"))
    assert tasks(ada, count=10)[:8] == first[2:]


def test_a_decision_sent_twice_counts_once(ada: TestClient) -> None:
    (task,) = tasks(ada, count=1)
    decision = verdict(task, "unsure")
    first, again = send(ada, decision), send(ada, decision)
    assert first["receipts"] == again["receipts"]
    assert first["receipts"][0]["status"] == "saved"
    assert first["progress"]["mine"] == again["progress"]["mine"] == 1
    assert len(ada.get("/api/history").json()["decisions"]) == 1


def test_undo_gives_the_same_pair_again(ada: TestClient) -> None:
    first, second = tasks(ada, count=2)
    decision = verdict(first, "accept")
    send(ada, decision)
    undo = {"uuid": str(uuid.uuid4()), "task": first["id"], "kind": "undo", "supersedes": decision["uuid"]}
    assert send(ada, undo)["progress"]["mine"] == 0
    assert tasks(ada, count=2) == [first, second]


def test_flags_and_notes_come_back(ada: TestClient) -> None:
    (task,) = tasks(ada, count=1)
    note = "=1+1 <script>alert('ß')</script>"
    marks = [{"uuid": str(uuid.uuid4()), "task": task["id"], "kind": "flag"},
             {"uuid": str(uuid.uuid4()), "task": task["id"], "kind": "note", "text": note}]  # fmt: skip
    send(ada, *marks, verdict(task, "accept"))
    (decision,) = ada.get("/api/history").json()["decisions"]
    assert (decision["flagged"], decision["note"]) == (True, note)
    project = ada.get("/api/project").json()
    assert [(row["person"], row["left"]) for row in project["flags"]] == [("Ada", project["notes"][0]["left"])]
    assert project["notes"][0]["text"] == note


def test_the_tasks_of_others_are_refused(ada: TestClient, visit: Visit) -> None:
    (task,) = tasks(ada, count=1)
    receipts = send(visit("Bob"), verdict(task, "accept"))["receipts"]
    assert [r["status"] for r in receipts] == ["refused"]
    assert receipts[0]["reason"]


def test_a_hundred_decisions_fit_and_no_more(ada: TestClient) -> None:
    (task,) = tasks(ada, count=1)
    many = [verdict(task, "accept") for _ in range(101)]
    assert ada.post("/api/decisions", json={"decisions": many}).status_code == 422
    assert len(send(ada, *many[:100])["receipts"]) == 100
    assert ada.post("/api/decisions", json={"decisions": []}).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"uuid": ""}, {"uuid": "a/b"}, {"uuid": "x" * 81}, {"kind": "gold"}, {"verdict": "yes"}, {"seconds": -1},
        {"seconds": float("inf")}, {"text": "x" * 2001}, {"text": "\0"}, {"text": "\ud800"}, {"class_shown": 1},
        {"person": 2}, {"task": None}, {"supersedes": "' or 1=1"},
    ],
)  # fmt: skip
def test_a_decision_of_another_form_is_refused_whole(ada: TestClient, wrong: dict[str, Any]) -> None:
    good, bad = tasks(ada, count=2)
    body = json.dumps({"decisions": [verdict(good, "accept"), verdict(bad, "accept") | wrong]})
    answer = ada.post("/api/decisions", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert ada.get("/api/progress").json()["mine"] == 0


def test_the_galleries_hold_what_was_judged_the_newest_first(ada: TestClient) -> None:
    shown = tasks(ada, count=12)
    said = ["accept", "reject", "unsure"] * 4
    receipts = send(ada, *(verdict(task, word) for task, word in zip(shown, said, strict=True)))["receipts"]
    for word in ("accept", "reject", "unsure"):
        expected = [
            (receipt["seq"], {task["left"], task["right"]})
            for receipt, task, one in zip(receipts, shown, said, strict=True)
            if one == word
        ]
        answer = ada.get("/api/gallery", params={"verdict": word}).json()
        assert [(p["seq"], {p["left"], p["right"]}) for p in answer["pairs"]] == expected[::-1]
        assert answer["next"] is None
        after = answer["pairs"][1]["seq"]
        rest = ada.get("/api/gallery", params={"verdict": word, "after": after}).json()
        assert rest["pairs"] == answer["pairs"][2:]


def test_a_gallery_comes_in_pages(ada: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sempairs.web.desk.GALLERY", 4)
    send(ada, *(verdict(task, "accept") for task in tasks(ada, count=9)))
    seen: list[int] = []
    after: dict[str, int] = {}
    for length in (4, 4, 1):
        answer = ada.get("/api/gallery", params={"verdict": "accept", **after}).json()
        assert len(answer["pairs"]) == length
        seen += [pair["seq"] for pair in answer["pairs"]]
        after = {"after": answer["next"]}
    assert after == {"after": None}
    assert seen == sorted(set(seen), reverse=True)


def test_a_stratum_that_is_not_there_is_named(ada: TestClient, review: Review) -> None:
    answer = ada.post("/api/tasks", json={"stratum": len(review.store.strata)})
    assert answer.status_code == 404
    assert "stratum" in answer.json()["error"]["problem"]


def test_a_database_that_does_not_answer_is_no_mistake_of_the_page(
    ada: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The page keeps a decision and sends it again after 503; one that was refused for good it would throw away.
    def full(*given: object) -> None:
        raise UserError("the store cannot be used", got="disk is full", todo="make room")

    (task,) = tasks(ada, count=1)
    with monkeypatch.context() as patch:
        patch.setattr(Review, "record", full)
        answer = ada.post("/api/decisions", json={"decisions": [verdict(task, "accept")]})
    assert answer.status_code == 503
    assert answer.json() == {"error": {"problem": "the store cannot be used", "todo": "make room"}}
    assert tasks(ada, count=1) == [task]
