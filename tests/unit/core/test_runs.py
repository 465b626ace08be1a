import pytest

from sempairs.core.errors import UserError
from sempairs.core.runs import JsonLines, Run, RunStore


def test_a_run_is_named_by_its_settings(tmp_path):
    store = RunStore(tmp_path)
    run = store.open({"lr": 0.1})
    assert store.open({"lr": 0.1}) == run
    assert store.open({"lr": 0.2}) != run
    assert {other.name for other in store} == {run.name, store.open({"lr": 0.2}).name}
    assert run.settings == {"lr": 0.1}


def test_a_run_is_done_when_it_has_its_result(tmp_path):
    run = RunStore(tmp_path).open({})
    with pytest.raises(UserError, match="not finished"):
        _ = run.result
    run.finish({"value": 1})
    assert run.is_done
    assert run.result == {"value": 1}


def test_a_folder_that_is_no_run_is_said_to_be_none(tmp_path):
    with pytest.raises(UserError, match="is not a run"):
        _ = Run(tmp_path).settings


def test_json_lines_survive_a_torn_last_line(tmp_path):
    log = JsonLines(tmp_path / "log.jsonl")
    assert log.read() == []
    for step in range(3):
        log.append({"step": step})
    with log.path.open("a") as file:
        file.write('{"step": 3, "lo')
    assert [line["step"] for line in log.read()] == [0, 1, 2]
    log.keep(2)
    assert log.path.read_text() == '{"step": 0}\n{"step": 1}\n'
    log.append({"step": 9})
    assert [line["step"] for line in log.read()] == [0, 1, 9]
