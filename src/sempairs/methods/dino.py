"""DINO: a student matches, for every view, the sharpened and centred output of a slow teacher on the large views.

**Source** Caron, Touvron, Misra, Jégou, Mairal, Bojanowski, Joulin, "Emerging Properties in Self-Supervised Vision
Transformers", ICCV 2021, arXiv 2104.14294, equations 1 to 4, algorithm 1, sections 3.1 and 3.2.
**Departure** Default widths are for small encoders (the paper's: hidden 2048, embedding 256, 65,536 prototypes), and
so are the head's initial weights (`gelu_mlp`). The last layer learns from the first step on (the authors freeze it for
an epoch, as `training.late` does). No clipped gradients (theirs: at 3), rising weight decay, or solarised views.
**Shapes** n pairs, e embedding, k prototypes; the first two views are large, the others may be of another size.
"""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.encoders.base import Encoder
from sempairs.methods.base import SOLO_LEARN, Method, Training
from sempairs.nn.centre import Centre
from sempairs.nn.crops import by_size
from sempairs.nn.ema import cosine_momentum, teacher_of, update
from sempairs.nn.heads import gelu_mlp
from sempairs.nn.known import Known
from sempairs.nn.prototypes import Prototypes, Scores, cross_view_entropy


def self_distillation(
    student: Scores, teacher: Scores, centre: Float[Tensor, " k"], tau_s: float, tau_t: float | Float[Tensor, ""]
) -> Float[Tensor, ""]:
    """The cross entropy of the teacher on each large view with the student on each other view (equation 3), in nats.

    The teacher's scores are of the first two views, the student's of all; tau_t and tau_s are their temperatures. Where
    both score all prototypes alike it is log k.
    """
    targets = [((scores - centre) / tau_t).softmax(dim=1) for scores in teacher]
    return cross_view_entropy(targets, [scores / tau_s for scores in student])


class DINO(Method):
    """A student matches a slow teacher's output on the large views; no negatives.

    Parameters
    ----------
    encoder: what is trained (the student's).
    prototypes: outputs of the last layer.
    student_temperature: of the student's softmax.
    teacher_temperature: of the teacher's softmax after the warm-up.
    first_teacher_temperature: of the teacher's softmax at the start; in between it rises in a straight line.
    warm_up: share of the training in which it rises; the authors' 30 of 300 epochs.
    momentum: of the teacher at the start; it rises to 1 along a cosine.
    centre_momentum: how much of the centre stays at each step.
    hidden: width of the head's two hidden layers.
    embedding: width of the bottleneck before the last layer.
    """

    contrastive: ClassVar[bool] = False
    takes_crops: ClassVar[bool] = True
    late: ClassVar[tuple[str, ...]] = ("prototypes",)
    recipe: ClassVar[Training] = {**SOLO_LEARN, "lr": 0.3, "weight_decay": 1e-6}

    temperature: Tensor

    def __init__(
        self,
        encoder: Encoder,
        *,
        prototypes: int = 1024,
        student_temperature: float = 0.1,
        teacher_temperature: float = 0.07,
        first_teacher_temperature: float = 0.04,
        warm_up: float = 0.1,
        momentum: float = 0.996,
        centre_momentum: float = 0.9,
        hidden: int = 512,
        embedding: int = 128,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = gelu_mlp(encoder.dim, hidden, hidden, embedding)
        self.prototypes = Prototypes(prototypes, embedding)
        self.teacher = teacher_of(nn.Sequential(self.encoder, self.head, self.prototypes))
        self.student_temperature = student_temperature
        self.teacher_temperatures = first_teacher_temperature, teacher_temperature
        self.warm_up, self.momentum = warm_up, momentum
        self.centre = Centre(prototypes, centre_momentum)
        self.register_buffer("temperature", torch.tensor(first_teacher_temperature if warm_up else teacher_temperature))

    def forward(self, *views: Float[Tensor, "n c _h _w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """The student's embeddings of all views, then the teacher's of the first two."""
        student = self.head(torch.cat(by_size(self.encoder, views))).chunk(len(views))
        with torch.no_grad():
            teacher = self.teacher[:2](torch.cat(views[:2])).chunk(2)
        return (*student, *teacher)

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`self_distillation` of the scores; the centre moves after the step."""
        student = [self.prototypes(embedding) for embedding in out[:-2]]
        with torch.no_grad():
            teacher = [self.teacher[2](embedding) for embedding in out[-2:]]
        self.centre.offer(torch.cat(teacher))
        value = self_distillation(student, teacher, self.centre.value, self.student_temperature, self.temperature)
        return {"self_distillation": value}

    def after_step(self, progress: float) -> None:
        """Let the teacher follow the student, the centre the batch and the teacher's temperature its warm-up."""
        student = nn.Sequential(self.encoder, self.head, self.prototypes)
        update(self.teacher, student, cosine_momentum(self.momentum, progress))
        self.centre.commit()
        first, last = self.teacher_temperatures
        self.temperature.fill_(first + (last - first) * min(1.0, progress / self.warm_up) if self.warm_up else last)
