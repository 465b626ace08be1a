"""Diagnostics on features whose numbers are known, and in runs that collapse and that do not."""

import math
from typing import ClassVar

import pytest
import torch
import torch.nn.functional as F

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.runs import JsonLines, RunStore
from sempairs.encoders.files import load_encoder
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.methods import METHODS
from sempairs.methods.base import Method
from sempairs.nn.heads import mlp
from sempairs.pairs.rules import same_class
from sempairs.training import diagnostics, loop
from sempairs.training.loop import train
from sempairs.training.settings import TrainSettings


def gaussian(n: int, d: int) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_even_features_fill_all_dimensions():
    rows = gaussian(20_000, 16)
    # Sampling errors of shares of 20,000 draws are of the order of 1 / sqrt(20,000) = .007.
    assert diagnostics.effective_rank(rows).item() == pytest.approx(16, rel=1e-3)
    assert diagnostics.top_eigenvalue_share(rows).item() == pytest.approx(1 / 16, rel=0.05)
    # On the sphere each coordinate has variance 1/d.
    torch.testing.assert_close(diagnostics.std(rows), torch.ones(16, dtype=torch.float64), rtol=0.03, atol=0)
    assert diagnostics.alignment(rows[:10_000], rows[10_000:]).item() == pytest.approx(2, rel=0.01)


def test_features_on_a_line_have_rank_one():
    rows = gaussian(50, 1) * gaussian(1, 8)
    assert diagnostics.effective_rank(rows).item() == pytest.approx(1)
    assert diagnostics.top_eigenvalue_share(rows).item() == pytest.approx(1)


def test_orthogonal_directions_of_known_weights():
    # Singular values 3 and 1 are shares 3/4 and 1/4; without their mean (0 here) the variances are 9/10 and 1/10.
    rows = torch.tensor([[3.0, 0, 0], [-3, 0, 0], [0, 1, 0], [0, -1, 0]], dtype=torch.float64)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert diagnostics.effective_rank(rows).item() == pytest.approx(math.exp(entropy))
    assert diagnostics.top_eigenvalue_share(rows).item() == pytest.approx(0.9)


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_equal_rows_have_no_spread_and_finite_numbers(value):
    rows = torch.full((6, 4), value, dtype=torch.float64)
    assert diagnostics.std(rows).abs().max() < 1e-12
    assert diagnostics.effective_rank(rows).item() == pytest.approx(1)
    assert 0 <= diagnostics.top_eigenvalue_share(rows) <= 1
    assert diagnostics.uniformity(rows).item() == pytest.approx(0)
    assert diagnostics.alignment(rows, rows).item() == 0


def test_alignment_and_uniformity_of_known_configurations():
    square = torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]], dtype=torch.float64)
    # Of the six couples four are at squared distance 2, two at 4; lengths do not count.
    expected = math.log((4 * math.exp(-4) + 2 * math.exp(-8)) / 6)
    assert diagnostics.uniformity(square * 5).item() == pytest.approx(expected)
    assert diagnostics.alignment(square, -3 * square).item() == pytest.approx(4)
    assert diagnostics.alignment(square, 2 * square).item() == pytest.approx(0)
    assert diagnostics.alignment(square, square.roll(1, 0)).item() == pytest.approx(2)


def test_a_diagnosis_leaves_the_encoder_as_it_was():
    torch.manual_seed(0)
    encoder, views = SmallResNet(1, width=4), (torch.rand(8, 1, 12, 12), torch.rand(8, 1, 12, 12))
    before, draws = {name: value.clone() for name, value in encoder.state_dict().items()}, torch.get_rng_state()
    diagnostics.diagnose(encoder, views, (torch.eye(8),))
    assert encoder.training
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    assert torch.equal(torch.get_rng_state(), draws)
    assert all(parameter.grad is None for parameter in encoder.parameters())


def test_outputs_that_are_no_embedding_are_left_out():
    views = (torch.rand(8, 1, 12, 12), torch.rand(8, 1, 12, 12))
    assert set(diagnostics.diagnose(SmallResNet(1, width=4), views, (torch.rand(8),))) == {"features"}


