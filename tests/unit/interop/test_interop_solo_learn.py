"""The format of solo-learn 1.0.2, pinned by stand-ins: it wants torch 1.9, so it is not installed here.

A whole training of its SimCLR on our pairs was run by hand: see docs/frameworks.md.
"""

import pytest
import torch
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from made_frameworks import FullTransformPipeline, NCropAugmentation
from sempairs.core.errors import UserError
from sempairs.interop import SoloLearnPairs

TO_TENSOR, SMALL = v2.PILToTensor(), v2.Compose([v2.CenterCrop(6), v2.PILToTensor()])


def test_a_batch_is_indexes_views_and_targets(source, pairs, shown, classes):
    """As `BaseMethod.training_step` unpacks it: `_, X, targets = batch`, X a list of num_crops tensors."""
    data = SoloLearnPairs(pairs, FullTransformPipeline([NCropAugmentation(TO_TENSOR, 2)]), source)
    indexes, views, targets = next(iter(DataLoader(data, batch_size=24)))
    assert indexes.tolist() == list(range(24))
    assert isinstance(views, list)
    for view, images in zip(views, shown, strict=True):
        torch.testing.assert_close(view.movedim(1, -1), images, rtol=0, atol=0)
    assert targets.dtype == torch.int64  # cross_entropy of its online classifier
    assert targets.tolist() == classes[:, 0].tolist()


def test_large_crops_come_before_small_ones_and_both_take_turns(source, pairs, shown):
    pipeline = FullTransformPipeline([NCropAugmentation(TO_TENSOR, 2), NCropAugmentation(SMALL, 4)])
    _, views, _ = SoloLearnPairs(pairs, pipeline, source)[3]
    assert [view.shape[-1] for view in views] == [12, 12, 6, 6, 6, 6]
    for number, view in enumerate(views[2:]):
        torch.testing.assert_close(view.movedim(0, -1), shown[number % 2][3, 3:9, 3:9], rtol=0, atol=0)


def test_two_augmentations_of_one_crop_each_show_one_image_each(source, pairs, shown):
    """An asymmetric recipe such as BYOL's: `num_crops_per_aug = [1, 1]`."""
    pipeline = FullTransformPipeline([NCropAugmentation(TO_TENSOR, 1), NCropAugmentation(SMALL, 1)])
    _, (large, small), _ = SoloLearnPairs(pairs, pipeline, source)[3]
    torch.testing.assert_close(large.movedim(0, -1), shown[0][3], rtol=0, atol=0)
    torch.testing.assert_close(small.movedim(0, -1), shown[1][3, 3:9, 3:9], rtol=0, atol=0)


def test_what_is_not_solo_learns_or_makes_one_view_is_refused(source, pairs):
    with pytest.raises(UserError, match="does not make several views"):
        SoloLearnPairs(pairs, SMALL, source)
    with pytest.raises(UserError, match=r"is not solo-learn's[^$]*prepare_n_crop_transform"):
        SoloLearnPairs(pairs, FullTransformPipeline([TO_TENSOR, TO_TENSOR]), source)
    with pytest.raises(UserError, match="needs two views at least"):
        SoloLearnPairs(pairs, FullTransformPipeline([NCropAugmentation(TO_TENSOR, 1)]), source)
