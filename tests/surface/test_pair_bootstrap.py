"""`sempairs pairs bootstrap` as it is typed."""

from pathlib import Path

import numpy as np
import pytest

from made_files import idx_bytes
from sempairs.cli.main import app
from sempairs.core.seeds import rng


@pytest.fixture
def call(tmp_path, monkeypatch, capfd):
    """Run it on the file images-idx3: 48 images without labels; gives exit code and all output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    Path("images-idx3").write_bytes(idx_bytes(rng("bootstrapped").integers(0, 256, (48, 12, 12), dtype=np.uint8)))

    def call(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as exit:
            app(["pairs", "bootstrap", "images-idx3", "--out", "out", *arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return int(exit.value.code or 0), out + err

    return call


SMALL = ["--set", "training.batch_size=16", "--set", "training.steps=1", "--set", "encoder.width=4"]


def test_without_labels_there_are_rounds_but_no_verdict(call):
    code, text = call("--rounds", "1", "--set", "miner.k=8", "--start", "previous", "--seed", "3", *SMALL)
    assert code == 0, text
    assert [line.split()[0] for line in text.splitlines() if "100.0%" in line][-1] == "control"
    assert "Whether the rounds helped was not measured: name labelled images with --on." in text
    assert Path("out/round-01/pairs.parquet").is_file()
    assert '"seed": 3' in Path("out/bootstrap.json").read_text()
    code, text = call("--rounds", "1", "--set", "miner.k=9", "--start", "previous", "--seed", "3", *SMALL)
    assert code == 2
    assert "out holds another bootstrap\n  got: other miner than in bootstrap.json" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--on", "images-idx3"], "an evaluation needs labels, and"),
        (["--miner", "band"], "mining rule 'band'.low: field required"),
        (["--features", "pcaa"], "did you mean 'pca'"),
        (["--set", "rule.partners=2"], "this command has no options rule."),
        (["--set", "training.pases=2"], "did you mean 'passes'"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(call, arguments, message):
    code, text = call(*arguments)
    assert code == 2
    assert message in text
    assert not Path("out").exists()