def test_features_that_are_not_finite_are_the_users_to_mend():
    encoder, views = SmallResNet(1, width=4), (torch.rand(8, 1, 12, 12), torch.rand(8, 1, 12, 12))
    encoder.stem[0].weight.data.fill_(torch.nan)
    with pytest.raises(UserError, match=r"features are not finite(?s:.*)lower training.lr"):
        diagnostics.diagnose(encoder, views, (torch.rand(8, 4),))


def numbers(features: float = 0.4, embedding: float = 0.4, share: float = 0.3):
    return {"features": {"std": features, "top eigenvalue share": share}, "embeddings": {"std": embedding}}


def test_what_counts_as_collapse():
    assert diagnostics.collapse(numbers(), 64) is None
    assert "the features of different images are all but equal" in diagnostics.collapse(numbers(features=0.01), 64)
    assert "the embeddings of different images" in diagnostics.collapse(numbers(embedding=0.01), 64)
    assert "97% of the variance" in diagnostics.collapse(numbers(share=0.97), 64)
    assert diagnostics.collapse(numbers(share=0.97), 8) is None  # 8 pairs may lie on a line by chance


class Pull(Method):
    """As in examples/own_method.py: attraction alone."""

    contrastive: ClassVar[bool] = False

    def __init__(self, encoder, *, embedding: int = 32):
        super().__init__()
        self.encoder, self.projector = encoder, mlp(encoder.dim, embedding)

    def forward(self, *views):
        return tuple(F.normalize(self.projector(self.encoder(view)), dim=1) for view in views)

    def loss(self, *out, known):
        return {"alignment": (out[0] - out[1]).pow(2).sum(dim=1).mean()}


def trained(folder, method: str, source, **training):
    tables = {"method": method, "encoder": {"name": "small-resnet", "width": 4}, "views": "crop-only"}
    budget = {"batch_size": 32, "optimizer": "adamw", "lr": 1e-2, **training}
    with quiet():
        return train(
            same_class(source), source, TrainSettings.resolve({**tables, "training": budget}), RunStore(folder)
        )


@pytest.mark.parametrize(("method", "collapsed"), [("pull", True), ("simclr", False), ("byol", False)])
def test_attraction_alone_collapses_and_simclr_and_byol_do_not(tmp_path, monkeypatch, method, collapsed):
    monkeypatch.setitem(METHODS._members, "pull", Pull)
    # Measured std of the embeddings here: .03 of attraction alone, .6 of SimCLR, .2 of BYOL.
    run = trained(tmp_path, method, made_source(64), steps=100)
    assert (run.result["collapse"] is not None) == collapsed
    if collapsed:
        assert "no negatives, teacher or decorrelation" in run.result["collapse"]


def test_a_collapse_is_said_at_the_end(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(diagnostics, "EQUAL", 2.0)
    source = made_source()
    settings = TrainSettings.resolve({"encoder": {"name": "small-resnet", "width": 4}, "training": {"batch_size": 16}})
    train(same_class(source), source, settings, RunStore(tmp_path), "this run")
    said = capsys.readouterr().err
    assert "this run: simclr: " in said
    assert "warning: this run: collapsed: the features" in said


def test_diagnosing_changes_no_weight_and_stands_beside_the_loss(tmp_path, monkeypatch):
    source = made_source(70)
    rare = trained(tmp_path / "rare", "byol", source, batch_size=16, passes=3)
    monkeypatch.setattr(loop, "LOG_STEPS", 1)
    monkeypatch.setattr(loop, "DIAGNOSE_STEPS", 1)
    often = trained(tmp_path / "often", "byol", source, batch_size=16, passes=3)
    one, other = (load_encoder(run.folder).state_dict() for run in (rare, often))
    assert all(torch.equal(one[name], other[name]) for name in one)
    lines = JsonLines(often.folder / "metrics.jsonl").read()
    assert all({"loss", "features", "embeddings"} <= set(line) for line in lines)
    assert often.result["features"] == lines[-1]["features"]
    assert rare.result["features"] == often.result["features"]
