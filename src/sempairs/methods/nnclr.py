"""NNCLR: the positive of a view is what earlier pairs have nearest to the other view, so positives are other images.

**Source** Dwibedi, Aytar, Tompson, Sermanet, Zisserman, "With a Little Help from My Friends: Nearest-Neighbor
Contrastive Learning of Visual Representations", ICCV 2021, arXiv 2104.14548, equation 3, section 3 and algorithm 1.
**Departure** As in algorithm 1 a neighbour chooses among the n predictions of the other view; libraries that put it
into NT-Xent make it choose among 2n - 1. The queue starts empty, not random: in the first step a view is its own
neighbour. Negatives of the neighbour's group or class may be masked. Default widths and queue are for small encoders
and sets (the paper's: hidden 2048 and 4096, embedding 256, queue 98,304); the last batch norm of the projector has no
scale and shift.
**Shapes** n pairs, d features, e embedding, m rows in the queue.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from sempairs.encoders.base import Encoder
from sempairs.methods.base import SOLO_LEARN, Method, Training
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known, Negatives, may_repel, same_class_share
from sempairs.nn.nearest import nearest, same_class_neighbours
from sempairs.nn.queue import Queue


def choose_partner(
    neighbour: Float[Tensor, "n e"],
    prediction: Float[Tensor, "n e"],
    temperature: float,
    repels: Bool[Tensor, "n n"] | None = None,
) -> Float[Tensor, ""]:
    """The cross entropy of finding among all predictions the one that belongs to a neighbour (equation 3), in nats.

    Mean over n. Prediction j is a negative of neighbour i if `repels` allows. When all are equal it is log n.
    """
    similarity = F.normalize(neighbour, dim=1) @ F.normalize(prediction, dim=1).T / temperature
    own = torch.arange(len(similarity), device=similarity.device)
    if repels is not None:
        similarity = similarity.masked_fill(~repels & (own[:, None] != own), -torch.inf)
    return F.cross_entropy(similarity, own)


class NNCLR(Method):
    """The positive of a view is the embedding in a queue that is nearest to the other view of its pair.

    Parameters
    ----------
    encoder: what is trained.
    temperature: the temperature of the loss.
    queue: how many earlier embeddings neighbours are sought in.
    hidden: width of the hidden layers of projector and predictor.
    embedding: width of the embedding.
    negatives: which other pairs repel: all, or all but those of the neighbour's group or class.
    """

    contrastive: ClassVar[bool] = True
    recipe: ClassVar[Training] = {**SOLO_LEARN, "lr": 0.4, "weight_decay": 1e-5}

    def __init__(
        self,
        encoder: Encoder,
        *,
        temperature: float = 0.1,
        queue: int = 4096,
        hidden: int = 512,
        embedding: int = 128,
        negatives: Negatives = "all",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden, hidden, embedding, hidden_norm=True, final_norm=True)
        self.predictor = mlp(embedding, hidden, embedding, hidden_norm=True)
        self.queue = Queue(queue, embedding)
        self.temperature = temperature
        self.negatives: Negatives = negatives

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """Predictions of both views, then their embeddings, which only look for neighbours and get no gradient."""
        embeddings = [self.projector(self.encoder(view)) for view in views]
        return (*map(self.predictor, embeddings), *(z.detach() for z in embeddings))

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """Half of `choose_partner` from each view's neighbour to the other view's prediction."""
        p1, p2, z1, z2 = out
        terms, same_negatives, same_neighbours = {}, [], []
        for name, z, prediction in (("first", z1, p2), ("second", z2, p1)):
            neighbour, of = self.neighbours(F.normalize(z, dim=1), known)
            repels = may_repel(of, known, self.negatives)
            terms[name] = choose_partner(neighbour, prediction, self.temperature, repels) / 2.0
            same_negatives.append(same_class_share(of, known, repels, same_batch=True))
            same_neighbours.append(same_class_neighbours(known.label, of.label[:, None]))
        self.noted["same-class negatives"] = torch.stack(same_negatives).mean()
        self.noted["same-class neighbours"] = torch.stack(same_neighbours).mean()
        self.queue.offer(F.normalize(z1, dim=1), known)
        return terms

    def neighbours(self, z: Float[Tensor, "n e"], known: Known) -> tuple[Float[Tensor, "n e"], Known]:
        """The nearest row of the queue and what is known of it; `z` itself while the queue is empty."""
        rows, of = self.queue.now()
        if len(rows) == 0:
            return z, known
        found = nearest(z, rows, 1)[:, 0]
        return rows[found], Known(of.group[found], of.label[found])

    def after_step(self, progress: float) -> None:
        """Let the first views of the batch into the queue."""
        self.queue.commit()
