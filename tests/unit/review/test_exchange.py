"""What leaves a review and what comes in, on SQLite and on PostgreSQL."""

import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_store import MIXTURE, RANDOM, judge, made_store, mark, undo, verdict
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.review.base import VERDICTS, Lane, Verdict
from sempairs.review.exchange import (
    ANNOTATIONS,
    annotations,
    import_verdicts,
    read_verdicts,
    write_chain,
    write_verdicts,
)
from sempairs.review.outcome import outcome
from sempairs.review.store import Store
from sempairs.review.store.chain import link
from sempairs.review.verdict_lists import neutral, restored

A, R, U = Verdict.accept, Verdict.reject, Verdict.unsure
HOSTILE = '=HYPERLINK("http://127.0.0.1/","click")'


@pytest.fixture(autouse=True)
def _no_bars():
    with quiet():
        yield


def write(path, *rows, columns="pair_id,verdict"):
    path.write_text("\n".join([columns, *rows]) + "\n")
    return path


def ids(store: Store) -> list[str]:
    """Of the pairs that are no gold questions."""
    candidates = store.candidates()
    return candidates.pair_id[candidates.gold < 0].tolist()


def test_annotations_are_the_verdicts_that_stand_without_names_and_gold_questions(make):
    store = make(n=20, gold=4, votes=2)
    ana, bot = store.add_person("Ana Example"), store.add_person("bot", simulated=True)
    for person in (ana, bot):
        tasks = store.lease(person, 12, lanes=MIXTURE)
        judge(store, person, tasks)
        if person == ana:
            taken_back = verdict(store.lease(ana, 1, lanes=RANDOM)[0])
            revised = verdict(store.lease(ana, 2, lanes=RANDOM)[1], U, seconds=2.5)
            store.record(
                ana, [taken_back, undo(taken_back), revised, verdict(revised.task, R, supersedes=revised.uuid)]
            )
    found, standing = annotations(store), store.judgements()
    assert found.schema == ANNOTATIONS
    assert "Ana" not in str(found.to_pydict())
    published = standing.take(standing.lane != list(Lane).index(Lane.gold))
    assert 0 < len(published) < len(standing)
    candidates = store.candidates()
    expected = {
        (candidates.pair_id[pair], f"person-{person:02}", str(VERDICTS[said]), str(list(Lane)[lane]))
        for pair, person, said, lane in zip(
            published.pair, published.person, published.verdict, published.lane, strict=True
        )
    }
    rows = found.to_pylist()
    assert {(row["pair_id"], row["annotator"], row["verdict"], row["lane"]) for row in rows} == expected
    assert len(rows) == len(published)
    assert {row["annotator"] for row in rows if row["simulated"]} == {"person-02"}
    assert {row["status"] for row in rows} == {"saved"}


def test_a_verdict_that_came_too_late_is_annotated_as_surplus(make):
    store = make(n=1, lease_minutes=1.0)
    slow, fast = store.add_person("slow"), store.add_person("fast")
    (late,) = store.lease(slow, 1, lanes=RANDOM, now=0.0)
    (task,) = store.lease(fast, 1, lanes=RANDOM, now=100.0)
    judge(store, fast, [task], A, now=101.0)
    too_late = verdict(late, R)
    store.record(slow, [too_late], now=102.0)
    rows = annotations(store).to_pylist()
    assert [(row["annotator"], row["verdict"], row["status"]) for row in rows] == [
        ("person-02", "accept", "saved"), ("person-01", "reject", "surplus"),
    ]  # fmt: skip
    assert [row["at"].timestamp() for row in rows] == [101, 102]
    store.record(slow, [undo(too_late)], now=103.0)
    assert annotations(store).num_rows == 1


