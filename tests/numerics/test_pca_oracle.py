"""PCA against scikit-learn's full singular value decomposition."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from sempairs.encoders.pca import PCAEncoder


def test_features_are_those_of_scikit_learn():
    images = (load_digits().images * 15).astype(np.uint8)[..., None]  # 0 to 16 becomes 0 to 240
    encoder = PCAEncoder(1, dim=16, side=8)
    encoder.fit(images)
    pixels = images.reshape(len(images), -1) / 255
    oracle = PCA(16, svd_solver="full").fit(pixels)
    features = encoder(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255).numpy()
    signs = np.sign((oracle.components_ * encoder.components.numpy()).sum(axis=1))
    np.testing.assert_allclose(features, oracle.transform(pixels) * signs, atol=1e-5)
    assert (encoder.components.numpy().max(axis=1) > -encoder.components.numpy().min(axis=1)).all()
