"""MAE's decoder: a small transformer that paints every patch of an image from the tokens of a few."""

import torch
from jaxtyping import Float, Int64
from timm.layers.pos_embed_sincos import build_sincos2d_pos_embed
from timm.models.vision_transformer import Block
from torch import Tensor, nn

from sempairs.core.errors import UserError


class Painter(nn.Module):
    """Each hidden patch is one learned token; sines and cosines say where a patch is (arXiv 2111.06377, section 3).

    Parameters
    ----------
    dim: width of the tokens that come in.
    grid: rows and columns of patches.
    numbers: how many a patch has.
    width, depth, heads: of the transformer.

    Raises
    ------
    UserError: a width that is no multiple of 4 and of the heads.
    """

    positions: Tensor

    def __init__(self, dim: int, grid: tuple[int, int], numbers: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        if min(width, heads) < 1 or width % 4 or width % heads:
            raise UserError("the decoder's width must be a multiple of 4 and of its heads", got=(width, heads))
        self.inlet = nn.Linear(dim, width)
        self.unseen = nn.Parameter(torch.zeros(width).normal_(std=0.02))
        self.register_buffer("positions", build_sincos2d_pos_embed(list(grid), width))
        self.blocks = nn.Sequential(*(Block(width, heads, qkv_bias=True) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.outlet = nn.Linear(width, numbers)

    def forward(self, tokens: Float[Tensor, "n t d"], kept: Int64[Tensor, "n k"]) -> Float[Tensor, "n p q"]:
        """All patches, from class and register tokens, if there are any, and then those of the patches `kept`."""
        tokens = self.inlet(tokens)
        first, visible = tokens.tensor_split([tokens.shape[1] - kept.shape[1]], dim=1)
        image = self.unseen.expand(len(tokens), len(self.positions), -1)
        image = image.scatter(1, kept[:, :, None].expand_as(visible), visible) + self.positions
        painted: Tensor = self.outlet(self.norm(self.blocks(torch.cat([first, image], dim=1))))
        return painted[:, first.shape[1] :]
