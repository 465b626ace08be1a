"""Pictures come back from a file as they were."""

import dataclasses

import numpy as np
import pytest

from sempairs.core.errors import UserError
from sempairs.core.seeds import rng
from sempairs.evaluation.pictures import (
    KINDS,
    Bars,
    Boxes,
    Curves,
    Gallery,
    Map,
    Matrix,
    confusion,
    load_pictures,
    save_pictures,
)

RANDOM = rng("pictures")
IMAGES = RANDOM.integers(0, 256, (2, 3, 4, 4, 1), dtype=np.uint8)
ROW = RANDOM.normal(size=3)
SAID = {"title": "a title", "about": "what is seen <b>here</b>"}
PICTURES = [
    Matrix(values=RANDOM.normal(size=(2, 3)), rows=("a", "b"), columns=("x", "y", "ä"), **SAID),
    Curves(
        x=ROW,
        values=ROW[None],
        lows=ROW[None] - 1,
        highs=ROW[None] + 1,
        lines=("k-NN",),
        x_axis="k",
        y_axis="%",
        **SAID,
    ),
    Bars(values=ROW, lows=ROW - 1, highs=ROW + 1, names=("p", "q", "r"), axis="cosine", **SAID),
    Gallery(
        images=IMAGES, captions=(("a", "b", "c"), ("d", "e", "f")), marks=np.array([[0, 1, -1], [0, -1, 1]]), **SAID
    ),
    Map(points=RANDOM.normal(size=(3, 2)), classes=np.array([0, 1, 1]), names=("a", "b"), **SAID),
    Boxes(
        images=IMAGES[0],
        boxes=RANDOM.normal(size=(1, 4)),
        owners=np.array([2]),
        captions=("shirt",),
        marks=np.array([1]),
        **SAID,
    ),
]


def test_every_kind_of_picture_comes_back_equal(tmp_path):
    assert {type(picture) for picture in PICTURES} == set(KINDS.values())
    save_pictures(tmp_path / "pictures.npz", PICTURES)
    back = load_pictures(tmp_path / "pictures.npz")
    assert [type(picture) for picture in back] == [type(picture) for picture in PICTURES]
    for before, after in zip(PICTURES, back, strict=True):
        for field in dataclasses.fields(before):
            one, other = getattr(before, field.name), getattr(after, field.name)
            assert np.array_equal(one, other), field.name
            assert type(one) is type(other), field.name


def test_no_pictures_are_pictures_too(tmp_path):
    save_pictures(tmp_path / "none.npz", [])
    assert load_pictures(tmp_path / "none.npz") == []


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(UserError, match="no pictures"):
        load_pictures(tmp_path / "missing.npz")


def test_the_confusion_matrix_of_a_known_case():
    # Two of three images of "a" are right, the only "b" is taken for "c", and there is no "c".
    found = confusion("linear", np.array([0, 0, 0, 1]), np.array([0, 0, 1, 2]), ("a", "b", "c"), "the probe")
    assert found.values == pytest.approx(np.array([[200 / 3, 100 / 3, 0], [0, 0, 100], [0, 0, 0]]))
    assert found.rows == found.columns == ("a", "b", "c")
