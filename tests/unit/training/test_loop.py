"""The loop's promises: exact resume, and augmented pairs that are the classical method, bit for bit."""

import numpy as np
import pytest
import torch

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.runs import JsonLines, RunStore
from sempairs.core.seeds import rng, seed_of
from sempairs.core.settings import build
from sempairs.encoders.files import load_encoder
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.methods.simclr import SimCLR, nt_xent
from sempairs.pairs.rules import identity, same_class
from sempairs.training import checkpoint, loop, record
from sempairs.training.loop import train
from sempairs.training.settings import TrainSettings
from sempairs.training.state import TrainState
from sempairs.views import VIEWS

pytestmark = pytest.mark.usefixtures("silence")


@pytest.fixture
def silence():
    with quiet():
        yield


def settings(method: str = "simclr", **training) -> TrainSettings:
    return TrainSettings.resolve(
        {
            "method": {"name": method},
            "encoder": {"name": "small-resnet", "width": 4},
            "views": {"name": "simclr", "crop_min": 0.3, "jitter": 0.5, "blur_p": 0.0},
            "training": {"passes": 3, "batch_size": 16, **training},
        }
    )


def weights(folder) -> dict[str, torch.Tensor]:
    return load_encoder(folder).state_dict()


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def test_identity_pairs_are_classical_training_bit_for_bit(tmp_path):
    """The classical loop, written out: shuffled images, two random views of each, NT-Xent, AdamW, one-cycle."""
    source, chosen = made_source(40), settings(passes=4, optimizer="adamw")
    run = train(identity(source), source, chosen, RunStore(tmp_path))

    images = torch.from_numpy(source.frames)
    augment = build(VIEWS, chosen.views)
    torch.manual_seed(seed_of("weights", 0))
    encoder = SmallResNet(1, width=4)
    projector = SimCLR(encoder).projector
    decayed = [p for network in (encoder, projector) for p in network.parameters() if p.ndim > 1]
    plain = [p for network in (encoder, projector) for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": plain, "weight_decay": 0.0}, {"params": decayed, "weight_decay": 0.01}]
    optimizer = torch.optim.AdamW(groups, lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=8, cycle_momentum=False)
    for epoch in range(4):
        order = rng("order", 0, epoch).permutation(40)
        for start in (0, 16):
            batch = order[start : start + 16]
            views = [augment(images[batch], seed_of("view", 0, epoch, view), batch) for view in (0, 1)]
            z1, z2 = projector(encoder(torch.cat(views))).chunk(2)
            loss = nt_xent(z1, z2, 0.5)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    assert_same(weights(run.folder), encoder.state_dict())


@pytest.mark.parametrize("method", ["simclr", "byol"])
@pytest.mark.parametrize("stop_at", [1, 5, 8])
def test_a_killed_run_ends_as_one_that_was_not(tmp_path, monkeypatch, method, stop_at):
    source = made_source(60)
    pairs, chosen = same_class(source), settings(method)  # 3 passes of 3 steps
    whole = train(pairs, source, chosen, RunStore(tmp_path / "whole"))

    advance, monkeypatched = TrainState.advance, {"steps": 0}

    def stop(self, *arguments):
        if monkeypatched["steps"] == stop_at:
            raise KeyboardInterrupt
        monkeypatched["steps"] += 1
        return advance(self, *arguments)

    monkeypatch.setattr(record, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(loop, "LOG_STEPS", 2)
    with monkeypatch.context() as patch:
        patch.setattr(TrainState, "advance", stop)
        with pytest.raises(KeyboardInterrupt):
            train(pairs, source, chosen, RunStore(tmp_path / "killed"))
    killed = train(pairs, source, chosen, RunStore(tmp_path / "killed"))

    assert killed.name == whole.name
    assert_same(weights(killed.folder), weights(whole.folder))
    steps = [line["step"] for line in JsonLines(killed.folder / "metrics.jsonl").read()]
    assert steps == [2, 4, 6, 8, 9]
    last = [JsonLines(run.folder / "metrics.jsonl").read()[-1] for run in (killed, whole)]
    assert last[0] == last[1]
    speed = JsonLines(killed.folder / "speed.jsonl").read()
    assert [line["step"] for line in speed] == steps
    assert all(line.keys() == {"step", "pairs per second", "waiting share"} for line in speed)
    assert not list(killed.folder.glob("checkpoint-*"))


def test_a_finished_run_is_not_trained_again(tmp_path, monkeypatch):
    source = made_source()
    run = train(same_class(source), source, settings(), RunStore(tmp_path))
    monkeypatch.setattr(TrainState, "fresh", lambda *_: pytest.fail("it trained again"))
    assert train(same_class(source), source, settings(), RunStore(tmp_path)) == run


@pytest.mark.parametrize("method", ["simclr", "byol"])
def test_a_run_can_go_on_from_the_encoder_of_another(tmp_path, method):
    source = made_source()
    pairs, store = same_class(source), RunStore(tmp_path)
    first = train(pairs, source, settings(method), store)
    still = settings(method, lr=0.0, seed=1)  # without a learning rate weights stay what they were at first
    second, fresh = train(pairs, source, still, store, start=first), train(pairs, source, still, store)
    assert len({first.name, second.name, fresh.name}) == 3
    was, on, anew = (load_encoder(run.folder).stem[0].weight for run in (first, second, fresh))
    assert torch.equal(on, was)
    assert not torch.equal(on, anew)


def test_a_run_is_named_by_pairs_images_and_every_setting():
    source = made_source()
    names = {
        str(loop.run_identity(pairs, images, chosen))
        for pairs, images, chosen in [
            (same_class(source), source, settings()),
            (same_class(source, seed=1), source, settings()),
            (same_class(source), made_source(seed=1), settings()),
            (same_class(source), source, settings(seed=1)),
            (same_class(source), source, settings(lr=0.1)),
            (same_class(source), source, settings("byol")),
        ]
    }
    assert len(names) == 6


def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path):
    for step in (1, 2, 3):
        checkpoint.save(tmp_path, step, {"step": step, "x": torch.ones(3) * step})
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == checkpoint.KEEP
    newest = tmp_path / kept[-1]
    newest.write_bytes(newest.read_bytes()[:-1])
    state = checkpoint.load_latest(tmp_path, torch.device("cpu"))
    assert state["step"] == 2
    assert torch.equal(state["x"], torch.full((3,), 2.0))
    (tmp_path / kept[0]).write_bytes(b"")
    assert checkpoint.load_latest(tmp_path, torch.device("cpu")) is None


def test_fewer_pairs_than_a_batch_are_refused(tmp_path):
    source = made_source(12)
    with pytest.raises(UserError, match=r"fewer pairs than a batch(?s:.*)12 pairs, batch size 16"):
        train(same_class(source), source, settings(), RunStore(tmp_path))


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    source = made_source()
    with pytest.raises(UserError, match=r"loss is not finite at step(?s:.*)lower training.lr"):
        train(same_class(source), source, settings(lr=1e30, passes=10, optimizer="sgd"), RunStore(tmp_path))


def test_an_encoder_with_nothing_to_train_is_refused(tmp_path):
    source = made_source()
    tables = {**settings().to_json(), "encoder": {"name": "pca", "dim": 4}}
    with pytest.raises(UserError, match="nothing to train"):
        train(same_class(source), source, TrainSettings.resolve(tables), RunStore(tmp_path))


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"lr": -1.0}, "training.lr must be at least 0"),
        ({"batch_size": 1}, "training.batch_size must be at least 2"),
        ({"optimiser": "sgd"}, "did you mean 'optimizer'"),
        ({"passes": 2.5}, "training.passes: input should be a valid integer"),
    ],
)
def test_wrong_training_options_are_named(training, message):
    with pytest.raises(UserError, match=message):
        settings(**training)


def test_an_unknown_optimizer_is_refused(tmp_path):
    source = made_source()
    with pytest.raises(UserError, match="cannot make the optimizer 'adamx'"):
        train(same_class(source), source, settings(optimizer="adamx"), RunStore(tmp_path))


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine"])
def test_the_learning_rate_rises_to_its_height_and_falls(tmp_path, schedule, monkeypatch):
    monkeypatch.setattr(loop, "LOG_STEPS", 1)
    source = made_source(32)
    run = train(same_class(source), source, settings(schedule=schedule, passes=20, lr=0.01), RunStore(tmp_path))
    rates = np.array([line["lr"] for line in JsonLines(run.folder / "metrics.jsonl").read()])
    top = int(rates.argmax())
    assert rates.max() == pytest.approx(0.01, rel=0.02)
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[top:]) < 0).all()
    assert rates[-1] < 0.001
