"""Methods: how an encoder learns from pairs of views. One paper, one file."""

from sempairs.core.registry import Registry

METHODS = Registry(
    "method",
    {
        "simclr": "sempairs.methods.simclr:SimCLR",
        "byol": "sempairs.methods.byol:BYOL",
    },
)