def test_the_chain_that_was_written_proves_itself(make, tmp_path):
    store = make(n=6)
    person = store.add_person("ana")
    tasks = store.lease(person, 3, lanes=RANDOM)
    judge(store, person, tasks)
    store.record(person, [mark(tasks[0], "note", HOSTILE)])
    write_chain(store, tmp_path / "chain.jsonl")
    events = [json.loads(line) for line in (tmp_path / "chain.jsonl").read_text().splitlines()]
    assert [event["seq"] for event in events] == [1, 2, 3, 4]
    assert all(link(event["previous"], event) == event["hash"] for event in events)
    assert [event["previous"] for event in events[1:]] == [event["hash"] for event in events[:-1]]
    assert events[-1]["hash"] == list(store.events())[-1]["hash"]


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet"])
def test_verdicts_that_were_written_can_be_taken_over_elsewhere(make, tmp_path, kind):
    store = make(n=9, gold=3, votes=2)
    people = [store.add_person(name) for name in ("ana", "ben")]
    for person, said in zip(people, (A, R), strict=True):
        judge(store, person, store.lease(person, 8, lanes=MIXTURE), said)
    (task,) = store.lease(people[0], 1, lanes={Lane.more: 1.0})
    store.record(people[0], [verdict(task, U, seconds=1.25), mark(task, "note", HOSTILE)])
    before = outcome(store.candidates(), store.judgements())
    file = tmp_path / f"verdicts{kind}"
    write_verdicts(store, file)
    listed = read_verdicts(store, file, "nobody")
    votes = int(before.votes.sum())
    assert len(listed) == votes
    assert {one.person for one in listed} == {"person-01", "person-02"}
    (noted,) = [one for one in listed if one.note]
    assert (noted.pair, noted.note, noted.seconds, noted.verdict) == (task.pair, HOSTILE, 1.25, U)
    # Here, they are there already; an empty review of the same pairs takes all of them.
    with pytest.raises(UserError, match="judged the pair before"):
        import_verdicts(store, file, "nobody")
    other = make_other(tmp_path)
    try:
        assert import_verdicts(other, file, "nobody") == votes
        assert import_verdicts(other, file, "nobody") == 0
        after = outcome(other.candidates(), other.judgements())
        assert after.verdict.tolist() == before.verdict.tolist()
        assert after.votes.tolist() == before.votes.tolist()
        assert other.counts()["given_votes"] == votes
        other.verify_chain()
    finally:
        other.close()


def make_other(folder) -> Store:
    return made_store(f"sqlite:///{folder}/other.db", n=9, gold=3, votes=2)


