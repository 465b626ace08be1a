"""The rules of decoding, each on a file that needs it, and files that must be refused."""

import resource

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from made_files import encoded, hostile_files, photo, png_bomb
from sempairs.sources.decode import LIMITS, BadImage, Limits, decode, square

HOSTILE = hostile_files()


def most_memory() -> float:
    """The most memory this process ever had, in MB (Linux counts it in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_file_is_refused_with_the_same_reason_every_time(name: str) -> None:
    data, pattern = HOSTILE[name]
    with pytest.raises(BadImage, match=pattern) as first:
        decode(data, LIMITS)
    with pytest.raises(BadImage) as second:
        decode(data, LIMITS)
    assert str(first.value) == str(second.value)
    assert "\n" not in str(first.value)
    assert "0x" not in str(first.value)


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "WEBP"])
def test_a_lossless_file_gives_its_pixels(format: str) -> None:
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    np.testing.assert_array_equal(decode(encoded(photo(), format, **options), LIMITS), photo())


def test_a_file_at_the_limits_passes_and_one_beyond_does_not() -> None:
    data = encoded(photo(height=24, width=20))
    assert decode(data, Limits(bytes=len(data), pixels=480)).shape == (24, 20, 3)
    with pytest.raises(BadImage, match="bytes, more than"):
        decode(data, Limits(bytes=len(data) - 1))
    with pytest.raises(BadImage, match="pixels allowed"):
        decode(data, Limits(pixels=479))


def test_a_bomb_is_refused_before_memory_is_taken() -> None:
    before = most_memory()
    with pytest.raises(BadImage):
        decode(png_bomb(40_000, 40_000), LIMITS)  # would be 4.8 GB
    assert most_memory() - before < 50


# Where the pixel (row, column) of a 2 x 3 image goes, from the EXIF standard's "0th row, 0th column" of each value.
ORIENTATIONS = {
    1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1), 6: lambda a: np.rot90(a, -1), 7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}  # fmt: skip


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_exif_orientation_is_applied(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = photo(height=2, width=3)
    pixels = decode(encoded(stored, format, exif=exif), LIMITS)
    np.testing.assert_array_equal(pixels, ORIENTATIONS[orientation](stored))


def test_grey_of_16_bits_is_shifted_not_clipped() -> None:
    values = np.array([[0, 255, 256, 40_000, 65_535]], dtype=np.uint16)
    for format in ("PNG", "TIFF"):
        pixels = decode(encoded(values, format), LIMITS)
        np.testing.assert_array_equal(pixels[..., 0], [[0, 0, 1, 156, 255]])  # 40,000 // 256 = 156
        assert (pixels == pixels[..., :1]).all()


def test_transparency_lies_over_white() -> None:
    red = np.array([[[255, 0, 0, 0], [255, 0, 0, 255], [255, 0, 0, 51]]], dtype=np.uint8)
    pixels = decode(encoded(red), LIMITS)
    # the last: alpha 51 / 255 = 0.2, so 0.2 * 0 + 0.8 * 255 = 204
    np.testing.assert_array_equal(pixels, [[[255, 255, 255], [255, 0, 0], [255, 204, 204]]])
    grey = Image.fromarray(np.array([[[0, 0], [90, 255]]], dtype=np.uint8), "LA")
    np.testing.assert_array_equal(decode(encoded(grey), LIMITS)[0], [[255] * 3, [90] * 3])


def test_a_palette_is_expanded_and_its_transparency_lies_over_white() -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], dtype=np.uint8))
    image.putpalette([10, 20, 30, 0, 200, 0, 0, 0, 255])
    np.testing.assert_array_equal(decode(encoded(image), LIMITS)[0], [[10, 20, 30], [0, 200, 0], [0, 0, 255]])
    for transparent in (1, b"\xff\x00\xff"):  # one index, or an alpha for each
        pixels = decode(encoded(image, transparency=transparent), LIMITS)
        np.testing.assert_array_equal(pixels[0], [[10, 20, 30], [255, 255, 255], [0, 0, 255]])


def test_cmyk_is_converted() -> None:
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    pixels = decode(encoded(cyan, "JPEG", quality=95), LIMITS)
    np.testing.assert_allclose(pixels.reshape(-1, 3).mean(axis=0), [0, 255, 255], atol=3)  # JPEG is not exact


def test_grey_and_black_and_white_become_rgb() -> None:
    grey = photo()[..., 0]
    np.testing.assert_array_equal(decode(encoded(grey), LIMITS), np.repeat(grey[..., None], 3, axis=2))
    bits = Image.fromarray(grey).convert("1", dither=Image.Dither.NONE)
    np.testing.assert_array_equal(decode(encoded(bits), LIMITS)[..., 0], np.where(np.asarray(bits), 255, 0))


def test_the_first_frame_of_many_is_taken() -> None:
    frames = [Image.fromarray(np.full((8, 8, 3), value, np.uint8)) for value in range(0, 250, 2)]
    for format, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("TIFF", {}), ("PNG", {})):
        data = encoded(frames[3], format, save_all=True, append_images=frames, **options)
        np.testing.assert_array_equal(decode(data, LIMITS), np.full((8, 8, 3), 6, np.uint8))


def test_what_the_program_set_in_pillow_changes_nothing_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(BadImage, match="truncated"):
        decode(HOSTILE["half.jpg"][0], LIMITS)
    assert decode(encoded(photo()), LIMITS).shape == (24, 20, 3)
    assert (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS) == (True, 10)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"]), st.data())
def test_any_damage_ends_in_pixels_or_in_a_reason(format: str, data: st.DataObject) -> None:
    whole = bytearray(encoded(photo(height=9, width=7), format))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    reason = ""
    try:
        assert decode(damaged, LIMITS).dtype == np.uint8
    except BadImage as bad:
        reason = str(bad)
    assert len(reason) <= 200


@pytest.mark.parametrize(("height", "width", "size"), [(64, 128, 32), (90, 60, 20), (16, 40, 32)])
def test_square_is_resizing_the_shorter_side_and_cropping_the_centre(height: int, width: int, size: int) -> None:
    pixels = photo(height=height, width=width)
    scale = size / min(height, width)
    new = round(width * scale), round(height * scale)
    resized = np.asarray(Image.fromarray(pixels).resize(new, Image.Resampling.BICUBIC))
    top, left = (new[1] - size) // 2, (new[0] - size) // 2
    expected = resized[top : top + size, left : left + size].astype(int)
    # Pillow rounds after each of its two passes, so a step of 1 may differ.
    assert np.abs(square(pixels, size).astype(int) - expected).max() <= 1


def test_square_of_a_thread_costs_what_a_square_costs() -> None:
    before = most_memory()
    # Resized first, it would be 64 x 3,840,000 pixels: 983 MB.
    assert square(np.full((1, 60_000, 3), 7, np.uint8), 64).tolist() == [[[7] * 3] * 64] * 64
    assert most_memory() - before < 50
