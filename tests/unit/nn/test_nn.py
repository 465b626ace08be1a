import pytest
import references
import torch
from torch import nn

from sempairs.nn.ema import cosine_momentum, teacher_of, update
from sempairs.nn.heads import mlp


def test_the_layers_of_a_head():
    kinds = [type(layer).__name__ for layer in mlp(8, 16, 4)]
    assert kinds == ["Linear", "ReLU", "Linear"]
    normed = mlp(8, 16, 16, 4, hidden_norm=True, final_norm=True)
    kinds = [type(layer).__name__ for layer in normed]
    assert kinds == ["Linear", "BatchNorm1d", "ReLU", "Linear", "BatchNorm1d", "ReLU", "Linear", "BatchNorm1d"]
    assert normed[0].bias is None
    assert normed[1].affine
    assert not normed[7].affine
    assert mlp(8, 16, 4)[0].bias is not None
    assert mlp(8, 16, 4)[-1].bias is not None
    assert mlp(8, 16, 4, final_bias=False)[0].bias is not None
    assert mlp(8, 16, 4, final_bias=False)[-1].bias is None
    assert normed(torch.ones(3, 8)).shape == (3, 4)


def test_a_teacher_moves_by_one_minus_the_momentum():
    student = nn.Linear(2, 1)
    teacher = teacher_of(student)
    assert not any(parameter.requires_grad for parameter in teacher.parameters())
    with torch.no_grad():
        student.weight += 1.0
    before = teacher.weight.clone()
    update(teacher, student, 0.9)
    torch.testing.assert_close(teacher.weight, before + 0.1)


@pytest.mark.parametrize("step", [0, 1, 50, 99, 100])
def test_the_momentum_rises_as_in_the_paper(step):
    assert cosine_momentum(0.996, step / 100) == pytest.approx(references.cosine_momentum(0.996, step, 100), rel=1e-12)
    assert cosine_momentum(0.996, 0.0) == pytest.approx(0.996)
    assert cosine_momentum(0.996, 1.0) == 1.0
