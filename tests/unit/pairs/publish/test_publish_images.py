"""Published images: the pixels of the source, and nothing that a camera or a program wrote beside them."""

import io

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from made import made_source
from made_files import encoded, photo, png_bomb
from made_published import SOURCE, seal, unjudged
from sempairs.core.errors import UserError
from sempairs.pairs.publish import verify
from sempairs.pairs.publish.images import check_images, write_images
from sempairs.pairs.rules import same_class
from sempairs.sources.opening import open_source

FILE = "images/images-00000.parquet"


def bytes_of(path):
    return {row["id"]: row["image"]["bytes"] for row in pq.read_table(path).to_pylist()}


def replace_first(folder, data):
    """Another file in place of the first image."""
    table = pq.read_table(folder / FILE)
    rows = table.to_pylist()
    rows[0]["image"]["bytes"] = data
    pq.write_table(type(table).from_pylist(rows, table.schema), folder / FILE)


def sentence(folder):
    """What the check of the images says."""
    check = next(check for check in verify(seal(folder)).checks if check.name == "images")
    return check.result, check.sentence


@pytest.mark.parametrize("channels", [1, 3])
def test_the_pixels_are_those_of_the_source(channels, tmp_path):
    source = made_source(12, channels=channels)
    told = write_images(same_class(source), source, tmp_path, rows=5)
    assert (told.images, told.shape) == (12, (12, 12, channels))
    found = {}
    for number in range(3):  # 12 images, 5 in a file
        found |= bytes_of(tmp_path / f"images/images-0000{number}.parquet")
    for position, id in enumerate(source.ids):
        pixels = np.asarray(Image.open(io.BytesIO(found[id])))
        assert np.array_equal(pixels.reshape(12, 12, channels), source.images(np.array([position]))[0])


def test_exif_of_a_photograph_does_not_get_out(tmp_path):
    """A folder of JPEG files that say where they were taken: no byte of that is published."""
    for number in range(4):
        exif = Image.Exif()
        exif[0x010E] = "taken at 48.2082 N 16.3738 E"  # ImageDescription
        exif[0x9286] = "by Ada"  # UserComment
        file = tmp_path / "photos" / f"{number % 2}" / f"{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(photo(number), "JPEG", exif=exif))
    source = open_source({"name": "folder", "root": str(tmp_path / "photos"), "size": 16})
    pairs = same_class(source)
    told = write_images(pairs, source, tmp_path / "out")
    for data in bytes_of(tmp_path / "out" / FILE).values():
        assert b"48.2082" not in data
        assert b"Ada" not in data
        assert not Image.open(io.BytesIO(data)).getexif()
    assert check_images(pairs, {FILE: tmp_path / "out" / FILE}, told.shape) == 4


def hidden(**more):
    return encoded(np.zeros((12, 12), np.uint8), "PNG", **more)


def exif():
    found = Image.Exif()
    found[0x010E] = "here"
    return found


def note():
    text = PngInfo()
    text.add_text("Author", "Ada")
    return text


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (lambda: hidden(exif=exif()), "holds EXIF data besides its pixels"),
        (lambda: hidden(pnginfo=note()), "a chunk 'tEXt' besides its pixels"),
        (lambda: hidden(dpi=(300, 300)), "a chunk 'pHYs'"),
        (lambda: hidden() + b"PK\x03\x04 a hidden archive", "does not end where its file does"),
        (lambda: hidden()[:-20], "does not end|does not decode"),
        (lambda: encoded(np.zeros((12, 12), np.uint8), "JPEG"), "is not a PNG file"),
        (lambda: encoded(np.zeros((13, 12), np.uint8), "PNG"), "has another size"),
        (lambda: png_bomb(50_000, 50_000), "does not decode"),
        (lambda: b"", "is not a PNG file"),
        (lambda: b"\x89PNG\r\n\x1a\n", "does not end"),
        (lambda: b"\x89PNG\r\n\x1a\n" + b"\xff" * 8, "besides its pixels"),
    ],
)
def test_what_is_no_picture_or_more_than_one(data, match, folder):
    replace_first(folder, data())
    result, said = sentence(folder)
    assert result == "failed"
    with pytest.raises(UserError, match=match):
        raise UserError(said)


def test_images_that_are_missing_or_too_many(folder):
    table = pq.read_table(folder / FILE)
    pq.write_table(table.slice(1), folder / FILE)
    assert sentence(folder) == ("failed", f"1 images of the pairs are missing ({table.column('id')[0].as_py()!r})")
    pq.write_table(type(table).from_batches([*table.to_batches(), *table.slice(0, 1).to_batches()]), folder / FILE)
    assert "stands twice" in sentence(folder)[1]


def test_an_image_of_another_content_hash(folder):
    table = pq.read_table(folder / FILE)
    rows = table.to_pylist()
    rows[0]["content_hash"] = "0" * 64
    pq.write_table(type(table).from_pylist(rows, table.schema), folder / FILE)
    assert "is not one of the pairs' images" in sentence(folder)[1]


def test_columns_that_are_not_those_of_images(folder):
    pq.write_table(pq.read_table(folder / FILE).rename_columns(["id", "content_hash", "label", "gps"]), folder / FILE)
    assert "does not have the columns of images" in sentence(folder)[1]


def test_other_images_than_the_pairs(tmp_path):
    with pytest.raises(UserError, match="does not have"):
        write_images(unjudged(), made_source(30), tmp_path)
    with pytest.raises(UserError, match="changed since"):
        write_images(unjudged(), made_source(40, seed=5), tmp_path)
    assert write_images(unjudged(), SOURCE, tmp_path).images == 40
