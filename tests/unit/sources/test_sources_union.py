"""Several sources as one: ids, classes by name, columns with gaps."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from made import made_source
from made_files import photo_folder
from sempairs.core.errors import UserError
from sempairs.core.settings import Spec
from sempairs.pairs.pairset import PairSet
from sempairs.sources import SOURCES, frames
from sempairs.sources.base import Quarantined, Source
from sempairs.sources.lazy import MappedFrames
from sempairs.sources.opening import open_source
from sempairs.sources.union import union


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Register a made source under a name, with attributes changed."""
    monkeypatch.setattr(SOURCES, "_members", dict(SOURCES._members))

    def add(member: str, n: int, **attributes: object) -> str:
        source = made_source(n, seed=n, channels=int(attributes.pop("channels", 1)))  # type: ignore[call-overload]
        for key, value in attributes.items():
            object.__setattr__(source, key, value)
        SOURCES.add(member, lambda: source)
        return member

    return add


def test_images_stand_one_source_after_the_other(known: Callable[..., str]) -> None:
    names = known("a", 5), known("b", 7)
    parts = [open_source(name) for name in names]
    joined = union(sources=names)
    assert joined.ids.tolist() == [f"1/{id}" for id in parts[0].ids] + [f"2/{id}" for id in parts[1].ids]
    np.testing.assert_array_equal(joined.frames, np.concatenate([part.frames for part in parts]))
    assert joined.hashes.tolist() == [*parts[0].hashes, *parts[1].hashes]
    assert joined.columns["source"].tolist() == ["1 made images"] * 5 + ["2 made images"] * 7
    assert isinstance(joined.frames, MappedFrames)  # on the disk, not in memory


def test_classes_of_one_name_become_one(known: Callable[..., str]) -> None:
    a = known("a", 4, label_names=("cat", "dog", "cow", "hen"), labels=np.array([0, 1, 2, 3]))
    b = known("b", 4, label_names=("hen", "eel", "cat"), labels=np.array([2, 0, 1, 1]))
    joined = union(sources=(a, b))
    assert joined.label_names == ("cat", "dog", "cow", "hen", "eel")
    assert [joined.label_names[label] for label in joined.need_labels("")] == [
        "cat", "dog", "cow", "hen", "cat", "hen", "eel", "eel",
    ]  # fmt: skip


def test_a_source_without_labels_takes_them_away(known: Callable[..., str], caplog: pytest.LogCaptureFixture) -> None:
    joined = union(sources=(known("a", 4), known("b", 4, labels=None, label_names=(), name="bare")))
    assert (joined.labels, joined.label_names) == (None, ())
    assert "the union has no labels, for bare has none" in caplog.text


def test_columns_are_joined_with_gaps(known: Callable[..., str]) -> None:
    day = np.array(["2024-05-06", "2024-05-07"], dtype="datetime64[us]")
    a = {
        "n": np.array([1, 2]),
        "both": np.array([3, 4]),
        "mixed": np.array([1, 2]),
        "day": day,
        "x": np.array([0.5, 1]),
    }
    b = {"text": np.array(["u", None], dtype=object), "both": np.array([5, 6]), "mixed": np.array(["1", "2"], object)}
    columns = union(sources=(known("a", 2, columns=a), known("b", 2, columns=b))).columns
    assert list(columns) == ["n", "both", "mixed", "day", "x", "text", "source"]
    assert columns["n"].tolist() == [1, 2, None, None]
    assert columns["both"].dtype == np.int64
    assert columns["both"].tolist() == [3, 4, 5, 6]
    assert columns["mixed"].tolist() == [1, 2, "1", "2"]
    assert columns["day"].dtype == day.dtype
    np.testing.assert_array_equal(columns["day"], np.append(day, [np.datetime64("NaT")] * 2))
    np.testing.assert_array_equal(columns["x"], [0.5, 1, np.nan, np.nan])
    assert columns["text"].tolist() == [None, None, "u", None]


def test_what_was_left_out_is_named(known: Callable[..., str]) -> None:
    joined = union(sources=(known("a", 2), known("b", 2, quarantined=(Quarantined("x.png", "empty"),))))
    assert joined.quarantined == (Quarantined("2/x.png", "empty"),)


def test_what_cannot_be_joined(known: Callable[..., str]) -> None:
    grey, colour = known("grey", 3), known("colour", 3, channels=3)
    with pytest.raises(UserError, match=r"frames of other shapes\n.*12 x 12 x 1 and made images: 12 x 12 x 3"):
        union(sources=(grey, colour))
    with pytest.raises(UserError, match="two sources or more"):
        union(sources=(grey,))
    with pytest.raises(UserError, match=r"there is no source called 'gray'\n.*did you mean 'grey'"):
        union(sources=(grey, "gray"))
    owner = known("owner", 3, columns={"source": np.arange(3)})
    with pytest.raises(UserError, match="has a column 'source' of its own"):
        union(sources=(grey, owner))
    assert union(sources=(grey, owner), column="part").columns["source"].tolist() == [None] * 3 + [0, 1, 2]


def test_a_pair_set_of_a_union_opens_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = [
        {"name": "folder", "root": str(photo_folder(tmp_path / name, n)), "size": 8} for name, n in (("a", 6), ("b", 3))
    ]
    source = open_source({"name": "union", "sources": specs})
    PairSet.make(source, np.arange(8), np.arange(1, 9), Spec(name="any")).save(tmp_path / "pairs.parquet")
    monkeypatch.setattr(frames, "_build", None)  # from the cache alone
    pairs = PairSet.load(tmp_path / "pairs.parquet")
    again: Source = pairs.open_source()
    assert again.fingerprint == source.fingerprint
    assert pairs.positions(again).tolist() == [[at, at + 1] for at in range(8)]
    assert set(again.columns["source"]) == {"a", "b"}
