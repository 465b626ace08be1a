"""`sempairs review` and the way from a pair set to a published, verified folder, as a newcomer goes it."""

import json
import re
import uuid
from pathlib import Path

import pytest

from made_answers import fill_in
from sempairs.cli import review_making
from sempairs.cli.main import app
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.review.base import Decision, Kind, Verdict
from sempairs.review.session import Review

ROOT = Path(__file__).parents[2]
STORE = "review.sqlite"
VERDICTS = (Verdict.accept, Verdict.reject, Verdict.unsure)


@pytest.fixture
def pairs(run) -> str:
    """Mined pairs of 1,797 digits, in the empty folder."""
    code, _, err = run(
        "pairs", "mine", "digits", "--miner", "nearest", "--set", "features.dim=8", "--out", "mined.parquet"
    )
    assert code == 0, err
    return "mined.parquet"


def judge(store: str, count: int, name: str = "Ada") -> list[tuple[int, Verdict]]:
    """Somebody judges: accept, accept, reject, ... Gives what they said of which pair."""
    said = []
    review = Review.open(f"sqlite:///{store}")
    person = review.person(name)
    for number, task in enumerate(review.lease(person, count)):
        verdict = Verdict.reject if number % 3 == 2 else Verdict.accept
        decision = Decision(uuid.uuid4().hex, task.id, Kind.verdict, verdict, seconds=2.0)
        (receipt,) = review.record(person, [decision])
        assert receipt.status == "saved"
        said.append((task.pair, verdict))
    review.close()
    return said


def test_from_a_pair_set_to_a_verified_folder(run, pairs):
    code, out, err = run(
        "review", "create", pairs, "--store", STORE, "--gold-by-label", "10", "--set", "features.dim=8"
    )
    assert code == 0, err
    assert "1,797 pairs in 30 strata" in out  # ten digits of about 180 pairs; a bin has 50 at least

    said = judge(STORE, 60)
    code, out, _ = run("review", "status", "--store", STORE)
    assert code == 0
    assert "Ada: 60 verdicts, 2.0 s each" in out

    code, out, _ = run("review", "certify", "--store", STORE, "--out", "certificate.json")
    assert code == 1  # sixty judgements certify nothing
    assert out.startswith("nothing is certified yet")
    kept = json.loads(Path("certificate.json").read_text())
    assert (kept["certified"], kept["wanted"]) == (False, 0.99)

    code, out, _ = run("review", "export", "--store", STORE, "--out", "curated")
    assert code == 0
    first_gold = 1797
    accepted = {pair for pair, verdict in said if verdict == Verdict.accept and pair < first_gold}
    curated, whole = PairSet.load(Path("curated/pairs.parquet")), PairSet.load(Path(pairs))
    assert set(curated.column("pair_id")) == {whole.column("pair_id")[pair] for pair in accepted}
    assert set(curated.column("verdict")) == {"accept"}
    assert curated.origin.parents == (whole.hash,)
    chain = [json.loads(line) for line in Path("curated/chain.jsonl").read_text().splitlines()]
    assert len(chain) == 60
    assert "Ada" not in Path("curated/verdicts.csv").read_text()  # people leave by their pseudonyms

    code, *_ = run("pairs", "publish", "curated/pairs.parquet", "--questions", "answers.toml")
    assert code == 0
    publish = (
        "pairs",
        "publish",
        "curated/pairs.parquet",
        "published",
        "--review",
        "curated",
        "--answers",
        "answers.toml",
    )
    code, _, err = run(*publish, "--check-leaks-on", "digits:size=9")
    assert code == 2  # nothing is answered yet
    answers = Path("answers.toml")
    answers.write_text(fill_in(answers.read_text()))
    code, out, err = run(*publish, "--check-leaks-on", "fashion-mnist:split=test")
    assert code == 0, err
    code, out, err = run("pairs", "verify", "published")
    assert code == 0, out + err
    code, *_ = run("pairs", "load", "published", "--out", "again.parquet")
    assert code == 0
    assert PairSet.load(Path("again.parquet")).hash == curated.hash


