"""Transfer on small archives of all twelve data sets, with encoders of which it is known what they see."""

from pathlib import Path

import numpy as np
import pytest

import made_official
from made_evaluations import Blind, Quarters, train_and_test
from made_named import annotation
from made_official import shade, write_official
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.settings import build, parse_assignments
from sempairs.evaluation import EVALUATIONS, transfer
from sempairs.evaluation.base import Labelled, Score
from sempairs.evaluation.transfer_table import MEAN_TARGET, SETS
from sempairs.sources.named.lists import SPLITS
from sempairs.sources.named.official import OFFICIAL
from sempairs.sources.preparing import prepare


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


def made(name: str, root: Path, patch: pytest.MonkeyPatch) -> None:
    write_official(name, root, patch)
    prepare(name, str(root), verified=False)


def scores(root: Path, encoder=None, **options: object) -> dict[str, Score]:
    other, _ = train_and_test()  # never looked at
    seen = Labelled.seen(Quarters(3) if encoder is None else encoder, other)
    member = build(EVALUATIONS, {"name": "transfer", "root": str(root), "size": 16, **options})
    return {score.metric: score for score in member(seen, seen)}


def test_the_suite() -> None:
    # shared/mission.md, "Linear transfer": the metric and the validation of each.
    assert set(SETS) == set(OFFICIAL) == set(SPLITS)
    per_class = {"aircraft", "caltech101", "flowers102", "pets"}
    assert {name for name, one in SETS.items() if one.metric == "mean-per-class"} == per_class
    assert {name for name, one in SETS.items() if one.metric == "voc-map"} == {"voc2007"}
    assert {name for name, one in SETS.items() if one.official} == {"aircraft", "dtd", "flowers102", "voc2007"}
    assert {name for name, one in SETS.items() if one.official} == {n for n, split in SPLITS.items() if "val" in split}
    targets = [one.target for one in SETS.values() if one.target is not None]
    assert len(targets) == 11
    assert np.mean(targets) == pytest.approx(MEAN_TARGET, abs=0.005)


