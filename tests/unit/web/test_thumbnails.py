"""Pictures: which pixels, under which names, and for whom."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.files import cache_folder
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec
from sempairs.review.base import Candidates
from sempairs.review.session import Review
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source
from sempairs.web.thumbnails import SIDE, Thumbnails, enlarged


def candidates_of(source: Source) -> Candidates:
    """Each image with the next one."""
    n = len(source)
    after = np.roll(np.arange(n), -1)
    zeros = np.zeros(n, dtype=np.int64)
    return Candidates(
        pair_id=np.array([str(i) for i in range(n)], dtype=object), a=source.ids, b=source.ids[after],
        a_hash=source.hashes, b_hash=source.hashes[after], similarity=np.zeros(n), name=np.full(n, "", dtype=object),
        stratum=zeros, chance=zeros - 1, wanted=zeros + 1, gold=zeros - 1, features=np.zeros((n, 1), dtype=np.float32),
    )  # fmt: skip


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three photos, larger than any frame, whose files have hostile names."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(
        ("<img src=x onerror=alert(1)>.jpg", "..%2f..%2fetc%2fpasswd.png", "ö \u202egpj.jpg")
    ):
        pixels = rng("photo", number).integers(0, 256, (90, 160, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((960, 540)).save(folder / name)
    return folder


@pytest.mark.parametrize("channels", [1, 3])
def test_small_pictures_have_every_pixel(channels: int) -> None:
    source = made_source(channels=channels)
    thumbnails = Thumbnails(candidates_of(source), source)
    for frame, content in zip(source.frames, source.hashes, strict=True):
        picture = thumbnails.picture(thumbnails.name(content))
        assert picture is not None
        assert picture.kind == "image/png"
        pixels = np.asarray(Image.open(io.BytesIO(picture.data)))
        assert (pixels.reshape(frame.shape) == frame).all()


def test_a_folder_is_shown_larger_than_its_frames(photos: Path) -> None:
    source = open_source(Spec(name="folder", options={"root": str(photos), "size": 32}))
    assert source.spec is not None
    large = open_source(enlarged(source.spec))
    thumbnails = Thumbnails(candidates_of(source), large)
    name = thumbnails.name(source.hashes[0])
    picture = thumbnails.picture(name)
    assert picture is not None
    assert picture.kind == "image/jpeg"
    pixels = np.asarray(Image.open(io.BytesIO(picture.data))).astype(float)
    assert pixels.shape == (SIDE, SIDE, 3)
    # JPEG of quality 92 changes a smooth picture by less than three grey levels in the mean.
    assert np.abs(pixels - large.images(np.array([0]))[0]).mean() < 3


def test_a_large_picture_is_made_once_and_then_lasts(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_source(Spec(name="folder", options={"root": str(photos), "size": SIDE, "decode": "each-time"}))
    thumbnails = Thumbnails(candidates_of(source), source)
    name = thumbnails.name(source.hashes[0])
    first = thumbnails.picture(name)
    for file in photos.iterdir():
        file.unlink()
    assert thumbnails.picture(name) == first
    assert (cache_folder() / "thumbnails" / name[:2] / f"{name}.jpg").is_file()
    with pytest.raises(UserError, match="not the file it was"):
        thumbnails.picture(thumbnails.name(source.hashes[1]))


def test_a_subset_of_a_folder_is_enlarged_and_frames_in_memory_are_not(photos: Path) -> None:
    inner = {"name": "folder", "root": str(photos)}
    subset = enlarged(Spec(name="subset", options={"source": inner, "ids": "ids.txt"}))
    assert subset.options["source"] | inner == subset.options["source"]
    assert (subset.options["source"]["size"], subset.options["source"]["decode"]) == (SIDE, "each-time")
    assert subset.options["ids"] == "ids.txt"
    large = Spec(name="folder", options={"root": str(photos), "size": 600})
    assert enlarged(large).options["size"] == 600
    assert enlarged(Spec(name="shapes", options={"n": 9})).options["n"] == 9


def test_names_tell_nothing_of_the_image_and_change_with_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = made_source()
    names = []
    for place in ("one", "one", "other"):
        monkeypatch.setenv("SEMPAIRS_CACHE", str(tmp_path / place))
        thumbnails = Thumbnails(candidates_of(source), source)
        names.append([thumbnails.name(content) for content in source.hashes])
    assert names[0] == names[1]  # the same key: a page that is open goes on after a restart
    assert set(names[0]).isdisjoint(names[2])
    assert len(set(names[0])) == len(source)
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names[0])


def test_images_that_are_gone_or_others_are_named() -> None:
    source = made_source()
    with pytest.raises(UserError, match="does not have all images"):
        Thumbnails(candidates_of(source), source.take(np.arange(10)))
    with pytest.raises(UserError, match="another content"):
        Thumbnails(candidates_of(source), made_source(seed=1))


def test_an_image_is_served_as_what_it_is_and_kept_for_good(ada: TestClient, review: Review) -> None:
    name = Thumbnails(review.candidates, made_source()).name(str(review.candidates.a_hash[0]))
    answer = ada.get(f"/images/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert Image.open(io.BytesIO(answer.content)).format == "PNG"


def test_an_image_is_not_served_by_its_hash_nor_one_of_no_pair(ada: TestClient, review: Review) -> None:
    other = Thumbnails(review.candidates, made_source()).name(made_source(seed=1).hashes[0])
    for name in (other, str(review.candidates.a_hash[0]), str(review.candidates.a[0])):
        assert ada.get(f"/images/{name}").status_code == 404
