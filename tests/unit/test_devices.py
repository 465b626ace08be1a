"""CUDA where there is one, else the CPU."""

import pytest
import torch

from sempairs.core.devices import best_device


@pytest.mark.parametrize(("available", "wanted"), [(True, "cuda"), (False, "cpu")])
def test_cuda_where_there_is_one(monkeypatch, available, wanted):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert best_device() == torch.device(wanted)
