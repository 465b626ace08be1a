import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.runs import Run
from sempairs.core.settings import Spec
from sempairs.encoders.extract import encoder_id
from sempairs.encoders.files import load_encoder
from sempairs.encoders.opening import open_encoder
from sempairs.pairs import PairSet
from sempairs.pairs.mining import MINERS, mutual
from sempairs.pairs.mining.base import Proposals
from sempairs.study import bootstrap as module
from sempairs.study.bootstrap import Exam, Plan, bootstrap
from sempairs.training import record as training_record
from sempairs.training.settings import TrainSettings
from sempairs.training.state import TrainState

SOURCE = made_source(48)
PCA = Spec(name="pca", options={"dim": 4, "side": 12})


def plan(**changes) -> Plan:
    """Two rounds of three steps each; the control has nine."""
    training = {"passes": 1, "batch_size": 16, **changes.pop("training", {})}
    tables = {
        "encoder": {"name": "small-resnet", "width": 4},
        "views": {"name": "crop-only"},
        "training": training,
    }
    miner = changes.pop("miner", Spec(name="mutual", options={"k": 8}))
    return Plan(**{"rounds": 2, "miner": miner, "training": TrainSettings.resolve(tables), **changes})


@pytest.fixture(scope="module")
def exam() -> Exam:
    return Exam(made_source(40, seed=1), made_source(40, seed=2), Spec(name="knn", options={"k": 3}))


def mined(folder: Path, number: int) -> PairSet:
    return PairSet.load(folder / f"round-{number:02}" / "pairs.parquet")


def snapshot(folder: Path) -> dict[str, object]:
    """Every file by its bytes, without how long a run took; zip archives hold the time of day."""
    files: dict[str, object] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".npz"):
        if path.name == "speed.jsonl":
            continue
        content: object = path.read_bytes()
        if path.name == "result.json":
            content = {**json.loads(path.read_text()), "seconds": None}
        files[str(path.relative_to(folder))] = content
    return files


@pytest.fixture(scope="module")
def whole(tmp_path_factory, exam):
    folder = tmp_path_factory.mktemp("whole")
    bootstrap(SOURCE, plan(), folder, exam)
    return folder


# What is about to happen for the how-manieth time in this process when it dies; the next one goes on from there.
DEATHS = {
    "in round 0, after its first step": (TrainState, "advance", 1),
    "before round 0 is scored": (module, "run_evaluations", 0),
    "before round 1 is mined": (module, "mine_through", 0),
    "before the pairs of round 1 are written": (PairSet, "save", 0),
    "in round 1, after its first step": (TrainState, "advance", 1),
    "before round 1 is recorded": (module, "write_text", 1),
    "before round 2 is mined": (module, "mine_through", 0),
    "in round 2, after two steps": (TrainState, "advance", 2),
    "in the control, two steps after the last of round 2": (TrainState, "advance", 3),
    "before the control is recorded": (module, "write_text", 3),
}


def test_a_bootstrap_killed_at_every_stage_ends_with_the_same_files(tmp_path, monkeypatch, exam, whole):
    monkeypatch.setattr(training_record, "CHECKPOINT_SECONDS", 0.0)
    for stage, (place, name, before) in DEATHS.items():
        with monkeypatch.context() as patch:
            patch.setattr(place, name, _dying(getattr(place, name), before))
            with pytest.raises(KeyboardInterrupt):
                bootstrap(SOURCE, plan(), tmp_path, exam)
        assert snapshot(tmp_path) != snapshot(whole), stage
    bootstrap(SOURCE, plan(), tmp_path, exam)
    assert snapshot(tmp_path) == snapshot(whole)


def _dying(original, before: int):
    """The function, which works so many times."""
    calls = iter(range(1000))

    def dies(*arguments):
        if next(calls) == before:
            raise KeyboardInterrupt
        return original(*arguments)

    return dies


