import numpy as np
import pytest

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.pairs.rules import identity
from sempairs.report.sheet import FALSE, GAP, SIDE, choose, contact_sheet


@pytest.fixture
def pairs():
    source = made_source(9)
    similarity = np.array([0.3, 0.9, np.nan, 0.1, 0.5, 0.7, 0.2, 0.8])
    return PairSet.make(source, np.arange(8), np.arange(1, 9), Spec(name="test"), similarity=similarity)


def test_pairs_are_chosen_by_order(pairs):
    assert choose(pairs, 3, "best").tolist() == [1, 7, 5]
    assert choose(pairs, 3, "worst").tolist() == [3, 6, 0]
    assert sorted(choose(pairs, 99, "random").tolist()) == list(range(8))
    assert choose(pairs, 4, "random", seed=1).tolist() == choose(pairs, 4, "random", seed=1).tolist()
    with pytest.raises(UserError, match="no best ones"):
        choose(identity(made_source(9)), 3, "best")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_shows_the_pixels_of_each_pair_and_marks_two_classes(channels):
    source = made_source(9, channels=channels)
    pairs = PairSet.make(source, np.array([0, 0]), np.array([4, 1]), Spec(name="test"))  # one class, two classes
    sheet = np.asarray(contact_sheet(pairs, source, np.arange(2), columns=2))
    assert sheet.shape == (2 * GAP + SIDE + 34, 2 * (2 * SIDE + GAP) + GAP, 3)
    # The centre of the first pixel of each image, enlarged from 12 to 112.
    for place, image in enumerate([0, 4]):
        shown = sheet[GAP + 5, GAP + place * SIDE + 5]
        np.testing.assert_array_equal(shown, np.broadcast_to(source.frames[image][0, 0], 3))
    red = tuple(int(FALSE[i : i + 2], 16) for i in (1, 3, 5))
    is_red = (sheet == red).all(axis=2)
    assert not is_red[:, : 2 * SIDE].any()
    assert is_red[:, 2 * SIDE + 2 * GAP - 4 :].any()


def test_hostile_and_long_names_are_drawn_as_text():
    source = made_source(4, classes=4)
    object.__setattr__(source, "label_names", ("<b>\u202e" * 20, "\ud800", "", "x" * 500))
    pairs = PairSet.make(source, np.arange(4), np.array([1, 2, 3, 0]), Spec(name="test"))
    assert contact_sheet(pairs, source, np.arange(4)).size[0] == 4 * (2 * SIDE + GAP) + GAP
