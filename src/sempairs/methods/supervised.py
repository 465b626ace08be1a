"""Supervised: a linear classifier on the features, trained with them by cross-entropy. The reference with labels.

**Source** the cross-entropy baseline of Khosla et al., "Supervised Contrastive Learning", NeurIPS 2020,
arXiv 2004.11362, as in the authors' code (`main_ce.py`).
**Departure** Both views of a pair are classified, each as the class of the pair's first image, so that as many views
are seen as by the other methods: a pair of two classes teaches a wrong label. Pairs of unknown class are left out of
the mean. No label smoothing.
**Shapes** n pairs, d features, k classes.
"""

from typing import ClassVar

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder
from sempairs.methods.base import Method, Training
from sempairs.nn.known import Known


class Supervised(Method):
    """A linear classifier on the features, trained with them by cross-entropy.

    Parameters
    ----------
    encoder: what is trained.
    classes: how many classes there are.
    """

    contrastive: ClassVar[bool] = False
    # Of the authors' code for CIFAR-10 and a batch of 256, which warms up for no step.
    recipe: ClassVar[Training] = {"optimizer": "momentum", "lr": 0.2, "weight_decay": 1e-4, "schedule": "cosine"}

    def __init__(self, encoder: Encoder, *, classes: int = 10) -> None:
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.dim, classes)

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n k"], ...]:
        """The logits of each view; each passes alone, as one image of a classifier's batch."""
        return tuple(self.classifier(self.encoder(view)) for view in views)

    def loss(self, *out: Float[Tensor, "n k"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """The cross-entropy of each view in nats, mean over the pairs of known class and over the views.

        Equal logits give log k.

        Raises
        ------
        UserError: a class that the classifier does not have, or no pair of known class.
        """
        classes, greatest = out[0].shape[1], int(known.label.max())
        if greatest >= classes:
            raise UserError(
                "there are more classes than the classifier has",
                got=f"class number {greatest}, counted from 0, and method.classes = {classes}",
                todo=f"set the number of classes of the source, which is {greatest + 1} or more: "
                f"--set method.classes={greatest + 1}",
            )
        if greatest < 0:
            raise UserError(
                "supervised training needs labels, and no pair of this batch has one",
                todo="give a source with labels, or choose a method that needs none (--method simclr)",
            )
        self.noted["labelled share"] = (known.label >= 0).to(out[0].dtype).mean()
        terms = [F.cross_entropy(logits, known.label, ignore_index=-1) / len(out) for logits in out]
        return {"first": terms[0], "second": terms[1]}