@pytest.mark.parametrize("name", list(SETS))
def test_an_encoder_that_knows_is_perfect_on_every_set(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(name, root, monkeypatch)
    found = scores(root)
    assert list(found) == [f"transfer {name}", "transfer mean"]
    score = found[f"transfer {name}"]
    assert score.value == 100.0
    assert found["transfer mean"].value == 100.0
    # The made sets have 8 test images, CIFAR's 6, Caltech's 35 - 30 + 2 x (31 - 30).
    assert score.n == {"cifar10": 6, "cifar100": 6, "caltech101": 7}.get(name, 8)
    learnt, chosen = (90, 18) if name == "caltech101" else (16, 4) if SETS[name].official else (12, 2)
    assert f"on {chosen} of {learnt} training images" in score.protocol
    assert "shorter side 16, central square" in score.protocol
    assert f"validation: {SETS[name].validation}" in score.protocol
    assert score.pictures


def test_a_blind_encoder_is_at_chance(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("food101", "pets"):
        made(name, root, monkeypatch)
    assert {score.value for score in scores(root, Blind(3)).values()} == {50.0}


def test_what_is_difficult_is_neither_right_nor_wrong(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two black images with a dog, and a cat that is difficult, beside 4 dark images of cats and 4 bright ones of dogs.
    # Cat: the two are left out, so the 4 cats come first: precision 1 at every recall.
    # Dog: the 4 bright ones come first, then 4 cats, then the two black ones at last, with precisions 5/9 and 6/10.
    # At the recalls 0, .1, ..., .6 (4 of 6 is .67) the best precision is 1, at the other four 6/10: (7 + 2.4) / 11.
    archives = made_official.voc2007(monkeypatch)
    test, base = archives["VOCtest_06-Nov-2007.tar"], "VOCdevkit/VOC2007"
    black = made_official.encoded(np.zeros((24, 30, 3), np.uint8), "JPEG")
    for number in (901, 902):
        test[f"{base}/JPEGImages/{number:06}.jpg"] = black
        test[f"{base}/Annotations/{number:06}.xml"] = annotation([("dog", 0), ("cat", 1)]).encode()
        test[f"{base}/ImageSets/Main/test.txt"] += f"{number:06}\n".encode()
    monkeypatch.setitem(made_official.OFFICIAL, "voc2007", lambda patch: archives)
    made("voc2007", root, monkeypatch)
    score = scores(root)["transfer voc2007"]
    assert score.n == 10
    assert score.value == pytest.approx(100 * (1 + (7 + 4 * 0.6) / 11) / 2)


@pytest.mark.parametrize("name", ["food101", "dtd"])
def test_what_is_learnt_and_chosen_never_sees_the_test(
    name: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(name, root, monkeypatch)
    clean = scores(root)[f"transfer {name}"]
    # Half of the test images now show the other class: what is said of the rest, and λ, stay the same.
    poisoned = set(list(made_official.numbers("test"))[::4])
    monkeypatch.setattr(made_official, "shade", lambda number: shade(number + (number in poisoned)))
    made(name, tmp_path / "poisoned", monkeypatch)
    other = scores(tmp_path / "poisoned")[f"transfer {name}"]
    assert other.protocol == clean.protocol
    assert sorted(other.outcomes) == [0.0] * len(poisoned) + [100.0] * (8 - len(poisoned))
    assert other.value == 100 - 100 * len(poisoned) / 8


def test_sets_are_chosen_and_the_missing_ones_are_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dtd", "pets", "food101"):
        made(name, root, monkeypatch)
    text = parse_assignments(["transfer.sets=pets,dtd"])["transfer"]["sets"]
    for given in (text, ["pets", "dtd"]):
        found = scores(root, sets=given)
        assert list(found) == ["transfer pets", "transfer dtd", "transfer mean"]
    protocol = found["transfer mean"].protocol
    assert "over 2 data sets: pets, dtd; without food101, cifar10 (not prepared)" in protocol
    assert list(scores(root)) == ["transfer food101", "transfer dtd", "transfer pets", "transfer mean"]
    with pytest.raises(UserError, match=r"not in the transfer suite\n.*did you mean 'pets'"):
        scores(root, sets="pet")
    with pytest.raises(UserError, match=r"cars is not prepared"):
        scores(root, sets="pets,cars")


def test_nothing_prepared(root: Path) -> None:
    with pytest.raises(UserError, match=r"no data set is prepared there\n.*\n  to do: sempairs sources prepare NAME"):
        scores(root)


def test_the_mean_counts_every_set_the_same() -> None:
    one = Score("transfer dtd", 80.0, 1_000, "test images", (76.0, 84.0), "")
    other = Score("transfer pets", 50.0, 10, "test images", (47.0, 53.0), "")
    mean = transfer.mean_of(["dtd", "pets"], [one, other], [])
    # Half lengths 4 and 3: sqrt(16 + 9) / 2 = 2.5 for the mean of two.
    assert (mean.value, mean.interval, mean.n) == (65.0, (62.5, 67.5), 1_010)


def test_the_published_figure_stands_beside_that_of_a_resnet50(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made("dtd", root, monkeypatch)
    encoder = Quarters(3)
    assert "published" not in scores(root, encoder)["transfer dtd"].protocol
    encoder.model = "resnet50.tv_in1k"
    found = scores(root, encoder)
    assert found["transfer dtd"].protocol.endswith("(Ericsson et al., table 1, DTD (split 1)): 72.23")
    assert found["transfer mean"].protocol.endswith("(Ericsson et al., table 1, mean of eleven): 73.75")


def test_the_size_is_224_or_the_encoders_only_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made("dtd", root, monkeypatch)
    encoder = Quarters(3)
    assert "shorter side 224" in scores(root, encoder, size=None)["transfer dtd"].protocol
    encoder.only_size = (32, 32)
    assert "shorter side 32" in scores(root, encoder, size=None)["transfer dtd"].protocol


def test_features_are_made_once_for_an_encoder(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEMPAIRS_CACHE", str(tmp_path / "cache"))
    made("dtd", root, monkeypatch)
    encoder, calls = Quarters(3), []
    encoder.register_forward_hook(lambda module, inputs, output: calls.append(len(output)))
    first = scores(root, encoder)
    assert calls == [24]  # 12 to learn from, 4 to choose by, 8 to test on: one batch
    assert scores(root, encoder) == first
    assert calls == [24]


def test_missing_images_are_counted_in_the_protocol(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("birdsnap", root, monkeypatch)
    sorted((root / "birdsnap" / "download" / "images").rglob("*.jpg"))[0].unlink()
    prepare("birdsnap", str(root))
    assert "1 images of the data set are missing or bad" in scores(root)["transfer birdsnap"].protocol


def test_a_class_without_an_image_to_learn_from(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_official("birdsnap", root, monkeypatch)
    for number in made_official.numbers("train"):
        if number % 2:
            (root / "birdsnap" / "download" / "images" / "Stellers_Jay" / f"{number}.jpg").unlink()
    prepare("birdsnap", str(root), bad_share=0.5)
    with pytest.raises(UserError, match=r"of a class that it is tested on\n  got: Steller's Jay"):
        scores(root)


def test_an_encoder_for_grey_images_is_told_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made("dtd", root, monkeypatch)
    with pytest.raises(UserError, match="the encoder takes images of 1 channels"):
        scores(root, Quarters(1))
