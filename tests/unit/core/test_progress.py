import sys

from sempairs.core import progress as module
from sempairs.core.progress import progress, quiet, say


def test_a_log_gets_lines_with_rate_and_time_left(capsys, monkeypatch):
    clock = iter([0.0, 5.0, 20.0, 21.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with progress("training", 100, "pairs", start=20) as advance:
        advance(10)  # 5 s: too soon for a line
        advance(30)  # 20 s: 40 pairs in 20 s, 40 left
        advance(1)
    assert capsys.readouterr().err == "training: 60/100 pairs, 2/s, 20 s left\n"


def test_quiet_says_nothing(capsys, monkeypatch):
    monkeypatch.setattr(module, "LOG_SECONDS", 0.0)
    with quiet(), progress("work", 2, "things") as advance:
        advance(2)
        say("something")
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_live_bar(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    with progress("embedding", 4, "images") as advance:
        advance.note("loss 1.2")
        advance(4)
    shown = capsys.readouterr().err
    assert "embedding" in shown
    assert "4/4" in shown
    assert "loss 1.2" in shown