def test_a_second_call_trains_mines_and_scores_nothing(whole, exam, monkeypatch):
    before = snapshot(whole)
    monkeypatch.setattr(TrainState, "fresh", lambda *_: pytest.fail("it trained again"))
    for name in ("mine_through", "run_evaluations"):
        monkeypatch.setattr(module, name, lambda *_: pytest.fail("it mined or scored again"))
    seen = []
    done = bootstrap(SOURCE, plan(), whole, exam, lambda rounds: seen.append(len(rounds)))
    assert snapshot(whole) == before
    assert seen == [1, 2, 3, 4]
    lines = [json.loads(line) for line in (whole / "rounds.jsonl").read_text().splitlines()]
    assert [line["round"] for line in lines] == [0, 1, 2, "control"]
    assert [line["knn"]["value"] for line in lines] == [round.knn.value for round in done]


def test_the_figures_of_a_round_are_those_counted_by_hand(whole, exam):
    label = dict(zip(SOURCE.ids, SOURCE.labels.tolist(), strict=True))
    _, first, second, _ = bootstrap(SOURCE, plan(), whole, exam)
    couples = {}
    for number, found in ((1, first), (2, second)):
        pairs = mined(whole, number)
        rows = list(zip(pairs.column("a"), pairs.column("b"), strict=True))
        couples[number] = [frozenset(row) for row in rows]
        right = sum(label[a] == label[b] for a, b in rows)
        assert 0 < right < len(rows)
        assert (found.pair_set, found.pairs) == (pairs.hash, len(rows))
        assert found.purity == right / len(rows)
        # Clopper & Pearson's interval by the quantiles of the beta distribution.
        wrong = len(rows) - right
        low, high = stats.beta.ppf(0.025, right, wrong + 1), stats.beta.ppf(0.975, right + 1, wrong)
        assert found.purity_interval == pytest.approx((low, high))
        covered = {image for row in rows for image in row}
        assert found.coverage == len(covered) / 48
        counts = np.bincount([label[image] for image in covered], minlength=4) / len(covered)
        assert found.balance == pytest.approx(-sum(p * np.log(p) for p in counts if p) / np.log(4))
    assert second.kept == sum(c in couples[1] for c in couples[2]) / len(couples[2])
    assert first.kept is None


def test_every_round_takes_the_same_steps_and_the_control_all_of_them(whole, exam):
    rounds = bootstrap(SOURCE, plan(), whole, exam)
    assert [round.steps for round in rounds] == [3, 3, 3, 9]  # 48 images in batches of 16, one pass
    assert [len(mined(whole, n)) < 48 for n in (1, 2)] == [True, True]  # with passes over the pairs it would be fewer
    assert [round.purity for round in (rounds[0], rounds[3])] == [1.0, 1.0]
    settings = [Run(whole / "runs" / round.run).settings for round in rounds]
    assert settings[0]["pairs"] == settings[3]["pairs"] == rounds[0].pair_set


def test_each_round_mines_through_the_encoder_of_the_one_before(whole, exam):
    rounds = bootstrap(SOURCE, plan(), whole, exam)
    for number in (1, 2):
        encoder = load_encoder(whole / "runs" / rounds[number - 1].run)
        assert mined(whole, number).origin.encoder == encoder_id(encoder)


def test_round_1_can_mine_through_fixed_features(tmp_path):
    rounds = bootstrap(SOURCE, plan(features=PCA, control=False), tmp_path)
    assert mined(tmp_path, 1).origin.encoder == encoder_id(open_encoder(PCA, SOURCE))
    assert mined(tmp_path, 2).origin.encoder == encoder_id(load_encoder(tmp_path / "runs" / rounds[1].run))
    assert len(rounds) == 3
    assert rounds[2].knn is None


