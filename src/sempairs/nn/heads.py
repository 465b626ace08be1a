"""The small networks that stand between features and a loss."""

from itertools import pairwise

from torch import nn


def mlp(*dims: int, hidden_norm: bool = False, final_norm: bool = False) -> nn.Sequential:
    """Linear layers with ReLU between them: `mlp(128, 128, 64)` maps 128 numbers to 64 through 128.

    Parameters
    ----------
    dims: widths, from the input to the output.
    hidden_norm: batch norm before each ReLU; the linear layer before it then has no bias of its own.
    final_norm: batch norm without scale and shift after the last layer.
    """
    layers: list[nn.Module] = []
    for position, (wide_in, wide_out) in enumerate(pairwise(dims), start=2):
        hidden = position < len(dims)
        norm = hidden_norm if hidden else final_norm
        layers.append(nn.Linear(wide_in, wide_out, bias=not norm))
        if norm:
            layers.append(nn.BatchNorm1d(wide_out, affine=hidden))
        if hidden:
            layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
