import torch

from made import made_source
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.methods.byol import BYOL
from sempairs.nn.known import Known


def test_the_target_follows_the_online_network_and_has_its_own_statistics():
    torch.manual_seed(0)
    method = BYOL(SmallResNet(1, width=4), momentum=0.9)
    target = next(iter(method.teacher.parameters()))
    online = next(iter(method.encoder.parameters()))
    with torch.no_grad():
        online += 1.0
    before = target.clone()
    method.after_step(1e-9)
    torch.testing.assert_close(target, before + 0.1 * (online - before))
    method.after_step(1.0)  # at the end the momentum is 1: the target stands still
    torch.testing.assert_close(target, before + 0.1 * (online - before))


def test_each_view_is_predicted_from_the_other():
    torch.manual_seed(0)
    method = BYOL(SmallResNet(1, width=4)).eval()
    images = torch.from_numpy(made_source(8).frames).permute(0, 3, 1, 2) / 255
    p1, p2, t1, t2 = method(images, images.flip(0))
    known = Known.nothing(8)
    terms = method.loss(p1, p2, t1, t2, known=known)
    swapped = method.loss(*method(images.flip(0), images), known=known)
    torch.testing.assert_close(terms["first"], swapped["second"])
    torch.testing.assert_close(terms["second"], swapped["first"])
    assert not t1.requires_grad
