"""MAE: hide most patches of an image and learn to paint them from the rest. The reference that uses no pairs.

**Source** He, Chen, Xie, Li, Dollár, Girshick, "Masked Autoencoders Are Scalable Vision Learners", CVPR 2022,
arXiv 2111.06377, section 3. Training options: the paper's table 8.
**Departure** Both views of a pair are autoencoded, each for itself: what is paired with what changes only how often an
image is seen. Which patches are hidden is drawn from the bits of the view, not from a random state, so a view that an
epoch repeats bit for bit is masked as before. Positions of the encoder are timm's learned ones (the paper's: sines and
cosines). The default decoder is for small encoders (the paper's: 8 blocks of width 512 with 16 heads); AdamW keeps its
second beta at 0.999 (the paper's: 0.95). Any plain timm ViT can be the encoder, and nothing else.
**Shapes** n pairs, p patches of q numbers, k of them visible and m hidden, d features.
"""

from typing import ClassVar

from jaxtyping import Float, Int64
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder
from sempairs.encoders.patches import need_transformer, visible_tokens
from sempairs.encoders.timm_adapter import TimmEncoder
from sempairs.methods.base import Method, Training
from sempairs.nn.known import Known
from sempairs.nn.painter import Painter
from sempairs.nn.patches import kept_and_hidden, normalised, patches_of


def reconstruction(
    painted: Float[Tensor, "n p q"], target: Float[Tensor, "n p q"], hidden: Int64[Tensor, "n m"]
) -> Float[Tensor, " n"]:
    """The mean squared error of each image over its hidden patches (section 3): 0 if they are painted perfectly."""
    error = (painted - target).square().mean(dim=2)
    return error.gather(1, hidden).mean(dim=1)


class MAE(Method):
    """Hide most patches of each view and paint them from the others; the pairs play no role.

    Parameters
    ----------
    encoder: what is trained: a plain timm ViT.
    masked: the share of patches that is hidden.
    normalise: paint each patch normalised by its own mean and variance (section 4.1), else as its pixels.
    width: width of the decoder, a multiple of 4 and of `heads`.
    depth: blocks of the decoder.
    heads: attention heads of the decoder.

    Raises
    ------
    UserError: an encoder that is no plain ViT; a share that hides all patches or none; sizes that do not divide.
    """

    encoder: TimmEncoder
    contrastive: ClassVar[bool] = False
    recipe: ClassVar[Training] = {"optimizer": "adamw", "lr": 1.5e-4, "weight_decay": 0.05, "schedule": "cosine"}

    def __init__(
        self,
        encoder: Encoder,
        *,
        masked: float = 0.75,
        normalise: bool = True,
        width: int = 128,
        depth: int = 2,
        heads: int = 4,
    ) -> None:
        super().__init__()
        self.encoder = need_transformer(encoder)
        patching = self.encoder.network.patch_embed
        self.patches, (self.size, _) = patching.num_patches, patching.patch_size
        self.keep = int(self.patches * (1 - masked))
        if not 0 < self.keep < self.patches:
            raise UserError(f"masked = {masked} leaves {self.keep} of {self.patches} patches", todo="0.75 is usual")
        if patching.img_size[0] % self.size:
            raise UserError("patches must cover the image", got=f"patches of {self.size} in {patching.img_size} pixels")
        self.normalise = normalise
        numbers = self.size**2 * encoder.mean.shape[1]
        self.painter = Painter(encoder.dim, patching.grid_size, numbers, width, depth, heads)

    def forward(self, *views: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, " n"], ...]:
        """The error of each image of each view, over its hidden patches."""
        return tuple(map(self.errors, views))

    def errors(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, " n"]:
        """Hide, encode what is left, paint everything, compare what was hidden."""
        kept, hidden = kept_and_hidden(images, self.patches, self.keep)
        painted = self.painter(visible_tokens(self.encoder, images, kept), kept)
        target = patches_of((images - self.encoder.mean) / self.encoder.std, self.size)
        return reconstruction(painted, normalised(target) if self.normalise else target, hidden)

    def loss(self, *out: Float[Tensor, " n"], known: Known) -> dict[str, Float[Tensor, ""]]:
        """The mean error of each view; `known` is not used."""
        first, second = out
        return {"first": first.mean(), "second": second.mean()}
