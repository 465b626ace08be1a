"""Pairs in lightly's own training step; lightly 1.6.0 is installed for the tests alone."""

import numpy as np
import pytest
import torch
from lightly.data import LightlyDataset, MultiViewCollate
from lightly.loss import NTXentLoss
from lightly.models.modules.heads import SimCLRProjectionHead
from lightly.transforms import DINOTransform, SimCLRTransform
from lightly.transforms.multi_view_transform import MultiViewTransform
from torch import nn
from torch.utils.data import DataLoader
from torchvision.transforms import v2

from made import made_source
from sempairs.core.errors import UserError
from sempairs.interop import LightlyPairs, PairDataset
from sempairs.methods.simclr import nt_xent
from sempairs.pairs.rules import random_pairs

PLAIN = MultiViewTransform([v2.PILToTensor(), v2.PILToTensor()])
SIMCLR = SimCLRTransform(input_size=8)


def test_view_0_shows_the_first_image_and_view_1_the_second(source, pairs, shown, classes):
    (view0, view1), targets, names = next(iter(DataLoader(LightlyPairs(pairs, PLAIN, source), batch_size=24)))
    for view, images in zip((view0, view1), shown, strict=True):
        torch.testing.assert_close(view.movedim(1, -1), images, rtol=0, atol=0)
    assert targets.tolist() == classes[:, 0].tolist()
    assert list(names) == pairs.column("pair_id").tolist()


@pytest.mark.parametrize("collate", [None, MultiViewCollate()], ids=["torch", "lightly"])
def test_a_batch_has_the_form_of_lightlys_own_data_set(source, pairs, collate):
    """Types, shapes and kinds of numbers are those of a LightlyDataset of single images with the same transform."""

    class Images(torch.utils.data.Dataset):
        def __len__(self):
            return len(source)

        def __getitem__(self, index):
            return SIMCLR(PairDataset(pairs, source)[index][0].convert("RGB")), int(source.labels[index])

    theirs = LightlyDataset.from_torch_dataset(Images())
    forms = []
    for data in (LightlyPairs(pairs, SIMCLR, source), theirs):
        views, targets, names = next(iter(DataLoader(data, batch_size=6, collate_fn=collate)))
        forms.append((type(views), [(v.shape, v.dtype) for v in views], targets.shape, targets.dtype, type(names)))
    assert forms[0] == forms[1]
    assert forms[0][1] == [((6, 3, 8, 8), torch.float32)] * 2


def test_a_simclr_step_of_lightly(source, pairs):
    """Their views, head and loss; the loss is ours too, from the same embeddings in float64."""
    torch.manual_seed(0)
    loader = DataLoader(LightlyPairs(pairs, SIMCLR, source), batch_size=12, shuffle=True, drop_last=True)
    backbone = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    head, criterion = SimCLRProjectionHead(8, 16, 16), NTXentLoss(temperature=0.2)
    parameters = [*backbone.parameters(), *head.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    before = [parameter.detach().clone() for parameter in parameters]
    for (x0, x1), _, _ in loader:
        z0, z1 = head(backbone(x0)), head(backbone(x1))
        loss = criterion(z0, z1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        torch.testing.assert_close(criterion(z0.double(), z1.double()), nt_xent(z0.double(), z1.double(), 0.2))
        assert loss.isfinite()
        assert all(parameter.grad.abs().max() > 0 for parameter in backbone.parameters())
    assert not any(torch.equal(old, new) for old, new in zip(before, parameters, strict=True))


def test_crops_beyond_two_take_turns(source, pairs, shown):
    views, _, _ = LightlyPairs(pairs, MultiViewTransform([v2.PILToTensor()] * 5), source)[3]
    for number, view in enumerate(views):
        torch.testing.assert_close(view.movedim(0, -1), shown[number % 2][3], rtol=0, atol=0)
    dino = DINOTransform(global_crop_size=8, local_crop_size=6, n_local_views=3)
    views, _, _ = next(iter(DataLoader(LightlyPairs(pairs, dino, source), batch_size=4)))
    assert [view.shape[-1] for view in views] == [8, 8, 6, 6, 6]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_worker_gives_the_same_views_again_for_the_same_generator():
    # Forked: a spawned one imports torch and lightly for many seconds; test_interop_dataset.py spawns one.
    source = made_source(24)
    pairs = random_pairs(source)

    def batches():
        generator = torch.Generator().manual_seed(7)
        data = LightlyPairs(pairs, SIMCLR, source)
        loader = DataLoader(data, 8, True, num_workers=1, multiprocessing_context="fork", generator=generator)
        views, targets, names = zip(*loader, strict=True)
        return torch.cat([view for two in views for view in two]), torch.cat(targets), sum(names, ())

    once, again = batches(), batches()
    assert torch.equal(once[0], again[0])
    assert torch.equal(once[1], again[1])
    assert once[2] == again[2]
    assert sorted(once[2]) == sorted(pairs.column("pair_id"))


def test_what_makes_no_two_views_is_refused(source, pairs):
    with pytest.raises(UserError, match=r"does not make several views[^$]*SimCLRTransform"):
        LightlyPairs(pairs, v2.Compose([v2.PILToTensor(), v2.RandomHorizontalFlip()]), source)
    with pytest.raises(UserError, match="does not make several views"):
        LightlyPairs(pairs, np.asarray, source)
    with pytest.raises(UserError, match="needs two views at least"):
        LightlyPairs(pairs, MultiViewTransform([v2.PILToTensor()]), source)
