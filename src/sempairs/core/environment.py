"""Where and with what a number was made."""

import platform
from importlib.metadata import version

import torch

PACKAGES = ("sempairs", "torch", "torchvision", "timm", "numpy")


def environment() -> dict[str, str | int]:
    """Versions, operating system and the number of threads, on which the last bits of a result may depend."""
    versions = {name: version(name) for name in PACKAGES}
    system = f"{platform.system()} {platform.machine()}"
    return {**versions, "python": platform.python_version(), "system": system, "threads": torch.get_num_threads()}
