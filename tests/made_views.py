"""Views and what is known of their pairs, for the tests of methods."""

import torch
from torch import Tensor

from sempairs.core.seeds import seed_of
from sempairs.core.settings import build
from sempairs.encoders import ENCODERS
from sempairs.methods import METHODS
from sempairs.methods.base import Method
from sempairs.nn.known import Known

N, SIZE, CLASSES = 8, 12, 3

# What a method must be told to fit these few small images; most need nothing.
OPTIONS: dict[str, dict[str, object]] = {
    "mae": {"width": 16, "depth": 1, "heads": 2},
    "w-mse": {"embedding": 3},
    "swav": {"queue": 16},
}
SMALL = {"name": "small-resnet", "width": 4}
ENCODER = {"mae": {"name": "timm", "model": "test_vit", "image_size": SIZE, "patch_size": 3}}  # who needs another


def made(name: str, **options: object) -> Method:
    """A method of the registry on a small random network, the same each time."""
    torch.manual_seed(seed_of("contract"))
    spec = {"name": name, **OPTIONS.get(name, {}), **options}
    method: Method = build(METHODS, spec, build(ENCODERS, ENCODER.get(name, SMALL), 1))
    return method


def views(seed: int = 0, n: int = N) -> tuple[Tensor, Tensor]:
    """Two noisy looks at n random images."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.rand(n, 1, SIZE, SIZE, generator=generator)
    return first, (first + 0.3 * torch.rand(n, 1, SIZE, SIZE, generator=generator)).clamp(0, 1)


def crops(seed: int = 0, n: int = N) -> tuple[Tensor, ...]:
    """Two views and four small crops, as multi-crop recipes give them."""
    first, second = views(seed, n)
    return first, second, *(view[..., top : top + 8, 2:10] for top in (0, 4) for view in (first, second))


def known(n: int = N) -> Known:
    """Pairs of three classes; groups are finer than classes, and some are not known."""
    label = torch.arange(n) % CLASSES
    group = torch.arange(n) % (2 * CLASSES)
    group[0] = label[0] = -1
    return Known(group, label)


def total(method: Method, seen: tuple[Tensor, ...], about: Known) -> Tensor:
    """The loss of a batch in one process."""
    return torch.stack(list(method.loss(*method(*seen), known=about).values())).sum()
