"""Where tensors are computed on when nobody says."""


def best_device() -> "torch.device":  # type: ignore[name-defined]
    """The first CUDA device if there is one, else the CPU. Apple's `mps` has to be asked for: its sums differ more."""
    import torch  # here, because core is loaded by the command line, which must answer at once

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