def test_rounds_start_from_fresh_weights_or_from_the_previous_ones(tmp_path, whole, exam):
    fresh = [Run(whole / "runs" / round.run).settings for round in bootstrap(SOURCE, plan(), whole, exam)]
    assert not any("start" in settings for settings in fresh)
    rounds = bootstrap(SOURCE, plan(rounds=1, control=False, start="previous"), tmp_path)
    first, second = (Run(tmp_path / "runs" / round.run) for round in rounds)
    assert second.settings["start"] == first.name
    # Batch norm counts its batches: three in round 0 and three in round 1.
    batches = [load_encoder(run.folder).state_dict()["stem.1.num_batches_tracked"] for run in (first, second)]
    assert batches == [3, 6]


def test_labels_do_not_reach_mining_or_training(tmp_path, whole):
    permuted = replace(SOURCE, labels=SOURCE.labels[np.random.default_rng(0).permutation(48)])
    rounds = bootstrap(permuted, plan(control=False), tmp_path)
    others = [json.loads(line) for line in (whole / "rounds.jsonl").read_text().splitlines()]
    for number in (1, 2):
        own, other = mined(tmp_path, number), mined(whole, number)
        for column in ("a", "b", "similarity"):
            np.testing.assert_array_equal(own.column(column), other.column(column))
        assert rounds[number].purity != others[number]["purity"]
    for own, other in zip(rounds, others[:3], strict=True):
        encoders = [(root / "runs" / run / "encoder.safetensors") for root, run in
                    ((tmp_path, own.run), (whole, other["run"]))]  # fmt: skip
        assert encoders[0].read_bytes() == encoders[1].read_bytes()


def test_images_without_labels_have_no_purity(tmp_path):
    unlabelled = replace(SOURCE, labels=None, label_names=())
    rounds = bootstrap(unlabelled, plan(rounds=1, control=False), tmp_path)
    assert [round.purity for round in rounds] == [round.balance for round in rounds] == [None, None]


def test_a_rule_that_leaves_nothing_names_the_round(tmp_path, monkeypatch):
    calls = iter((8, 0))  # pairs of 8 neighbours in round 1, nobody in round 2

    def fading(features, *, k: int = 8):
        found = mutual.mutual(features, k=k)
        keep = slice(None if next(calls) else 0)
        return Proposals(found.left[keep], found.right[keep], found.similarity[keep], found.rules[keep])

    monkeypatch.setitem(MINERS._members, "fading", fading)
    with pytest.raises(UserError, match=r"round 2: the rule fading\(k=8\) makes no pair from made images"):
        bootstrap(SOURCE, plan(miner=Spec(name="fading", options={"k": 8})), tmp_path)
    assert not (tmp_path / "round-02").exists()
    assert len((tmp_path / "rounds.jsonl").read_text().splitlines()) == 2


def test_fewer_pairs_than_a_batch_name_the_round(tmp_path):
    with pytest.raises(UserError, match=r"round 1: there are fewer pairs than a batch"):
        bootstrap(SOURCE, plan(training={"batch_size": 48}), tmp_path)


@pytest.mark.parametrize(
    ("changes", "source", "named"),
    [
        ({"rounds": 3}, SOURCE, "rounds"),
        ({"start": "previous", "features": PCA}, SOURCE, "start, features"),
        ({"training": {"seed": 1}}, SOURCE, "training"),
        ({}, made_source(48, seed=1), "images"),
    ],
)
def test_another_bootstrap_in_the_folder_is_refused(whole, changes, source, named):
    before = snapshot(whole)
    with pytest.raises(UserError, match=rf"holds another bootstrap(?s:.*)got: other {named} than"):
        bootstrap(source, plan(**changes), whole)
    assert snapshot(whole) == before


def test_another_exam_trains_nothing_again(whole, exam, tmp_path, monkeypatch):
    monkeypatch.setattr(TrainState, "fresh", lambda *_: pytest.fail("it trained again"))
    rounds = bootstrap(SOURCE, plan(), whole, replace(exam, knn=Spec(name="knn", options={"k": 1})))
    assert "k = 1" in rounds[0].knn.protocol
    bootstrap(SOURCE, plan(), whole, exam)  # the folder is shared by other tests


def test_no_rounds_are_refused():
    with pytest.raises(UserError, match="at least one round of mining"):
        plan(rounds=0)