def test_verdicts_from_elsewhere_come_in_whole_or_not_at_all(run, pairs):
    run("review", "create", pairs, "--store", STORE, "--set", "features.dim=8")
    ids = PairSet.load(Path(pairs)).column("pair_id")[:3]
    rows = ["pair_id,verdict", *(f"{id},{verdict}" for id, verdict in zip(ids, VERDICTS, strict=True))]
    Path("bad.csv").write_text("\n".join([*rows, f"{ids[0]},perhaps"]))
    code, _, err = run("review", "import", "bad.csv", "--store", STORE)
    assert code == 2
    assert "perhaps" in err
    assert "line 5" in err
    Path("good.csv").write_text("\n".join(rows))
    code, out, err = run("review", "import", "good.csv", "--store", STORE, "--as", "script", "--simulated")
    assert code == 0, err
    assert "3 verdicts are new, declared as simulated" in out
    code, out, _ = run("review", "import", "good.csv", "--store", STORE, "--as", "script", "--simulated")
    assert "0 verdicts are new" in out
    code, out, _ = run("review", "status", "--store", STORE)
    assert "3 of 1,797 votes" in out


def test_an_invitation_lets_somebody_in_once(run, pairs):
    run("review", "create", pairs, "--store", STORE, "--set", "features.dim=8")
    code, out, _ = run("review", "invite", "Anna", "--store", STORE, "--url", "https://review.example.org/")
    assert code == 0
    token = re.fullmatch(r"https://review\.example\.org/enter\?token=(\S+)\n", out)[1]
    review = Review.open(f"sqlite:///{STORE}")
    session = review.store.redeem(token)
    assert review.store.person_of(session).name == "Anna"
    assert review.store.redeem(token) is None
    review.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["create", "none.parquet", "--store", STORE], "there is no pair set"),
        (["create", "mined.parquet", "--store", STORE, "--set", "review.votes=0"], "between 1 and 9"),
        (["create", "mined.parquet", "--store", STORE, "--set", "review.vote=2"], "did you mean 'votes'"),
        (["create", "mined.parquet", "--store", "mysql://x/y"], "mysql"),
        (["create", "mined.parquet", "--store", STORE, "--gold", "none.parquet"], "there is no pair set"),
        (["status", "--store", "none.sqlite"], "none.sqlite"),
        (["certify", "--store", "mined.parquet"], "mined.parquet"),
        (["serve", "--store", "none.sqlite", "--no-browser"], "none.sqlite"),
        (["demo", "--pairs", "fashion", "--no-serve"], "did you mean 'fashion-mnist'"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(run, pairs, arguments, says):
    code, _, err = run("review", *arguments)
    assert code == 2
    assert says in err
    assert sorted(path.name for path in Path().iterdir()) == ["mined.parquet"]


def test_a_review_is_never_written_over(run, pairs):
    create = ("review", "create", pairs, "--store", STORE, "--set", "features.dim=8")
    assert run(*create)[0] == 0
    judge(STORE, 5)
    code, _, err = run(*create)
    assert code == 2
    assert STORE in err
    assert "5 of 1,797 votes" in run("review", "status", "--store", STORE)[1]


def test_the_page_of_the_documentation_goes_from_the_demo_to_a_published_folder(tmp_path, monkeypatch, capfd):
    """Every command of docs/review.md, on digits in place of Fashion-MNIST; somebody judges thirty pairs meanwhile."""
    monkeypatch.chdir(tmp_path)
    digits = review_making.Project(Spec(name="digits"), Spec(name="fashion-mnist", options={"split": "test"}), True)
    shapes = Spec(name="shapes", options={"n": 128, "size": 16})
    small = {"fashion-mnist": digits, "shapes": review_making.Project(shapes, Spec(name="digits"), False)}
    monkeypatch.setattr(review_making, "DEMO", small)
    text = (ROOT / "docs/review.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    commands = [line.removeprefix("$ ").split("#")[0] for block in blocks for line in block.splitlines()]
    assert len(commands) >= 9
    for command in commands:
        words = command.split()[1:]
        if words[:2] == ["review", "demo"]:
            words.append("--no-serve")
        if words[:2] == ["review", "create"]:
            Path("review-demo/fashion-mnist.parquet").rename("mined.parquet")
        if words[:2] == ["review", "import"]:
            id = PairSet.load(Path("mined.parquet")).column("pair_id")[0]
            Path("verdicts.csv").write_text(f"pair_id,verdict\n{id},accept\n")
        if "--answers" in words:
            Path("answers.toml").write_text(fill_in(Path("answers.toml").read_text()))
        with pytest.raises(SystemExit) as exit:
            app(words)
        out, err = capfd.readouterr()
        assert (exit.value.code or 0) == (words[:2] == ["review", "certify"]), f"{command}\n{out}{err}"
        if words[:2] == ["review", "demo"]:
            judge("review-demo/fashion-mnist.sqlite", 30)
