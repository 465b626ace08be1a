"""Sources: images in a fixed order with stable ids, content hashes, labels and metadata."""

from sempairs.core.registry import Registry
from sempairs.sources.base import Source

SOURCES = Registry(
    "source",
    {
        "digits": "sempairs.sources.digits:digits",
        "fashion-mnist": "sempairs.sources.fashion_mnist:fashion_mnist",
        "folder": "sempairs.sources.folder:folder",
        "idx": "sempairs.sources.idx:idx",
        "shapes": "sempairs.sources.shapes.source:shapes",
        "subset": "sempairs.sources.subset:subset",
        "table": "sempairs.sources.table:table",
        "union": "sempairs.sources.union:union",
    },
)

__all__ = ["SOURCES", "Source"]
