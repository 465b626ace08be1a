"""SwAV: predict from one view the cluster code of the other, where codes use all prototypes alike. No negatives.

**Source** Caron, Misra, Mairal, Goyal, Bojanowski, Joulin, "Unsupervised Learning of Visual Features by Contrasting
Cluster Assignments", NeurIPS 2020, arXiv 2006.09882, equations 1 to 6, sections 3.1 and 3.2.
**Departure** Default widths are for small encoders (the paper's: hidden 2048, 3000 prototypes). The prototypes'
gradient is along the sphere; the authors' also points outwards, and their step is projected: the same to first order
in the learning rate. Prototypes learn from the first step on; the authors freeze them for an epoch, as `training.late`
does. The queue starts empty and is used as it grows, the authors' after some epochs. Sinkhorn runs for each large view
apart, as theirs does.
**Shapes** n pairs, e embedding, k prototypes; the first two views are large, the others may be of another size.
"""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from sempairs.encoders.base import Encoder
from sempairs.methods.base import SOLO_LEARN, Method, Training
from sempairs.nn.crops import by_size
from sempairs.nn.heads import mlp
from sempairs.nn.known import Known
from sempairs.nn.prototypes import Prototypes, Scores, cross_view_entropy
from sempairs.nn.queue import Queue
from sempairs.nn.sinkhorn import sinkhorn


def swapped_prediction(scores: Scores, codes: Scores, temperature: float) -> Float[Tensor, ""]:
    """The cross entropy of each code with the prediction from each other view (equations 2 and 6), in nats.

    The codes are of the first two views, the scores of all. Where all embeddings and all prototypes are equal, it is
    log k.
    """
    return cross_view_entropy(codes, [score / temperature for score in scores])


class SwAV(Method):
    """Predict from one view the cluster code of the other; no negatives.

    Parameters
    ----------
    encoder: what is trained.
    prototypes: how many clusters there are.
    temperature: of the prediction.
    epsilon: of the codes: how soft they are.
    iterations: of Sinkhorn's algorithm.
    queue: how many earlier embeddings of each view share in making the codes; worth it where a batch is smaller than
        the number of prototypes.
    hidden: width of the projector's hidden layer.
    embedding: width of the embedding.
    """

    contrastive: ClassVar[bool] = False
    takes_crops: ClassVar[bool] = True
    late: ClassVar[tuple[str, ...]] = ("prototypes",)
    recipe: ClassVar[Training] = {**SOLO_LEARN, "lr": 0.6, "weight_decay": 1e-6}

    def __init__(
        self,
        encoder: Encoder,
        *,
        prototypes: int = 256,
        temperature: float = 0.1,
        epsilon: float = 0.05,
        iterations: int = 3,
        queue: int = 0,
        hidden: int = 512,
        embedding: int = 128,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden, embedding, hidden_norm=True)
        self.prototypes = Prototypes(prototypes, embedding)
        self.queue = Queue(queue, 2 * embedding) if queue else None  # a row: a pair's embeddings of both large views
        self.temperature, self.epsilon, self.iterations = temperature, epsilon, iterations

    def forward(self, *views: Float[Tensor, "n c _h _w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """The embedding of each view; the projector sees all views together."""
        embeddings: Tensor = self.projector(torch.cat(by_size(self.encoder, views)))
        return embeddings.chunk(len(views))

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`swapped_prediction`; the codes of a view are those that its batch has together with the queue."""
        scores = [self.prototypes(embedding) for embedding in out]
        large = torch.cat(out[:2], dim=1)
        earlier = large[:0] if self.queue is None else self.queue.now()[0]
        with torch.no_grad():
            queued = [self.prototypes(rows) for rows in earlier.chunk(2, dim=1)]
            everyone = [torch.cat(parts) for parts in zip(scores[:2], queued, strict=True)]
            codes = [sinkhorn(score, self.epsilon, self.iterations)[: len(large)] for score in everyone]
        if self.queue is not None:
            self.queue.offer(large, known)
        return {"swapped": swapped_prediction(scores, codes, self.temperature)}

    def after_step(self, progress: float) -> None:
        """Put the prototypes back on the sphere and the embeddings into the queue."""
        self.prototypes.restore_length()
        if self.queue is not None:
            self.queue.commit()
