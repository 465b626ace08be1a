"""SimSiam, Barlow Twins, VICReg and W-MSE in float64 against slow references and lightly; closed forms; invariances."""

import pytest
import references_without_negatives as references
import torch
from lightly.loss import BarlowTwinsLoss, NegativeCosineSimilarity, VICRegLoss
from lightly.loss.wmse_loss import WMSELoss
from lightly.models.modules.heads import SimSiamPredictionHead, SimSiamProjectionHead
from torch import Tensor

from made_views import made
from sempairs.core.errors import UserError
from sempairs.core.seeds import seed_of
from sempairs.nn.known import Known
from sempairs.nn.whitening import whiten

METHODS = {name: made(name) for name in ("simsiam", "barlow-twins", "vicreg", "w-mse")}
ON_EMBEDDINGS = ("barlow-twins", "vicreg", "w-mse")

# Ours in terms of the papers': VICReg's weights are those of equation 6 with e in invariance and 2 in variance.
REFERENCES = {
    "simsiam": references.simsiam,
    "barlow-twins": lambda a, b: references.barlow_twins(a, b, 0.0051),
    "vicreg": lambda a, b: references.vicreg_as_printed(a, b, (25 / a.shape[1], 25 / 2, 1)),
    "w-mse": references.w_mse,
}


def loss(name: str, *out: Tensor, **weights: float) -> Tensor:
    """The sum of the terms."""
    method = made(name, **weights) if weights else METHODS[name]
    return torch.stack(list(method.loss(*out, known=Known.nothing(len(out[0]))).values())).sum()


def given(name: str, n: int = 9, e: int = 4, seed: int = 0, scale: float = 0.7) -> tuple[Tensor, ...]:
    """What the loss takes, of views that are alike; at this scale some of VICReg's hinges are at work and some not."""
    generator = torch.Generator().manual_seed(seed_of("without negatives", seed))
    draws = torch.randn(5, n, e, generator=generator, dtype=torch.float64)
    mixed = draws[0] @ torch.randn(e, e, generator=generator, dtype=torch.float64)  # dimensions that correlate
    parts = [scale * (mixed + 0.5 * noise) for noise in draws[1:]]
    return tuple(part.requires_grad_() for part in (parts if name == "simsiam" else parts[:2]))


def assert_same(name: str, ours: Tensor, theirs: Tensor, out: tuple[Tensor, ...], rtol: float = 1e-9) -> None:
    """Equal values and equal gradients; SimSiam's are of the predictions alone."""
    torch.testing.assert_close(ours, theirs, rtol=rtol, atol=0)
    leaves = out[:2]
    for mine, other in zip(torch.autograd.grad(ours, leaves), torch.autograd.grad(theirs, leaves), strict=True):
        torch.testing.assert_close(mine, other, rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("n", "e"), [(3, 2), (9, 4)])
@pytest.mark.parametrize("name", METHODS)
def test_value_and_gradient_equal_the_reference(name, n, e, seed):
    out = given(name, n, e, seed)
    assert_same(name, loss(name, *out), REFERENCES[name](*out), out)


@pytest.mark.parametrize("name", METHODS)
def test_gradcheck(name):
    out = given(name, 5, 3)
    constants = [part.detach() for part in out[2:]]
    assert torch.autograd.gradcheck(lambda a, b: loss(name, a, b, *constants), out[:2])


# Oracles


def test_simsiam_equals_lightly_with_stopped_targets():
    p1, p2, z1, z2 = out = given("simsiam")
    theirs = NegativeCosineSimilarity()
    expected = theirs(p1, z2.detach()) / 2 + theirs(p2, z1.detach()) / 2
    assert_same("simsiam", loss("simsiam", *out), expected, out)


def test_barlow_twins_equals_lightly():
    # lightly adds 1e-5 to every variance; next to 1e6 that is below the tolerance.
    out = given("barlow-twins", scale=1e3)
    assert_same("barlow-twins", loss("barlow-twins", *out), BarlowTwinsLoss(lambda_param=0.0051)(*out), out)


def test_vicreg_equals_lightly_and_twice_the_variance_does_not():
    out = given("vicreg")
    theirs = VICRegLoss()(*out)
    assert_same("vicreg", loss("vicreg", *out), theirs, out)
    # solo-learn's loss, and equation 6 as printed: the views' variance terms are summed, not averaged.
    hinge = (references.vicreg_variance(out[0]) + references.vicreg_variance(out[1])) / 2
    assert hinge > 0
    torch.testing.assert_close(loss("vicreg", *out, variance=50.0) - theirs, 25 * hinge, rtol=1e-9, atol=0)


def test_w_mse_equals_lightly_with_one_slice():
    out = given("w-mse")
    theirs = WMSELoss(embedding_dim=4, w_size=9, track_running_stats=False)
    assert_same("w-mse", loss("w-mse", *out), theirs(torch.cat(out)), out)


def test_simsiams_heads_are_lightlys():
    method = made("simsiam", hidden=24, embedding=32, bottleneck=8)
    theirs = SimSiamProjectionHead(method.encoder.dim, 24, 32), SimSiamPredictionHead(32, 8, 32)
    for ours, other in zip((method.projector, method.predictor), theirs, strict=True):
        assert [type(layer) for layer in ours] == [type(layer) for layer in other.layers]
        assert [p.shape for p in ours.parameters()] == [p.shape for p in other.parameters()]


# Closed forms


