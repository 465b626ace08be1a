"""A method's passes through torch's compiler; the loss and what follows the step stay as they are written.

Only `forward` is compiled, and in place: the names of weights, checkpoints and exports do not know of it. What an
evaluation calls while training (the encoder itself) is not compiled either.
"""

import torch

from sempairs.core.errors import UserError
from sempairs.methods.base import Method
from sempairs.training.distributed import BatchNormOverProcesses


def compile_passes(method: Method, device: torch.device) -> None:
    """Compile `method.forward`, which happens when it is first called; batch norm over processes is left out.

    Raises
    ------
    UserError: this machine cannot compile for the device; a sum of one tensor is tried.
    """
    try:
        # A compiled sum that an earlier run left in a cache says nothing of the compiler.
        torch.compile(_one_more, options={"fx_graph_cache": False})(torch.zeros(2, device=device))
    except Exception as error:  # whatever a compiler that is missing, too old or broken ends in
        raise UserError(
            "torch cannot compile on this machine",
            got=str(error).partition("\n")[0] or type(error).__name__,
            todo="install a C++ compiler (g++ or clang), or set training.compile = false",
        ) from error
    for module in method.modules():
        if isinstance(module, BatchNormOverProcesses):  # its sums over processes are calls that cannot be fused
            disabled = torch.compiler.disable(module.forward)  # type: ignore[no-untyped-call]
            module.forward = disabled  # type: ignore[method-assign]
    # Batches are of one size, so nothing is gained by code for any size.
    method.forward = torch.compile(method.forward, dynamic=False)  # type: ignore[method-assign]


def _one_more(values: torch.Tensor) -> torch.Tensor:
    return values + 1
