"""Sources: images in a fixed order with stable ids, content hashes, labels and metadata."""

from sempairs.core.registry import Registry
from sempairs.sources.base import Source

SOURCES = Registry(
    "source",
    {
        "aircraft": "sempairs.sources.named.files:aircraft",
        "animal-mnist": "sempairs.sources.animal_mnist:animal_mnist",
        "birdsnap": "sempairs.sources.named.birdsnap:birdsnap",
        "caltech101": "sempairs.sources.named.files:caltech101",
        "cars": "sempairs.sources.named.files:cars",
        "cifar10": "sempairs.sources.named.cifar:cifar10",
        "cifar100": "sempairs.sources.named.cifar:cifar100",
        "digits": "sempairs.sources.digits:digits",
        "dtd": "sempairs.sources.named.files:dtd",
        "fashion-mnist": "sempairs.sources.fashion_mnist:fashion_mnist",
        "flowers102": "sempairs.sources.named.files:flowers102",
        "folder": "sempairs.sources.folder:folder",
        "food101": "sempairs.sources.named.files:food101",
        "idx": "sempairs.sources.idx:idx",
        "pets": "sempairs.sources.named.files:pets",
        "prepared": "sempairs.sources.prepared:prepared",
        "shapes": "sempairs.sources.shapes.source:shapes",
        "shards": "sempairs.sources.shards:shards",
        "subset": "sempairs.sources.subset:subset",
        "sun397": "sempairs.sources.named.files:sun397",
        "table": "sempairs.sources.table:table",
        "union": "sempairs.sources.union:union",
        "voc2007": "sempairs.sources.named.voc2007:voc2007",
    },
)

__all__ = ["SOURCES", "Source"]
