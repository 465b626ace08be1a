"""`sempairs pairs publish`, `verify`, `load` and `without-leaks`, as somebody with a folder of photos has them."""

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from made_files import photo_folder
from made_published import vote, with_verdicts
from sempairs.pairs.pairset import PairSet

ANSWER = {"date": "2026-11-22", "url": "https://example.org/set", "licence": "CC-BY-4.0", "name": "photos"}


def fill_in(file="answers.toml", **more):
    """An answer to every mandatory question of a file."""

    def answered(match: re.Match[str]) -> str:
        value = match["value"] or (ANSWER | more).get(match["key"], f"Some {match['key']}.")
        return f'{match["comment"]}{match["key"]} = "{value}"'

    pattern = r'(?P<comment># \(must\)[^\n]*\n)(?P<key>\w+) = "(?P<value>[^"\n]*)"'
    Path(file).write_text(re.sub(pattern, answered, Path(file).read_text()))


@pytest.fixture
def ready(run):
    """12 photos, their pairs, and complete answers."""
    photo_folder(Path("photos"))
    run("pairs", "build", "photos", "--out", "pairs.parquet")
    code, out, _ = run("pairs", "publish", "pairs.parquet", "--questions", "answers.toml")
    assert (code, out) == (0, "questions: answers.toml\n")
    fill_in()
    return run


PUBLISH = ("pairs", "publish", "pairs.parquet", "set", "--answers", "answers.toml")


def test_from_questions_to_a_pair_set_on_another_machine(ready):
    code, out, _ = ready(*PUBLISH, "--images", "--allow", "no-leak-check")
    assert code == 0
    assert re.search(r"^12 pairs, pair set [0-9a-f]{16}, published: set$", out, re.MULTILINE)
    code, out, _ = ready("pairs", "verify", "set")
    assert code == 0
    assert out.splitlines()[0] == "ok       files        10 files, all of them known, none missing, no links"
    assert "mlcroissant  valid Croissant, and 10 records load" in out
    assert out.endswith("set is what was published\n")
    code, out, _ = ready("pairs", "load", "set", "--out", "back.parquet")
    assert code == 0
    assert PairSet.load(Path("back.parquet")).hash == PairSet.load(Path("pairs.parquet")).hash
    told = json.loads(Path("set/provenance.json").read_text())
    assert told["pair_set"]["origin"]["source"] is None  # it would tell where the photos lie


def test_a_review_with_its_certificate(ready):
    pairs = PairSet.load(Path("pairs.parquet"))
    names = pairs.column("pair_id").tolist()
    with_verdicts(pairs, ["accept"] * 12, [1] * 12).save(Path("review/pairs.parquet"))
    pq.write_table(pa.Table.from_pylist([vote(name, simulated=True) for name in names]), "review/annotations.parquet")
    Path("review/certificate.json").write_text('{"pairs": 12, "sentences": ["all 12 pairs are judged"]}')
    arguments = ("pairs", "publish", "review/pairs.parquet", "set", "--answers", "answers.toml")
    code, out, _ = ready(*arguments, "--review", "review", "--check-leaks-on", "digits")
    assert code == 0
    assert "12 pseudonymous votes explain every verdict" in out
    assert "verdicts are declared as simulated" in out
    card = Path("set/README.md").read_text()
    assert "Certificate: all 12 pairs are judged." in card
    assert "None of the 1,797 images of digits was found here" in card  # as many as scikit-learn's digits are
    code, _, err = ready(*arguments[:3], "other", "--answers", "answers.toml")
    assert code == 2
    assert "12 verdicts are not what the votes say" in err


def test_a_changed_folder_is_exit_code_1_for_verify_and_2_for_load(ready):
    ready(*PUBLISH, "--allow", "no-leak-check")
    Path("set/README.md").write_text("better")
    code, out, _ = ready("pairs", "verify", "set")
    assert code == 1
    assert "FAILED   checksums    1 files were changed after they were published ('README.md')" in out
    assert out.endswith("set is not what was published, or should not have been\n")
    code, _, err = ready("pairs", "load", "set", "--out", "back.parquet")
    assert code == 2
    assert "changed after they were published" in err
    assert not Path("back.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (PUBLISH, "nobody looked whether images of the set also stand in an evaluation set"),
        ((*PUBLISH, "--check-leaks-on", "photos"), "images of the set also stand in an evaluation set"),
        ((*PUBLISH, "--allow", "all"), "nothing called 'all' can be allowed"),
        ((*PUBLISH, "--review", "nowhere"), "there is no review's export at nowhere"),
        (PUBLISH[:4], "publishing needs a folder and your answers"),
        ((*PUBLISH[:3], "photos", *PUBLISH[4:]), "photos exists already"),
        ((*PUBLISH[:3], "--questions", "answers.toml"), "answers.toml exists already"),
        ((*PUBLISH[:5], "nowhere.toml"), "cannot read the answers nowhere.toml"),
    ],
)
def test_what_goes_wrong_is_said(ready, arguments, message):
    code, _, err = ready(*arguments)
    assert code == 2
    assert message in err
    assert "to do:" in err
    assert not Path("set").exists()


def test_unfinished_answers_are_all_named(ready):
    Path("answers.toml").unlink()
    ready("pairs", "publish", "pairs.parquet", "--questions", "answers.toml")
    code, _, err = ready(*PUBLISH, "--allow", "no-leak-check")
    assert code == 2
    # 4 about, a creator's name, 2 of the source, a date of the change, 12 of the datasheet
    assert "error: 21 mandatory answers are empty" in err
    for name in ("about.title", "creators.name", "sources.licence", "uses.biases"):
        assert name in err


@pytest.mark.parametrize(("licence", "allow"), [("CC-BY-NC-4.0", "nc"), ("CC-BY-ND-4.0", "nd"), ("unknown", "unknown")])
def test_a_licence_that_blocks_says_what_would_allow_it(ready, licence, allow):
    Path("answers.toml").write_text(
        Path("answers.toml").read_text().replace('CC-BY-4.0"\n# (must) https', f'{licence}"\n# (must) https')
    )
    code, _, err = ready(*PUBLISH, "--allow", "no-leak-check")
    assert code == 2
    assert f"--allow {allow}, which is recorded" in err
    code, out, _ = ready(*PUBLISH, "--allow", "no-leak-check", "--allow", allow)
    assert code == 0
    assert "in spite of a licence that" in out


def test_pairs_without_leaks_can_be_published(ready):
    Path("test").mkdir()
    leaked = Path("photos/bag/000.png")
    Path("test/again.png").write_bytes(leaked.read_bytes())
    code, out, _ = ready("pairs", "without-leaks", "pairs.parquet", "--on", "test", "--out", "clean.parquet")
    assert code == 0
    assert out.startswith("2 pairs left out; 10 pairs")  # of a class, each image is once on each side
    assert "bag/000.png" not in {
        *PairSet.load(Path("clean.parquet")).column("a"),
        *PairSet.load(Path("clean.parquet")).column("b"),
    }
    code, out, _ = ready(
        "pairs", "publish", "clean.parquet", "set", "--answers", "answers.toml", "--check-leaks-on", "test"
    )
    assert code == 0
    assert "no leak found" in out
