"""Mean-Shift (MSF): predict from one view what lies around the other view, by the measure of a slow copy. No negatives.

**Source** Abbasi Koohpayegani, Tejankar, Pirsiavash, "Mean Shift for Self-Supervised Learning", ICCV 2021,
arXiv 2105.07269, section 3; the authors' code for the constants.
**Departure** The memory is the targets of the batch and a queue of earlier ones, which starts empty, not random; while
there are fewer than `neighbours` rows in all, all of them count. The slow copy moves after a step, not before it.
Default widths, queue and neighbours are for small encoders and sets (the authors': hidden 4096, embedding 512, queue
128,000 and 10). As in their code the momentum is constant, the first view is predicted and the second is the target:
the loss is not symmetric. The recipe is that of their code.
**Shapes** n pairs, d features, e embedding, m rows in the memory.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder
from sempairs.methods.base import Method, Training
from sempairs.nn.ema import teacher_of, update
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known
from sempairs.nn.nearest import nearest, same_class_neighbours
from sempairs.nn.queue import Queue


def mean_shift(prediction: Float[Tensor, "n e"], neighbours: Float[Tensor, "n k e"]) -> Float[Tensor, ""]:
    """The squared distance of the normalised prediction to its k normalised neighbours, mean over k and over n.

    As lengths are 1 it is 2 - 2 cos on average: 0 if all are parallel, 4 if opposite. Its gradient is that of the
    squared distance to the mean of the neighbours.
    """
    mean = F.normalize(neighbours, dim=2).mean(dim=1)
    return 2.0 - 2.0 * (F.normalize(prediction, dim=1) * mean).sum(dim=1).mean()


class MSF(Method):
    """Predict from one view the nearest neighbours of the other view, among them itself; no negatives.

    Parameters
    ----------
    encoder: what is trained (the online network).
    neighbours: how many rows of the memory a prediction is drawn to; the target is one of them.
    queue: how many earlier targets are remembered.
    momentum: of the target network.
    hidden: width of the hidden layers of projector and predictor.
    embedding: width of the embedding.

    Raises
    ------
    UserError: fewer than one neighbour.
    """

    contrastive: ClassVar[bool] = False
    recipe: ClassVar[Training] = {"optimizer": "sgd", "lr": 0.05, "weight_decay": 1e-4, "schedule": "cosine"}

    def __init__(
        self,
        encoder: Encoder,
        *,
        neighbours: int = 5,
        queue: int = 4096,
        momentum: float = 0.99,
        hidden: int = 512,
        embedding: int = 128,
    ) -> None:
        super().__init__()
        if neighbours < 1:
            raise UserError("method.neighbours must be at least 1", got=neighbours)
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden, embedding, hidden_norm=True)
        self.predictor = mlp(embedding, hidden, embedding, hidden_norm=True)
        self.teacher = teacher_of(nn.Sequential(self.encoder, self.projector))
        self.queue = Queue(queue, embedding)
        self.neighbours, self.momentum = neighbours, momentum

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], Float[Tensor, "n e"]]:
        """The prediction from the first view and the target of the second."""
        online, slow = views
        with torch.no_grad():
            target = self.teacher(slow)
        return self.predictor(self.projector(self.encoder(online))), target

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`mean_shift` to the neighbours of the targets, each of which is its own first neighbour."""
        prediction, target = out
        target = F.normalize(target, dim=1)
        rows, of = self.queue.now()
        memory, label = torch.cat([target, rows]), torch.cat([known.label, of.label])
        found = nearest(target, memory, self.neighbours)
        self.noted["same-class neighbours"] = same_class_neighbours(known.label, label[found])
        self.queue.offer(target, known)
        return {"mean_shift": mean_shift(prediction, memory[found])}

    def after_step(self, progress: float) -> None:
        """Let the target network follow the online network, and the targets of the batch into the queue."""
        update(self.teacher, nn.Sequential(self.encoder, self.projector), self.momentum)
        self.queue.commit()
