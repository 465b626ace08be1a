"""MoCo v3 beside algorithm 1 of its paper, line by line."""

import copy

import pytest
import references_moco as references
import torch
from torch import nn

from made_views import known, total, views
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.methods.moco_v3 import MoCoV3


@pytest.mark.parametrize("negatives", ["all", "mask-same-class"])
def test_its_steps_are_those_of_algorithm_1(negatives):
    torch.manual_seed(0)
    method = MoCoV3(SmallResNet(1, width=4), momentum=0.9, hidden=16, embedding=8, negatives=negatives).double()
    predictor = copy.deepcopy(method.predictor)
    f_q = copy.deepcopy(nn.Sequential(method.encoder, method.projector))
    f_k = copy.deepcopy(f_q)
    ours = torch.optim.SGD(method.parameters(), lr=0.1)
    theirs = torch.optim.SGD([*f_q.parameters(), *predictor.parameters()], lr=0.1)
    label = known().label.tolist()
    for step in range(3):
        x1, x2 = (view.double() for view in views(step))

        value = total(method, (x1, x2), known())
        ours.zero_grad()
        value.backward()
        ours.step()
        method.after_step((step + 1) / 3)

        loss = references.moco_v3(
            predictor(f_q(x1)),
            predictor(f_q(x2)),
            f_k(x1).detach(),
            f_k(x2).detach(),
            0.2,
            lambda i, j: negatives == "all" or label[i] == -1 or label[i] != label[j],
        )
        torch.testing.assert_close(value, loss, rtol=1e-9, atol=1e-12)
        theirs.zero_grad()
        loss.backward()
        theirs.step()
        m = references.momentum(0.9, step + 1, 3)
        with torch.no_grad():
            for slow, fast in zip(f_k.parameters(), f_q.parameters(), strict=True):
                slow.copy_(m * slow + (1 - m) * fast)

    for network, reference in (
        (nn.Sequential(method.encoder, method.projector), f_q),
        (method.predictor, predictor),
        (method.teacher, f_k),
    ):
        for mine, expected in zip(network.parameters(), reference.parameters(), strict=True):
            torch.testing.assert_close(mine, expected, rtol=1e-9, atol=1e-12)


def test_the_key_network_has_the_projector_and_not_the_predictor():
    method = MoCoV3(SmallResNet(1, width=4))
    assert len(list(method.teacher.parameters())) == len([*method.encoder.parameters(), *method.projector.parameters()])
    kinds = [type(layer).__name__ for layer in method.projector]
    assert kinds.count("Linear") == kinds.count("BatchNorm1d") == 3  # section 3: three layers, batch norm after each
    kinds = [type(layer).__name__ for layer in method.predictor]
    assert kinds.count("Linear") == kinds.count("BatchNorm1d") == 2
