"""SwAV: the queue takes part in the codes alone, prototypes stay on the sphere."""

import torch

from made_views import crops, known, made, total, views


def test_prototypes_have_length_one_after_each_step():
    method = made("swav")
    optimizer = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=10.0)
    total(method, views(), known()).backward()
    optimizer.step()
    assert (method.prototypes.weight.norm(dim=1) > 1.001).any()
    method.after_step(0.5)
    torch.testing.assert_close(method.prototypes.weight.norm(dim=1), torch.ones(256))


def test_the_queue_holds_both_large_views_and_takes_part_after_the_step():
    method = made("swav", queue=16)
    value = total(method, crops(), known())
    assert total(method, crops(), known()) == value  # computed twice it is the same
    first, second = method(*crops())[:2]
    method.after_step(0.5)
    rows, _ = method.queue.now()
    torch.testing.assert_close(rows, torch.cat([first, second], dim=1))
    # The same batch twice doubles every sum, so its codes are what they were; another batch shares the prototypes.
    torch.testing.assert_close(total(method, crops(), known()), value)
    other, alone = total(method, crops(9), known()), total(made("swav", queue=0), crops(9), known())
    assert not torch.isclose(other, alone, rtol=1e-4, atol=0)


def test_without_a_queue_the_past_does_not_matter():
    method = made("swav", queue=0)
    value = total(method, views(), known())
    total(method, views(9), known())
    method.after_step(0.5)
    torch.testing.assert_close(total(method, views(), known()), value)
    assert method.queue is None


def test_the_codes_are_no_way_for_the_gradient():
    # Each embedding of one view is turned by the codes of the other alone: with a single prototype nothing is learned.
    method = made("swav", prototypes=1)
    total(method, views(), known()).backward()
    assert all(p.grad.abs().max() == 0 for p in method.parameters())
