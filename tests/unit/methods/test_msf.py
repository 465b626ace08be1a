import pytest
import torch

from made_views import made, views
from sempairs.core.errors import UserError


def test_no_neighbours_are_refused():
    with pytest.raises(UserError, match="neighbours must be at least 1"):
        made("msf", neighbours=0)


def test_the_target_network_follows_at_a_constant_pace():
    method = made("msf", momentum=0.9)
    target, online = next(iter(method.teacher.parameters())), next(iter(method.encoder.parameters()))
    with torch.no_grad():
        online += 1.0
    for progress in (0.1, 1.0):
        before = target.clone()
        method.after_step(progress)
        torch.testing.assert_close(target, before + 0.1 * (online - before))


def test_the_first_view_is_predicted_and_the_second_is_the_target():
    method = made("msf").eval()
    first, second = views()
    prediction, target = method(first, second)
    assert torch.equal(prediction, method(first, first)[0])
    assert torch.equal(target, method.teacher(second))
    assert not target.requires_grad
