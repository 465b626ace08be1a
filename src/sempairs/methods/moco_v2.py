"""MoCo v2: the key that a slow copy of the network makes of the other view attracts, a queue of earlier keys repels.

**Source** Chen, Fan, Girshick, He, "Improved Baselines with Momentum Contrastive Learning", arXiv 2003.04297; the loss
and the queue are He et al., "Momentum Contrast for Unsupervised Visual Representation Learning", CVPR 2020,
arXiv 1911.05722, equations 1 and 2 and algorithm 1.
**Departure** No shuffled batch norm: statistics are those of the whole batch, of queries and of keys apart. What leaks:
a query and its key are normalised by the same pairs, the rows of the queue by others, so a network can tell its batch
from the queue, the less the larger the batch; shuffling over devices hides this. What does not leak: which pair of the
batch it is; and nothing does without batch norm. The queue starts empty rather than with random rows, so the first loss
is 0. Its default length is for small data (the paper's: 65,536): one longer than the data set repels an image from old
keys of its own. Negatives of one group or class may be masked. Queries show a pair's first image, keys its second.
**Shapes** n pairs, e embedding, m rows in the queue.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.encoders.base import Encoder
from sempairs.methods.base import Method, Training
from sempairs.nn.ema import teacher_of, update
from sempairs.nn.heads import mlp
from sempairs.nn.info_nce import info_nce
from sempairs.nn.known import Known, Negatives, may_repel, same_class_share
from sempairs.nn.queue import Queue


class MoCoV2(Method):
    """The other view's key from a slow copy of the network attracts, a queue of earlier keys repels.

    Parameters
    ----------
    encoder: what is trained (the query network).
    temperature: the temperature of the loss.
    momentum: of the key network.
    queue: how many keys are kept.
    hidden: width of the projection head's hidden layer; None for that of the features.
    embedding: width of the embedding.
    negatives: which rows of the queue repel: all, or all but those of the same group or class.
    """

    contrastive: ClassVar[bool] = True
    # solo-learn's for CIFAR; the paper's rate for ImageNet is 0.03.
    recipe: ClassVar[Training] = {"optimizer": "momentum", "lr": 0.3, "weight_decay": 1e-4, "schedule": "cosine"}

    def __init__(
        self,
        encoder: Encoder,
        *,
        temperature: float = 0.2,
        momentum: float = 0.999,
        queue: int = 4096,
        hidden: int | None = None,
        embedding: int = 128,
        negatives: Negatives = "all",
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = mlp(encoder.dim, hidden or encoder.dim, embedding)
        self.teacher = teacher_of(nn.Sequential(self.encoder, self.projector))
        self.queue = Queue(queue, embedding)
        self.temperature = temperature
        self.momentum = momentum
        self.negatives: Negatives = negatives

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n e"], Float[Tensor, "n e"]]:
        """The queries of the first view and the keys of the second, which get no gradient."""
        first, second = views
        with torch.no_grad():
            key = self.teacher(second)
        return self.projector(self.encoder(first)), key

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`info_nce` against the queue, to which the keys are then offered."""
        query, key = out
        queue, known_of_queue = self.queue.now()
        repels = may_repel(known, known_of_queue, self.negatives)
        self.noted["same-class negatives"] = same_class_share(known, known_of_queue, repels, same_batch=False)
        self.queue.offer(F.normalize(key, dim=1), known)
        return {"info_nce": info_nce(query, key, queue, self.temperature, repels)}

    def after_step(self, progress: float) -> None:
        """Let the key network follow (equation 2), and the keys of this step enter the queue."""
        update(self.teacher, nn.Sequential(self.encoder, self.projector), self.momentum)
        self.queue.commit()
