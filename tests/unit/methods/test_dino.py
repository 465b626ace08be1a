"""DINO: what the teacher sees, its warm-up, its centre, and that all of it is saved."""

import copy

import pytest
import torch

from made_views import N, crops, known, made, total, views


def test_the_teacher_sees_the_two_large_views_alone():
    method = made("dino")
    out = method(*crops())
    assert len(out) == 6 + 2
    seen = method(*crops()[:2])[-2:]
    for a, b in zip(out[-2:], seen, strict=True):
        torch.testing.assert_close(a, b)
        assert not a.requires_grad


@pytest.mark.parametrize(
    ("progress", "temperature"), [(0.0, 0.04), (0.05, 0.055), (0.1, 0.07), (0.5, 0.07), (1.0, 0.07)]
)
def test_the_teachers_temperature_rises_in_a_line(progress, temperature):
    method = made("dino")
    assert method.temperature.item() == pytest.approx(0.04)
    method.after_step(progress)
    assert method.temperature.item() == pytest.approx(temperature)  # .04 + .03 x progress / .1, at most .07


def test_without_warm_up_the_temperature_is_the_last_from_the_start():
    assert made("dino", warm_up=0.0).temperature.item() == pytest.approx(0.07)


def test_the_centre_is_that_of_the_teachers_scores_and_moves_after_the_step():
    method = made("dino", centre_momentum=0.8)
    value = total(method, views(), known())
    assert total(method, views(), known()) == value  # computed twice it is the same
    taught = torch.cat(method(*views())[-2:])
    assert len(taught) == 2 * N
    mean = method.teacher[2](taught).mean(dim=0)
    method.after_step(0.5)
    torch.testing.assert_close(method.centre.value, 0.2 * mean)


def test_the_teacher_follows_head_and_prototypes_too():
    method = made("dino", momentum=0.9)
    students = [method.encoder, method.head, method.prototypes]
    before = [copy.deepcopy(part) for part in method.teacher]
    with torch.no_grad():
        for parameter in (p for part in students for p in part.parameters()):
            parameter += 1.0
    method.after_step(1e-9)
    for old, now in zip(before, method.teacher, strict=True):
        for was, parameter in zip(old.parameters(), now.parameters(), strict=True):
            torch.testing.assert_close(parameter, was + 0.1)


def test_centre_and_temperature_are_saved():
    method, other = made("dino"), made("dino")
    total(method, views(), known())
    method.after_step(0.07)
    other.load_state_dict(method.state_dict())
    assert total(other, views(1), known()) == total(method, views(1), known())
    assert other.centre.value.abs().sum() > 0
    assert other.temperature == method.temperature
