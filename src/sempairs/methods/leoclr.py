"""LeOCLR: the original image attracts crops of it, which a slow copy of the network sees; a queue of keys repels.

**Source** Alkhalefi, Leontidis, Zhong, "LeOCLR: Leveraging Original Images for Contrastive Learning of Visual
Representations", arXiv 2403.06813: three views (X, X1, X2), of which the query network sees X uncropped and the
momentum network two crops; the two InfoNCE losses are summed. The rest is MoCo v2's (arXiv 2003.04297), its baseline.
**Departure** The pair decides what is shown: with the recipe `leoclr` the query is the first image whole, the first key
a crop of the second image, the second key a crop of the first; with (x, x) all three are of one image, as in the paper.
With a recipe of two views there is one key, and the query is as whole as the recipe leaves it. The keys of all crops
enter the queue, which starts empty; its default length is for small data (MoCo v2: 65,536). No shuffled batch norm:
statistics are those of the whole batch. Negatives of one group or class may be masked.
**Shapes** n pairs, d features, e embedding, m rows in the queue.
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


class LeOCLR(Method):
    """The whole image attracts crops that a slow copy of the network sees; a queue of their keys repels.

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
    takes_crops: ClassVar[bool] = True
    # MoCo v2's.
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

    def forward(self, *views: Float[Tensor, "n c _h _w"]) -> tuple[Float[Tensor, "n e"], ...]:
        """The query of view 0, then the key of each other view; each view passes alone and keys get no gradient."""
        with torch.no_grad():
            keys = [self.teacher(view) for view in views[1:]]
        return (self.projector(self.encoder(views[0])), *keys)

    def loss(self, *out: Float[Tensor, "n e"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """`info_nce` of each crop against the queue, to which the keys of all are then offered."""
        query, *keys = out
        queue, known_of_queue = self.queue.now()
        repels = may_repel(known, known_of_queue, self.negatives)
        self.noted["same-class negatives"] = same_class_share(known, known_of_queue, repels, same_batch=False)
        of_keys = Known(known.group.repeat(len(keys)), known.label.repeat(len(keys)))
        self.queue.offer(F.normalize(torch.cat(keys), dim=1), of_keys)
        terms = [info_nce(query, key, queue, self.temperature, repels) for key in keys]
        return {f"crop {number}": term for number, term in enumerate(terms, start=1)}

    def after_step(self, progress: float) -> None:
        """Let the key network follow, and the keys of this step enter the queue."""
        update(self.teacher, nn.Sequential(self.encoder, self.projector), self.momentum)
        self.queue.commit()