def test_no_cell_of_a_csv_is_a_formula(make, tmp_path):
    store = make(n=2)
    person = store.add_person("ana")
    (task,) = store.lease(person, 1, lanes=RANDOM)
    judge(store, person, [task])
    store.record(person, [mark(task, "note", HOSTILE)])
    write_verdicts(store, tmp_path / "verdicts.csv")
    with (tmp_path / "verdicts.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'" + HOSTILE in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(st.text(alphabet="'=+-@\t\ra1 ", max_size=6))
def test_taking_the_apostrophe_off_again_gives_the_text_back(text):
    assert restored(neutral(text)) == text
    assert not neutral(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_every_wrong_row_is_named_and_nothing_is_stored(make, tmp_path):
    store = make(n=5, gold=2)
    mine, gold = ids(store), store.candidates().pair_id[-1]
    file = write(
        tmp_path / "verdicts.csv",
        f"{mine[0]},accept,,1.5,",
        "nosuchpair,accept,,,",
        f'{mine[1]},maybe,,,"a note of\ntwo lines"',
        f"{mine[2]},reject,,soon,",
        f"{mine[0]},reject,,,",
        f"{gold},accept,,,",
        f"{mine[3]},accept,{'x' * 81},-1,",
        columns="pair_id,verdict,person,seconds,note",
    )
    with pytest.raises(UserError) as error:
        import_verdicts(store, file, "ana")
    assert str(error.value.got).split("; ") == [
        "line 3: 'nosuchpair' is no pair of this review",
        "line 4: the verdict 'maybe' is none of accept, reject, unsure",
        "line 6: seconds are a number from 0, not 'soon'",
        "line 7: the same pair and person as in line 2",
        f"line 8: '{gold}' is no pair of this review",
        f"line 9: a person's name is 1 to 80 printable characters, not {'x' * 81!r:.60}",
    ]
    assert (store.last_seq(), store.people()) == (0, [])


def test_rows_that_contradict_the_store_are_named_and_nothing_is_stored(make, tmp_path):
    store = make(n=5)
    ana, ben = store.add_person("ana"), store.add_person("ben")
    done, opened = store.lease(ana, 1, lanes=RANDOM), store.lease(ben, 1, lanes=RANDOM)
    judge(store, ana, done)
    names = store.candidates().pair_id
    free = next(i for i in range(5) if i not in (done[0].pair, opened[0].pair))
    rows = [f"{names[free]},accept", f"{names[done[0].pair]},accept", f"{names[opened[0].pair]},accept"]
    before = store.last_seq()
    with pytest.raises(UserError) as error:
        import_verdicts(store, write(tmp_path / "verdicts.csv", *rows), "ana")
    assert error.value.got == (
        "line 3: ana judged the pair before; line 4: the pair has all its votes, or is open on others' pages"
    )
    with pytest.raises(UserError, match="line 2: ben has the pair open on a page"):
        import_verdicts(store, write(tmp_path / "verdicts.csv", rows[2]), "ben")
    assert (store.last_seq(), store.counts()["given_votes"]) == (before, 1)
    # What was refused leaves no trace: the free pair can still be had.
    assert import_verdicts(store, write(tmp_path / "verdicts.csv", rows[0]), "ana") == 1


def test_another_verdict_on_a_row_that_was_taken_over_is_refused(make, tmp_path):
    store = make(n=2)
    pair = ids(store)[0]
    assert import_verdicts(store, write(tmp_path / "a.csv", f"{pair},accept"), "ana") == 1
    with pytest.raises(UserError, match="line 2: accept was taken over before"):
        import_verdicts(store, write(tmp_path / "a.csv", f"{pair},reject"), "ana")


def test_simulated_verdicts_stay_simulated(make, tmp_path):
    store = make(n=4)
    first, second, *_ = ids(store)
    import_verdicts(store, write(tmp_path / "a.csv", f"{first},accept"), "labels", simulated=True)
    assert [person.simulated for person in store.people()] == [True]
    with pytest.raises(UserError, match="is a program, and these verdicts are not simulated"):
        import_verdicts(store, write(tmp_path / "a.csv", f"{second},accept"), "labels")
    assert annotations(store).column("simulated").to_pylist() == [True]


def test_imported_pairs_leave_the_queues_and_are_not_what_the_model_learns_from(make, tmp_path):
    store = make(n=6, apart=3)
    apart = np.flatnonzero(store.candidates().chance < 0)
    store.set_queue(Lane.ordered, apart, "model")
    everything = [f"{name},accept" for name in ids(store)]
    assert import_verdicts(store, write(tmp_path / "a.csv", *everything), "ana") == 6
    assert store.queued(Lane.ordered) == 0
    assert store.lease(store.add_person("ben"), 6, lanes={Lane.ordered: 0.5, Lane.random: 0.5}) == []
    assert {list(Lane)[lane] for lane in store.judgements().lane} == {Lane.more}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.txt", b"", "a list of verdicts is CSV, JSON lines or Parquet"),
        ("a.csv", b"", "has no column 'pair_id'"),
        ("a.csv", b"pair_id,verdict\n", "has no verdicts"),
        ("a.csv", b"pair_id,verdit\n", "has no column 'verdict'"),
        ("a.csv", b"pair_id,verdict,secs\n", "has a column that a verdict does not have"),
        ("a.csv", b"pair_id,verdict,verdict\n", "has a column twice"),
        ("a.csv", b"pair_id,verdict\na\n", "has 2 columns"),
        ("a.csv", b'pair_id,verdict\n"a,accept\n', "is not a list of verdicts"),  # a quote that does not end
        ("a.csv", b"pair_id,verdict\n\xff\xfe,accept\n", "is not a list of verdicts"),
        ("a.csv", b"pair_id,verdict\n" + b"x" * 200_000 + b",accept\n", "is not a list of verdicts"),
        ("a.jsonl", b"{\n", "line 1, is not JSON"),
        ("a.jsonl", b"[" * 100_000 + b"\n", "line 1, is not JSON"),
        ("a.jsonl", b"[1]\n", "line 1, is no JSON object"),
        ("a.jsonl", b'{"pair_id": "x"}\n', "has no column 'verdict'"),
        ("a.jsonl", b'{"pair_id": 7, "verdict": "accept", "seconds": NaN}\n', "is not taken over"),
        ("a.parquet", b"PAR1 and nothing more", "is not a list of verdicts"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path, name, content, problem):
    (tmp_path / name).write_bytes(content)
    store = make_other(tmp_path)
    try:
        with pytest.raises(UserError, match=problem):
            import_verdicts(store, tmp_path / name, "ana")
    finally:
        store.close()


def test_parquet_cells_of_other_types_are_wrong_rows_and_no_crash(tmp_path):
    store = make_other(tmp_path)
    pair = ids(store)[0]
    columns = {
        "pair_id": [pair, None, pair], "verdict": ["accept", "accept", None], "seconds": [[1.0], [2.0], None],
        "person": [1, 2, 3],
    }  # fmt: skip
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    try:
        with pytest.raises(UserError) as error:
            import_verdicts(store, tmp_path / "a.parquet", "ana")
    finally:
        store.close()
    assert [text.partition(":")[0] for text in str(error.value.got).split("; ")] == ["line 1", "line 2", "line 3"]


def test_a_file_for_a_spreadsheet_with_a_mark_at_its_beginning_is_read(make, tmp_path):
    store = make(n=3)
    first, second, _ = ids(store)
    (tmp_path / "a.csv").write_bytes(f"\ufeffverdict,pair_id\r\naccept,{first}\r\n\r\nreject,{second}\r\n".encode())
    assert [(one.line, one.verdict) for one in read_verdicts(store, tmp_path / "a.csv", "ana")] == [(2, A), (4, R)]
