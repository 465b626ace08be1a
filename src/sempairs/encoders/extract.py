"""Features of every image of a source, computed once: kept on disk under the encoder's and the source's hash."""

import hashlib
import io
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float32

from sempairs.core.devices import best_device
from sempairs.core.errors import UserError
from sempairs.core.files import atomic_write, cache_folder, hash_of
from sempairs.core.progress import progress
from sempairs.encoders.base import Encoder
from sempairs.sources.base import Source

DIGEST = hashlib.sha256().digest_size


def extract(
    encoder: Encoder,
    source: Source,
    *,
    batch_size: int = 512,
    device: torch.device | str | None = None,
    cache: Path | Literal["default"] | None = "default",
) -> Float32[np.ndarray, "n d"]:
    """Features of all images of `source`, in its order, in eval mode and without augmentation.

    A row depends on the other rows of its batch only by float noise (kernels are chosen by batch size); the batch size
    is fixed so that the same call gives the same features. Every part of the encoder comes back in the mode and on the
    device it had.

    Parameters
    ----------
    encoder: what makes the features.
    source: the images.
    batch_size: images at a time.
    device: where to compute; None for the best there is.
    cache: folder of kept features, None to keep none. One that is damaged is computed again.

    Raises
    ------
    UserError: the images have other channels than the encoder takes.
    """
    channels = encoder.mean.shape[1]
    if source.shape[2] != channels:
        raise UserError(
            f"the encoder takes images of {channels} channels, {source.name} has {source.shape[2]}",
            todo="build the encoder for the channels of the source",
        )
    if cache is None:
        return _compute(encoder, source, batch_size, device)
    folder = (cache_folder() if cache == "default" else cache) / "features"
    path = folder / f"{encoder_id(encoder)}-{source.fingerprint}.npy"
    kept = _read(path, (len(source), encoder.dim))
    if kept is not None:
        return kept
    features = _compute(encoder, source, batch_size, device)
    _write(path, features)
    return features


def encoder_id(encoder: Encoder) -> str:
    """The name of an encoder: 16 hexadecimal digits that depend on its class, its plain attributes and its state.

    Plain attributes are public ones that are numbers, texts or tuples, such as the size that images are resized to:
    what decides the features without being a weight.
    """
    plain = {
        name: repr(value)
        for name, value in vars(encoder).items()
        if isinstance(value, bool | int | float | str | tuple) and not name.startswith("_") and name != "training"
    }
    state = {
        name: [str(tensor.dtype), list(tensor.shape), hashlib.sha256(_bytes(tensor)).hexdigest()]
        for name, tensor in encoder.state_dict().items()
    }
    return hash_of(
        {"class": f"{type(encoder).__module__}.{type(encoder).__qualname__}", "plain": plain, "state": state}
    )


def _bytes(tensor: torch.Tensor) -> bytes:
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def _compute(
    encoder: Encoder, source: Source, batch_size: int, device: torch.device | str | None
) -> Float32[np.ndarray, "n d"]:
    target, home = torch.device(device or best_device()), encoder.mean.device
    modes = [(module, module.training) for module in encoder.modules()]  # parts may be frozen in eval mode
    features = np.empty((len(source), encoder.dim), np.float32)
    encoder.to(target).eval()
    try:
        with torch.inference_mode(), progress("extracting features", len(source), "images") as bar:
            for start in range(0, len(source), batch_size):
                rows = np.arange(start, min(start + batch_size, len(source)))
                frames = torch.from_numpy(source.images(rows)).to(target)
                images = frames.permute(0, 3, 1, 2).float().div_(255).contiguous(memory_format=torch.channels_last)
                features[rows] = encoder(images).float().cpu().numpy()
                bar(len(rows))
    finally:
        encoder.to(home)
        for module, training in modes:
            module.training = training
    return features


def _write(path: Path, features: Float32[np.ndarray, "n d"]) -> None:
    """A .npy file with its sha256 behind it, where readers of .npy do not look."""
    buffer = io.BytesIO()
    np.save(buffer, features, allow_pickle=False)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())
        file.write(hashlib.sha256(buffer.getbuffer()).digest())


def _read(path: Path, shape: tuple[int, int]) -> Float32[np.ndarray, "n d"] | None:
    """Kept features, or None if there are none or they are damaged."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data[:-DIGEST]).digest() != data[-DIGEST:]:
        return None
    features: Float32[np.ndarray, "n d"] = np.load(io.BytesIO(data[:-DIGEST]), allow_pickle=False)
    return features if features.shape == shape and features.dtype == np.float32 else None
