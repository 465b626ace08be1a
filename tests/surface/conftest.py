"""The command line as a user has it: in an empty folder, seen by exit code, output and errors."""

import pytest

from sempairs.cli.main import app


@pytest.fixture
def run(tmp_path, monkeypatch, capfd):
    """Run a command in an empty folder; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit:
            app([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return int(exit.value.code or 0), out, err

    return run
