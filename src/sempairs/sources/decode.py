"""Bytes of an image file to pixels, under rules that do not trust the bytes.

The content decides the decoder, never the name. Only the formats of `FORMATS` are tried (so no PostScript, no SVG),
bytes and pixels are capped before anything is decoded, warnings count as errors, and a truncated file is refused.
What is ambiguous in a file has one answer here: the first frame, EXIF orientation applied, CMYK converted, 16-bit grey
shifted to 8 bits (not clipped), transparency laid over white.
"""

import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

VERSION = 1
"""Part of the key of every cache of decoded pixels: raise it when a rule here changes a pixel."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")


@dataclass(frozen=True)
class Limits:
    """What one image may cost.

    Parameters
    ----------
    bytes: size of the file.
    pixels: height times width.
    seconds: processor time, where a process of its own decodes (see `workers`).
    memory: bytes on top of what such a process has at its start.
    """

    bytes: int = 64 * 2**20
    pixels: int = 64 * 10**6
    seconds: float = 60.0
    memory: int = 3 * 2**30


LIMITS = Limits()


class BadImage(ValueError):
    """This image is left out; the text says why, in one line that is the same every time."""


def decode(data: bytes, limits: Limits) -> UInt8[np.ndarray, "h w 3"]:
    """The RGB pixels of an image file's bytes. Raises BadImage for anything that is not a whole, sane image."""
    return np.array(_decoded(data, limits))


def decode_square(data: bytes, size: int, limits: Limits) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """`square` of what `decode` gives, without a copy of all the pixels between them. Raises BadImage as it does."""
    return np.array(_square(_decoded(data, limits), size))


def decode_known(data: bytes, size: int) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """What `decode_square` makes of bytes that it took before. Raises BadImage, should it still fail.

    It may run on any thread: these bytes have passed the global switches (warnings as errors) that others need.
    """
    try:
        return np.array(_square(_loaded(data, LIMITS), size))
    except Exception as error:
        raise error if isinstance(error, BadImage) else BadImage(_one_line(error)) from None


def square(pixels: UInt8[np.ndarray, "h w c"], size: int) -> UInt8[np.ndarray, "{size} {size} c"]:
    """The central square, resampled to `size` by Pillow's bicubic filter, which widens with the shrinking (antialias).

    The same as resizing the shorter side and cropping the centre, in one step: a picture of 1 x 60,000 pixels costs no
    more than another.
    """
    return np.array(_square(Image.fromarray(pixels), size))


def _square(image: Image.Image, size: int) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize((size, size), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))


def _decoded(data: bytes, limits: Limits) -> Image.Image:
    if not data:
        raise BadImage("the file is empty")
    if len(data) > limits.bytes:
        raise BadImage(f"{len(data)} bytes, more than the {limits.bytes} allowed")
    try:
        with _strict(limits):
            _open(data, limits).verify()
            return _loaded(data, limits)
    except BadImage:
        raise
    except UnidentifiedImageError:
        raise BadImage(f"not an image of a known format ({', '.join(FORMATS)})") from None
    except Exception as error:  # Pillow's decoders raise whatever the bytes lead them to
        raise BadImage(_one_line(error)) from None


def _loaded(data: bytes, limits: Limits) -> Image.Image:
    image = _open(data, limits)
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    return _rgb(image)


@contextlib.contextmanager
def _strict(limits: Limits) -> Iterator[None]:
    """Pillow's global switches as these rules need them, whatever the program around has set."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS = False, limits.pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS = before


def _open(data: bytes, limits: Limits) -> ImageFile.ImageFile:
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadImage(f"more than the {limits.pixels} pixels allowed") from None
    if image.width * image.height > limits.pixels:
        raise BadImage(f"{image.width} x {image.height}, more than the {limits.pixels} pixels allowed")
    return image


def _rgb(image: Image.Image) -> Image.Image:
    """Any mode as RGB; the policy of the module's docstring."""
    if image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.uint16)
        grey = (values >> 8).astype(np.uint8)
        if "transparency" in image.info:  # one value stands for "nothing here"
            grey[values == image.info["transparency"]] = 255
        return Image.fromarray(grey).convert("RGB")
    if image.mode in ("I", "F"):
        raise BadImage(f"pixels of mode {image.mode} have no fixed range of values")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image if image.mode == "RGB" else image.convert("RGB")


def _one_line(error: Exception) -> str:
    """The error without line breaks, unprintable characters and memory addresses, which differ from run to run."""
    text = re.sub(r" at 0x[0-9a-f]+", "", str(error).strip() or type(error).__name__)
    return "".join(c if c.isprintable() else " " for c in text)[:200]
