"""Fashion-MNIST: 70,000 photographs of clothes in grey, 28 x 28, in ten classes.

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
Algorithms", arXiv 1708.07747, 2017.
"""

import hashlib
import logging
from typing import Literal

import numpy as np
from jaxtyping import UInt8

from sempairs.sources.base import Source, content_hashes
from sempairs.sources.fashion_mnist_files import find
from sempairs.sources.idx import header, read_idx

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip

log = logging.getLogger(__name__)
