"""Vision transformers by their patches: on some of an image's alone, or with their projection as it is."""

from typing import Any

import torch
from jaxtyping import Float, Int64
from timm.layers.patch_embed import PatchEmbed
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor

from sempairs.core.errors import UserError
from sempairs.encoders.base import Encoder
from sempairs.encoders.timm_adapter import TimmEncoder


def need_transformer(encoder: Encoder) -> TimmEncoder:
    """The encoder, if it is a plain timm ViT.

    Raises
    ------
    UserError: the encoder is something else, or sees more than single patches before its first block.
    """
    if isinstance(encoder, TimmEncoder) and _is_plain(encoder.network):
        return encoder
    raise UserError(
        "this method hides patches of an image, so its encoder must be a plain vision transformer",
        got=encoder.model if isinstance(encoder, TimmEncoder) else type(encoder).__name__,
        todo='for images of 28 pixels set the encoder to { name = "timm", model = "vit_tiny_patch16_224", '
        "image_size = 28, patch_size = 4 }",
    )


def freeze_projection(encoder: Encoder) -> None:
    """Let the projection of patches stay as it is. Raises UserError if the encoder is no timm ViT."""
    if not isinstance(encoder, TimmEncoder) or not isinstance(encoder.network, VisionTransformer):
        raise UserError(
            "only a vision transformer has a projection of patches to freeze",
            got=encoder.model if isinstance(encoder, TimmEncoder) else type(encoder).__name__,
            todo="set method.freeze_patches = false",
        )
    encoder.network.patch_embed.requires_grad_(False)


def _is_plain(network: Any) -> bool:
    if not isinstance(network, VisionTransformer):
        return False
    # Another stem would see across patches; a pooling with weights of its own would not be trained.
    return type(network.patch_embed) is PatchEmbed and network.attn_pool is None


def visible_tokens(
    encoder: TimmEncoder, images: Float[Tensor, "n c h w"], keep: Int64[Tensor, "n k"]
) -> Float[Tensor, "n t d"]:
    """The last tokens of images in [0, 1] when the blocks see the patches `keep` alone.

    First the class and register tokens if the ViT has any, then the kept patches in the order of `keep`; each has its
    position, and all have passed the last norm, wherever timm keeps it (before the pooling or after it).

    Raises
    ------
    UserError: images of another size than the encoder's.
    """
    encoder.need_size(images)
    vit = encoder.network
    # timm has no public way to choose the patches; this is its `forward_features` with the choice in the middle.
    tokens = vit._pos_embed(vit.patch_embed((images - encoder.mean) / encoder.std))
    first = torch.arange(vit.num_prefix_tokens, device=keep.device).expand(len(keep), -1)
    chosen = torch.cat([first, keep + vit.num_prefix_tokens], dim=1)
    tokens = tokens.gather(1, chosen[:, :, None].expand(-1, -1, tokens.shape[2]))
    last: Tensor = vit.fc_norm(vit.norm(vit.blocks(vit.norm_pre(tokens))))
    return last
