"""Score a network of your own: any torch module that turns images in [0, 1] into feature vectors.

python examples/own_network.py
"""

import torch
from torch import Tensor, nn

from sempairs.core.settings import Spec
from sempairs.encoders.base import Encoder
from sempairs.evaluation.suite import run_evaluations
from sempairs.sources.opening import open_source
from sempairs.sources.sampling import split


class Mine(Encoder):
    """Your network; here one random convolution."""

    def __init__(self) -> None:
        super().__init__(dim=64, mean=(0.5,), std=(0.25,))
        self.network = nn.Sequential(nn.Conv2d(1, 64, 5, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def features(self, images: Tensor) -> Tensor:
        """Features of normalised images."""
        features: Tensor = self.network(images)
        return features


torch.manual_seed(0)
train_images, test_images = split(open_source("digits"), 898)
for score in run_evaluations(Mine(), train_images, test_images, [Spec(name="knn"), Spec(name="fewshot")]):
    print(f"{score.metric}: {score.value:.1f} {score.unit}")
