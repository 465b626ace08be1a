import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import made_source
from made_features import cosines, features, random_values
from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec, build
from sempairs.pairs.mining import MINERS, Features, mine


def photographed(n: int, **columns: list[str]):
    """A source of n images with these columns, and their random features."""
    made = made_source(n)
    source = dataclasses.replace(
        made, columns={name: np.array(values, dtype=object) for name, values in columns.items()}
    )
    return source, Features(source.ids, random_values(n, 3, n, False).astype(np.float32), "test")


def mined(source, seen, name="nearest", within=None, across=None, **options):
    spec = Spec(name=name, options=options)
    return mine(source, seen, lambda given: build(MINERS, spec, given), spec, within=within, across=across)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(6, 30), seed=st.integers(0, 10_000), patients=st.integers(1, 5), cameras=st.integers(2, 4))
def test_the_nearest_within_and_across_are_those_of_the_definition(n, seed, patients, cameras):
    random = rng("grouped", seed)
    patient = [*("" if p < 0 else f"p{p}" for p in random.integers(-1, patients, n - 2)), "p0", "p0"]
    camera = [*("" if c < 0 else f"c{c}" for c in random.integers(-1, cameras, n - 2)), "c0", "c1"]
    source, seen = photographed(n, patient=patient, camera=camera)
    similarity = cosines(seen.values)
    for within, across in (("patient", None), (None, "camera"), ("patient", "camera")):
        wanted = []
        for i in range(n):
            free = [
                j
                for j in range(n)
                if j != i
                and (within is None or patient[i] == patient[j] != "")
                and (across is None or "" != camera[i] != camera[j] != "")
            ]
            wanted += [[i, min(free, key=lambda j: (-similarity[i, j], j))]] if free else []
        pairs = mined(source, seen, within=within, across=across)
        assert pairs.positions(source).tolist() == wanted
        groups = [None if within is None else patient[i] for i, _ in wanted]
        assert pairs.column("group").tolist() == groups


def test_within_the_class_is_mining_each_class_alone_and_in_the_order_of_the_source():
    source, seen = photographed(60)
    pairs = mined(source, seen, "mutual", within="label", k=5)
    alone = set()
    for label in range(4):
        rows = np.flatnonzero(source.labels == label)
        part = mined(source.take(rows), seen.take(rows), "mutual", k=5)
        alone |= {(a, b) for a, b in zip(part.column("a"), part.column("b"), strict=True)}
    assert set(zip(pairs.column("a"), pairs.column("b"), strict=True)) == alone
    assert pairs.column("a").tolist() == sorted(pairs.column("a"))
    assert pairs.column("group").tolist() == pairs.column("label").tolist()


def test_the_rule_of_the_set_says_what_it_was_mined_within_and_across():
    source, seen = photographed(40, camera=["a", "b"] * 20)
    plain = mined(source, seen, k=1)
    assert plain.origin.rule == Spec(name="nearest", options={"k": 1})
    assert mined(source, seen, within="label", k=1).origin.rule.options == {"k": 1, "within": "label"}
    assert mined(source, seen, across="camera", k=1).origin.rule.options == {"k": 1, "across": "camera"}


def test_groups_too_small_for_the_rule_are_left_out_and_counted(capsys):
    # 20 images of p0, 3 of p1, 1 of p2, 2 without a patient: with k = 3 a group needs 4 images.
    source, seen = photographed(26, patient=["p0"] * 20 + ["p1"] * 3 + ["p2"] + [""] * 2)
    pairs = mined(source, seen, within="patient", k=3)
    assert set(pairs.column("group")) == {"p0"}
    said = capsys.readouterr().err
    assert "left out 4 images of 2 groups" in said
    assert "k = 3 for 3 images" in said
    assert "left out 2 images without a value in 'patient'" in said


def test_a_rule_that_finds_nothing_in_any_group_says_why_for_the_largest():
    source, seen = photographed(12, patient=["p0"] * 5 + ["p1"] * 7)
    with pytest.raises(UserError, match=r"no pair within any value of 'patient'(.|\n)*k = 7 for 7 images"):
        mined(source, seen, within="patient", k=7)
    with pytest.raises(UserError, match="no image has a value in 'empty'"):
        mined(*photographed(4, empty=[""] * 4), within="empty")


def test_options_that_are_wrong_for_every_group_are_an_error_not_a_group_left_out():
    source, seen = photographed(12, patient=["p0"] * 5 + ["p1"] * 7)
    with pytest.raises(UserError, match="k must be between 1 and") as error:
        mined(source, seen, within="patient", k=0)
    assert "no pair within" not in str(error.value)


def test_columns_that_cannot_be_used_are_refused():
    source, seen = photographed(8, camera=["c0"] * 7 + [""], patient=["p"] * 8)
    with pytest.raises(UserError, match="no two images differ in 'camera'"):
        mined(source, seen, across="camera")
    with pytest.raises(UserError, match="did you mean 'patient'"):
        mined(source, seen, within="pateint")
    with pytest.raises(UserError, match="did you mean 'camera'"):
        mined(source, seen, across="camra")
    with pytest.raises(UserError, match="cannot both share a value and differ"):
        mined(source, seen, within="camera", across="camera")
    with pytest.raises(UserError, match="makes no pair"):  # one class has one camera
        mined(*photographed(8, camera=["c0", "c1", "c2", "c3"] * 2), within="label", across="camera")


def test_a_column_is_another_constraint_beside_the_copies_that_are_kept_apart():
    # Images 0 and 1 are copies, as are 2 and 3, and both of one camera; 4 is of the first camera, too.
    values = np.array([[1, 0], [1, 0], [1, 0.1], [1, 0.1], [1, 0.2]])
    source, _ = photographed(5, camera=["c0", "c1", "c0", "c1", "c0"])
    seen = dataclasses.replace(features(values), apart=np.array([[0], [0], [1], [1], [-1]]))
    # Without its copy and its camera 0 has 3 alone, 1 has 2 or 4, 2 has 1 alone, 3 has 0 or 4, 4 has 1 or 3. The cosine
    # of 1 and 2, or of 3 and 0, is 1 / sqrt(1.01) = .99504, of 1 and 4 1 / sqrt(1.04) = .98058, and of 3 and 4
    # 1.02 / sqrt(1.01 * 1.04) = .99524.
    pairs = mined(source, seen, across="camera")
    assert pairs.positions(source).tolist() == [[0, 3], [1, 2], [2, 1], [3, 4], [4, 3]]
