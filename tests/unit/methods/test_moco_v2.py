"""MoCo v2 beside algorithm 1 of its paper, line by line."""

import copy

import pytest
import references_moco as references
import torch
from torch import nn

from made_views import N, known, made, total, views
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.methods.moco_v2 import MoCoV2


@pytest.mark.parametrize("negatives", ["all", "mask-same-group", "mask-same-class"])
def test_its_steps_are_those_of_algorithm_1(negatives):
    torch.manual_seed(0)
    # A queue of one and a half batches: the third step finds it full, the fourth finds it wrapped around.
    method = MoCoV2(SmallResNet(1, width=4), momentum=0.9, queue=N + N // 2, negatives=negatives).double()
    f_q = copy.deepcopy(nn.Sequential(method.encoder, method.projector))
    f_k = copy.deepcopy(f_q)
    queue: list[tuple[torch.Tensor, int]] = []
    ours, theirs = torch.optim.SGD(method.parameters(), lr=0.1), torch.optim.SGD(f_q.parameters(), lr=0.1)
    numbers = (known().label if negatives == "mask-same-class" else known().group).tolist()
    for step in range(4):
        x_q, x_k = (view.double() for view in views(step))

        value = total(method, (x_q, x_k), known())
        ours.zero_grad()
        value.backward()
        ours.step()
        method.after_step((step + 1) / 4)

        q, k = f_q(x_q), f_k(x_k).detach()
        rows = torch.stack([row for row, _ in queue]) if queue else k[:0]
        of = [number for _, number in queue]
        repels = [[negatives == "all" or mine == -1 or mine != other for other in of] for mine in numbers]
        loss = references.info_nce(q, k, rows, 0.2, lambda i, j, repels=repels: repels[i][j])
        torch.testing.assert_close(value, loss, rtol=1e-9, atol=1e-12)
        theirs.zero_grad()
        loss.backward()
        theirs.step()
        with torch.no_grad():
            for slow, fast in zip(f_k.parameters(), f_q.parameters(), strict=True):
                slow.copy_(0.9 * slow + (1 - 0.9) * fast)
        queue = [*queue, *zip(k, numbers, strict=True)][-(N + N // 2) :]

    for network, reference in ((nn.Sequential(method.encoder, method.projector), f_q), (method.teacher, f_k)):
        for mine, expected in zip(network.parameters(), reference.parameters(), strict=True):
            torch.testing.assert_close(mine, expected, rtol=1e-9, atol=1e-12)


def test_the_first_step_compares_with_nothing_and_the_second_with_the_keys_of_the_first():
    method = made("moco-v2")
    assert total(method, views(0), known()).item() == 0.0
    _, key = method(*views(0))
    method.after_step(0.1)
    rows, about = method.queue.now()
    torch.testing.assert_close(rows, torch.nn.functional.normalize(key, dim=1))
    assert torch.equal(about.label, known().label)
    assert total(method, views(1), known()).item() > 0.0


def test_what_batch_norm_leaks_and_what_not():
    method = made("moco-v2")
    (a, b), (c, d) = views(0), views(1)
    query, key = method(a, b)
    assert not key.requires_grad
    # Queries see nothing of the second views, and keys nothing of the first ...
    assert torch.equal(method(a, d)[0], query)
    assert torch.equal(method(c, b)[1], key)
    # ... but a key knows of which batch it is, by the other keys of that batch, unless statistics stand still.
    others = torch.cat([b[:1], d[1:]])
    assert not torch.allclose(method(a, others)[1][0], key[0])
    method.eval()
    torch.testing.assert_close(method(a, others)[1][0], method(a, b)[1][0])