def white(n: int = 12, e: int = 4) -> Tensor:
    return whiten(given("w-mse", n, e)[0].detach())


def test_simsiam_of_parallel_orthogonal_and_opposite_rows():
    x, y = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 5.0]])
    values = [loss("simsiam", x, x, other, other).item() for other in (2 * x, y, -x)]
    assert values == pytest.approx([-1, 0, 1], abs=1e-7)


def test_simsiam_sends_no_gradient_to_its_targets():
    out = given("simsiam")
    assert torch.autograd.grad(loss("simsiam", *out), out[2:], allow_unused=True) == (None, None)


def test_whitened_equal_embeddings_cost_nothing():
    z = white()
    for name in ON_EMBEDDINGS:
        assert loss(name, z, z).item() == pytest.approx(0, abs=1e-12)
    assert loss("vicreg", 3 * z, 3 * z).item() == pytest.approx(0, abs=1e-12)  # wider is as good
    assert loss("vicreg", z / 2, z / 2).item() == pytest.approx(25 * (1 - (1 / 4 + 1e-4) ** 0.5), rel=1e-9)


def test_opposite_embeddings_of_white_dimensions():
    z, e = white(), 4
    assert loss("barlow-twins", z, -z).item() == pytest.approx(4 * e, rel=1e-9)  # (1 - (-1))^2 for each dimension
    assert loss("w-mse", z, -z).item() == pytest.approx(4, rel=1e-9)  # 2 - 2 cos(180 degrees)


def test_barlow_twins_of_two_dimensions_that_say_the_same():
    column = white()[:, :1]
    both = torch.cat([column, column], dim=1)
    assert loss("barlow-twins", both, both).item() == pytest.approx(2 * 0.0051, rel=1e-9)  # two correlations of 1


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_constant_embeddings_have_the_documented_value_and_finite_gradients(value, dtype):
    z = torch.full((7, 5), value, dtype=dtype, requires_grad=True)
    expected = {"barlow-twins": 5.0, "vicreg": 25 * 0.99}  # e dimensions, each 1; 1 - sqrt(1e-4)
    for name, constant in expected.items():
        found = loss(name, z, z)
        assert found.item() == pytest.approx(constant, rel=1e-4)  # float32 rounds the mean of rows of 7.3 by 5e-7
        assert torch.autograd.grad(found, z)[0].isfinite().all()
    if value:
        assert loss("simsiam", z, z, z, z).item() == pytest.approx(-1, rel=1e-6)
    with pytest.raises(UserError, match="cannot be whitened"):
        loss("w-mse", z, z)


# What each loss must not see, by theory: SimSiam looks at angles, Barlow Twins at correlations of single dimensions,
# VICReg at differences and covariances, W-MSE at nothing that a lower triangular map of a view can change.

N, E = 9, 4
GENERATOR = torch.Generator().manual_seed(1)
ROTATION = torch.linalg.qr(torch.randn(E, E, generator=GENERATOR, dtype=torch.float64)).Q
TRIANGLES = torch.randn(2, E, E, generator=GENERATOR, dtype=torch.float64).tril(-1) + 2 * torch.eye(E)
SIGNED = torch.tensor([2.0, -0.5, 3.0, -1.0], dtype=torch.float64)
STEPS = torch.arange(1.0, N + 1, dtype=torch.float64)[:, None]
CHANGES = {  # of the first view, of the second, and who does not see it
    "scale of each view": (lambda z: 3 * z, lambda z: z / 2, {"simsiam", "barlow-twins", "w-mse"}),
    "scale of single rows": (lambda z: STEPS * z, lambda z: z, {"simsiam"}),
    "one shift of both": (lambda z: z + SIGNED, lambda z: z + SIGNED, {"barlow-twins", "vicreg", "w-mse"}),
    "a shift of each view": (lambda z: z + SIGNED, lambda z: z - 1, {"barlow-twins", "w-mse"}),
    "affine map of each dimension": (lambda z: SIGNED * z + 1, lambda z: SIGNED * z - 1, {"barlow-twins", "w-mse"}),
    "a triangular map of each view": (lambda z: z @ TRIANGLES[0].T, lambda z: z @ TRIANGLES[1].T, {"w-mse"}),
    "rotation of both": (lambda z: z @ ROTATION, lambda z: z @ ROTATION, {"simsiam"}),
    "rotation of one": (lambda z: z @ ROTATION, lambda z: z, set()),
    "permutation of the pairs": (lambda z: z.flip(0), lambda z: z.flip(0), set(METHODS)),
    "permutation of one side": (lambda z: z.flip(0), lambda z: z, set()),
    "permutation of the dimensions": (lambda z: z.flip(1), lambda z: z.flip(1), set(METHODS) - {"w-mse"}),
}


def sees(name: str, changed: tuple[Tensor, ...], before: tuple[Tensor, ...]) -> bool:
    return not torch.isclose(loss(name, *changed), loss(name, *before), rtol=1e-9, atol=0).item()


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", METHODS)
def test_invariances_are_those_of_the_theory(name, change):
    first, second, blind = CHANGES[change]
    out = given(name, N, E)
    changed = tuple((first, second)[position % 2](part) for position, part in enumerate(out))
    assert sees(name, changed, out) == (name not in blind)


@pytest.mark.parametrize("name", METHODS)
def test_no_loss_sees_a_swap_of_the_views(name):
    out = given(name, N, E)
    order = (1, 0, 3, 2)[: len(out)]
    assert not sees(name, tuple(out[position] for position in order), out)
