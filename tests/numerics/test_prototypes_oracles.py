"""SwAV and DINO against lightly, in float64: losses, the centre, and all weights after one step of SGD."""

import copy
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from made_views import crops, known, made
from sempairs.methods.dino import DINO
from sempairs.methods.swav import SwAV
from sempairs.nn.known import Known
from sempairs.nn.sinkhorn import sinkhorn

# lightly still uses what torch calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
SAME = dict(rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def lightly() -> ModuleType:
    import lightly.loss
    import lightly.models.modules
    import lightly.models.utils
    import lightly.utils.scheduler

    return lightly


def batch(seed: int) -> tuple[tuple[Tensor, ...], Known]:
    return tuple(view.double() for view in crops(seed)), known()


def test_sinkhorn(lightly):
    from lightly.loss.swav_loss import sinkhorn as theirs

    score = torch.randn(7, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).tanh()
    for iterations in (1, 3, 20):
        torch.testing.assert_close(sinkhorn(score, 0.05, iterations), theirs(score, iterations, 0.05), **SAME)


def test_swav_with_crops_and_a_queue(lightly):
    method: SwAV = made("swav", queue=24, prototypes=12).double()
    loss = lightly.loss.SwaVLoss(temperature=0.1, sinkhorn_iterations=3, sinkhorn_epsilon=0.05)
    earlier = []
    for seed in range(3):
        seen, about = batch(seed)
        out = method(*seen)
        score = [method.prototypes(z) for z in out]
        queued = [method.prototypes(torch.cat(rows)) for rows in zip(*earlier, strict=True)] or None
        theirs = loss(score[:2], score[2:], queued)
        mine = method.loss(*out, known=about)["swapped"]
        torch.testing.assert_close(mine, theirs[0], **SAME)
        weights = [p for p in method.parameters() if p.requires_grad]
        for a, b in zip(
            torch.autograd.grad(mine, weights, retain_graph=True), torch.autograd.grad(theirs, weights), strict=True
        ):
            torch.testing.assert_close(a, b, **SAME)
        method.after_step(0.5)
        earlier.append([z.detach() for z in out[:2]])


def lightlys_dino(lightly: ModuleType, method: DINO) -> tuple[nn.ModuleList, nn.ModuleList, nn.Module]:
    """Student and teacher (encoder and head each) with our weights, and the loss."""
    width, hidden = method.head[0].in_features, method.head[0].out_features
    sides = []
    for encoder, head, prototypes in ((method.encoder, method.head, method.prototypes), tuple(method.teacher)):
        theirs = lightly.models.modules.DINOProjectionHead(
            width, hidden, prototypes.weight.shape[1], len(prototypes.weight)
        )
        theirs.layers.load_state_dict(head.state_dict())
        theirs.last_layer.weight_v.data = prototypes.weight.detach().clone()
        sides.append(nn.ModuleList([copy.deepcopy(encoder), theirs.double()]))
    loss = lightly.loss.DINOLoss(len(method.prototypes.weight), student_temp=0.1, center_momentum=0.9).double()
    return sides[0], sides[1], loss


def test_dino_with_crops_its_centre_and_all_weights_after_a_step(lightly):
    # lightly keeps the temperature in float32: here it is 1/32, 3/64 and then 1/16, which are exact.
    method: DINO = made(
        "dino", prototypes=20, momentum=0.6, first_teacher_temperature=1 / 32, teacher_temperature=1 / 16, warm_up=0.5
    ).double()
    student, teacher, loss = lightlys_dino(lightly, method)
    ours = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=0.02, momentum=0.9)
    theirs = torch.optim.SGD([p for p in student.parameters() if p.requires_grad], lr=0.02, momentum=0.9)
    for step in range(4):
        seen, about = batch(step)
        mine = method.loss(*method(*seen), known=about)["self_distillation"]

        (student_encoder, student_head), (teacher_encoder, teacher_head) = student, teacher
        large, small = torch.cat(seen[:2]), torch.cat(seen[2:])
        features = torch.cat([student_encoder(large), student_encoder(small)])
        with torch.no_grad():
            taught = teacher_head(teacher_encoder(large)).chunk(2)
        value = loss(list(taught), list(student_head(features).chunk(len(seen))), method.temperature.item())
        torch.testing.assert_close(mine, value, **SAME)

        for optimizer, objective in ((ours, mine), (theirs, value)):
            optimizer.zero_grad()
            objective.backward()
            optimizer.step()
        method.after_step((step + 1) / 4)
        momentum = lightly.utils.scheduler.cosine_schedule(step + 1, 5, 0.6, 1.0)  # counts from 0 to 5 - 1
        lightly.models.utils.update_momentum(student, teacher, momentum)

        torch.testing.assert_close(method.centre.value, loss.center[0, 0], **SAME)
        theirs_now = [*student[0].parameters(), *student[1].layers.parameters(), student[1].last_layer.weight_v]
        taught_now = [*teacher[0].parameters(), *teacher[1].layers.parameters(), teacher[1].last_layer.weight_v]
        ours_now = [p for p in method.parameters() if p.requires_grad]
        for a, b in zip([*ours_now, *method.teacher.parameters()], [*theirs_now, *taught_now], strict=True):
            torch.testing.assert_close(a, b, **SAME)
