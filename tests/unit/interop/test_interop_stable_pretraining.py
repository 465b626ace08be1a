"""The format of stable-pretraining 0.1.8, pinned by stand-ins: its many dependencies are not installed here.

A whole training with its `forward.simclr` on our pairs was run by hand: see docs/frameworks.md.
"""

import pytest
import torch
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from made_frameworks import MultiViewTransform, OfImage
from sempairs.core.errors import UserError
from sempairs.interop import StablePretrainingPairs

TO_TENSOR = OfImage(v2.PILToTensor())


def test_a_batch_has_a_dictionary_for_each_view(source, pairs, shown, classes):
    """As `forward.simclr` reads it: `batch["views"][v]["image"]` and `["label"]`."""
    data = StablePretrainingPairs(pairs, MultiViewTransform([TO_TENSOR, TO_TENSOR]), source)
    batch = next(iter(DataLoader(data, batch_size=24)))
    assert set(batch) == {"views"}
    for side, view in enumerate(batch["views"]):
        torch.testing.assert_close(view["image"].movedim(1, -1), shown[side], rtol=0, atol=0)
        assert view["label"].dtype == torch.int64
        assert view["label"].tolist() == classes[:, side].tolist()
        assert view["sample_idx"].tolist() == list(range(24))
        assert view["pair_id"] == pairs.column("pair_id").tolist()
    assert (classes[:, 0] != classes[:, 1]).any()  # each view has the class of its own image


def test_named_views_keep_their_names(source, pairs, shown):
    """As `forward.dino` reads them: keys that begin with global and local."""
    names = ["global_1", "global_2", "local_1", "local_2"]
    sample = StablePretrainingPairs(pairs, MultiViewTransform({name: TO_TENSOR for name in names}), source)[3]
    assert list(sample) == names
    for number, view in enumerate(sample.values()):
        torch.testing.assert_close(view["image"].movedim(0, -1), shown[number % 2][3], rtol=0, atol=0)


def test_what_makes_no_two_views_is_refused(source, pairs):
    with pytest.raises(UserError, match=r"does not make several views[^$]*MultiViewTransform"):
        StablePretrainingPairs(pairs, v2.Compose([TO_TENSOR]), source)
    with pytest.raises(UserError, match="needs two views at least"):
        StablePretrainingPairs(pairs, MultiViewTransform({"student": TO_TENSOR}), source)
