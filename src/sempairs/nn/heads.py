"""The small networks that stand between features and a loss."""

from itertools import pairwise

from torch import nn


def mlp(*dims: int, hidden_norm: bool = False, final_norm: bool = False, final_bias: bool = True) -> nn.Sequential:
    """Linear layers with ReLU between them: `mlp(128, 128, 64)` maps 128 numbers to 64 through 128.

    Parameters
    ----------
    dims: widths, from the input to the output.
    hidden_norm: batch norm before each ReLU; the linear layer before it then has no bias of its own.
    final_norm: batch norm without scale and shift after the last layer.
    final_bias: a bias in the last layer; a loss that does not see a shift of all embeddings cannot train one.
    """
    layers: list[nn.Module] = []
    for position, (wide_in, wide_out) in enumerate(pairwise(dims), start=2):
        hidden = position < len(dims)
        norm = hidden_norm if hidden else final_norm
        layers.append(nn.Linear(wide_in, wide_out, bias=not norm and (hidden or final_bias)))
        if norm:
            layers.append(nn.BatchNorm1d(wide_out, affine=hidden))
        if hidden:
            layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def gelu_mlp(*dims: int) -> nn.Sequential:
    """Linear layers with GELU between them, for DINO (arXiv 2104.14294, section 3.1).

    Weights start at a deviation of 1 / sqrt(inputs), which is the .02 of the authors' code at their 2048 inputs and
    does not vanish at fewer; biases start at 0.
    """
    layers: list[nn.Module] = []
    for wide_in, wide_out in pairwise(dims):
        linear = nn.Linear(wide_in, wide_out)
        nn.init.trunc_normal_(linear.weight, std=wide_in**-0.5)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.GELU()]
    return nn.Sequential(*layers[:-1])
