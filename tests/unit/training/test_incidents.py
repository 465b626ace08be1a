"""A step that goes wrong is judged, recorded with what led to it, and never passes silently."""

import math

import pytest
import torch

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.runs import JsonLines, RunStore
from sempairs.encoders.files import load_encoder
from sempairs.methods.simclr import SimCLR
from sempairs.pairs.rules import same_class
from sempairs.training.incidents import FEWEST, PATIENCE, Numbers, Watch, gradient_length
from sempairs.training.loop import train
from sempairs.training.settings import TrainSettings


def numbers(step: int, gradient: float = 1.0, loss: float = 2.0) -> Numbers:
    return Numbers(step, 0.1, {"half": loss / 2, "other half": loss / 2}, gradient)


def watched(gradients: list[float], **options) -> tuple[Watch, list[str | None]]:
    watch = Watch(**{"if_not_finite": "stop", "if_spike": "go-on", "spike": 10.0, **options})
    found = [watch.judge(numbers(step, gradient)) for step, gradient in enumerate(gradients, start=1)]
    return watch, [None if incident is None else incident.what for incident in found]


def test_the_length_of_a_gradient_is_euclids():
    layer = torch.nn.Linear(2, 1)
    layer.weight.grad, layer.bias.grad = torch.tensor([[3.0, 0.0]]), torch.tensor([4.0])
    assert gradient_length(layer) == 5.0


def test_a_gradient_is_a_spike_by_the_median_of_those_before():
    usual = [1.0, 3.0] * (FEWEST // 2)  # median 2
    _, found = watched([*usual, 20.2, 19.9, 1.0])
    assert found == [None] * FEWEST + ["the gradient is 10 times as long as usual", None, None]


def test_nothing_is_a_spike_before_there_is_a_usual_or_when_it_is_switched_off():
    assert watched([1.0] * (FEWEST - 1) + [1e6])[1][-1] is None
    assert watched([1.0] * 50 + [1e6], spike=0.0)[1][-1] is None


def test_a_spike_is_not_counted_among_the_usual():
    watch, _ = watched([1.0] * FEWEST + [100.0])
    assert list(watch.gradients) == [1.0] * FEWEST


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_an_incident_at_any_step(bad):
    watch = Watch("skip", "go-on", 0.0)
    assert watch.judge(numbers(1, loss=bad)).what == "the loss is not finite"
    assert watch.judge(numbers(2, gradient=bad)).what == "the gradient is not finite"


def test_many_steps_left_out_in_a_row_stop_a_run():
    watch = Watch("skip", "go-on", 0.0)
    then = [watch.judge(numbers(step, math.nan)).then for step in range(1, PATIENCE + 1)]
    assert then == ["skip"] * (PATIENCE - 1) + ["stop"]
    watch = Watch("skip", "go-on", 0.0)
    for step in range(30):  # not in a row
        incident = watch.judge(numbers(step, math.nan if step % 3 else 1.0))
        assert incident is None or incident.then == "skip"


def test_a_resumed_watch_judges_as_the_one_before():
    watch, _ = watched([1.0] * FEWEST)
    other = Watch("stop", "go-on", 10.0)
    other.restore(watch.dump())
    assert other.judge(numbers(30, 11.0)) is not None
    assert other.dump() == watch.dump()


class BreaksAt(SimCLR):
    """SimCLR whose loss is broken in some steps."""

    steps = ()
    factor = math.nan
    calls = 0

    def loss(self, *out, known):
        terms = super().loss(*out, known=known)
        self.calls += 1
        return {name: term * self.factor for name, term in terms.items()} if self.calls in self.steps else terms


def run(monkeypatch, folder, steps: tuple[int, ...], factor: float, **training):
    monkeypatch.setattr("sempairs.training.state.METHODS._members", {"simclr": BreaksAt})
    monkeypatch.setattr(BreaksAt, "steps", steps)
    monkeypatch.setattr(BreaksAt, "factor", factor)
    source = made_source(60)
    options = {"batch_size": 16, "steps": 30, "optimizer": "adamw", **training}
    tables = {"method": "simclr", "encoder": {"name": "small-resnet", "width": 4}, "training": options}
    return train(same_class(source), source, TrainSettings.resolve(tables), RunStore(folder))


def test_a_step_that_is_skipped_changes_nothing_and_is_recorded(monkeypatch, tmp_path):
    result = run(monkeypatch, tmp_path, (5,), math.nan, if_not_finite="skip")
    assert result.result["incidents"] == 1
    [line] = JsonLines(result.folder / "incidents.jsonl").read()
    assert (line["step"], line["what"], line["then"]) == (5, "the loss is not finite", "skip")
    assert line["terms"] == {"nt_xent": "nan"}
    assert len(line["losses before"]) == 4
    assert len(line["pairs"]) == 16
    assert all(value.isfinite().all() for value in load_encoder(result.folder).state_dict().values())


def test_a_spike_is_recorded_and_by_default_the_run_goes_on(monkeypatch, tmp_path, capsys):
    result = run(monkeypatch, tmp_path, (25,), 1e6)
    [line] = JsonLines(result.folder / "incidents.jsonl").read()
    assert (line["step"], line["then"]) == (25, "go-on")
    assert line["gradient"] > 100 * line["usual gradient"]
    assert "times as long as usual at step 25; going on" in capsys.readouterr().err


def test_a_run_that_stops_says_where_to_look(monkeypatch, tmp_path):
    with pytest.raises(UserError, match=r"loss is not finite at step 7(?s:.*)incidents.jsonl"):
        run(monkeypatch, tmp_path, (7,), math.inf)
    [folder] = [path.parent for path in tmp_path.glob("*/settings.json")]
    assert JsonLines(folder / "incidents.jsonl").read()[0]["terms"] == {"nt_xent": "inf"}
    with pytest.raises(UserError, match="at step 25"):
        run(monkeypatch, tmp_path / "spike", (25,), 1e6, if_spike="stop")
