"""Online values are the suite's, bit for bit, and a training with them is the training without."""

import copy

import numpy as np
import pytest
import torch

from made import made_source
from sempairs.core.errors import UserError
from sempairs.core.progress import quiet
from sempairs.core.runs import JsonLines, RunStore
from sempairs.core.settings import resolve
from sempairs.encoders.base import Encoder
from sempairs.encoders.files import load_encoder
from sempairs.encoders.small_resnet import SmallResNet
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation import online as module
from sempairs.evaluation.online import online
from sempairs.evaluation.suite import run_evaluations
from sempairs.pairs.rules import same_class
from sempairs.sources.sampling import sample
from sempairs.training.loop import Online, train
from sempairs.training.settings import TrainSettings

NAMES = ("knn", "linear")


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return SmallResNet(1, width=4).train()


@pytest.fixture
def learn_from():
    return made_source(60)


@pytest.fixture
def held_out():
    return made_source(30, seed=1)


def by_the_suite(encoder, learn_from, held_out):
    with quiet():
        scores = run_evaluations(encoder, learn_from, held_out, [resolve(EVALUATIONS, name) for name in NAMES])
    return {score.metric: score.value for score in scores}


def test_values_are_the_suites(encoder, learn_from, held_out):
    assert online(learn_from, held_out)(encoder) == by_the_suite(encoder, learn_from, held_out)


def test_of_many_images_a_sample_is_scored_the_same_at_every_call(encoder, learn_from, held_out, monkeypatch):
    monkeypatch.setattr(module, "LEARN_FROM", 40)
    monkeypatch.setattr(module, "TEST_ON", 20)
    seen = []
    encoder.register_forward_hook(lambda _, images, __: seen.append(len(images[0])))
    evaluate = online(learn_from, held_out)
    assert seen == []
    first = evaluate(encoder)
    assert seen == [40, 20]  # each image once, for both evaluations
    assert evaluate(encoder) == first == by_the_suite(encoder, sample(learn_from, 40), sample(held_out, 20))


def test_the_encoder_and_all_random_states_are_as_they_were(encoder, learn_from, held_out):
    def states():  # not of `random`: beartype, which checks types in the tests, draws from it
        return [str(part) for part in np.random.get_state()], torch.get_rng_state().tolist()  # noqa: NPY002

    encoder.blocks[0].eval()  # as a part that is frozen
    encoder(torch.rand(4, 1, 12, 12)).sum().backward()
    modes = [part.training for part in encoder.modules()]
    weights, gradients = copy.deepcopy(encoder.state_dict()), [p.grad.clone() for p in encoder.parameters()]
    before = states()
    online(learn_from, held_out)(encoder)
    assert states() == before
    assert [part.training for part in encoder.modules()] == modes
    assert all(torch.equal(value, weights[name]) for name, value in encoder.state_dict().items())
    assert all(torch.equal(p.grad, was) for p, was in zip(encoder.parameters(), gradients, strict=True))
    assert all(p.requires_grad and not p.is_inference() for p in encoder.parameters())


@pytest.mark.parametrize("method", ["simclr", "byol"])
def test_a_training_with_it_has_the_weights_of_one_without(tmp_path, learn_from, held_out, method):
    tables = {"method": method, "encoder": {"name": "small-resnet", "width": 4}}
    settings = TrainSettings.resolve({**tables, "training": {"batch_size": 16, "passes": 3}})
    pairs = same_class(learn_from)
    with quiet():
        without = train(pairs, learn_from, settings, RunStore(tmp_path / "without"))
        often = Online(online(learn_from, held_out), every=2)
        run = train(pairs, learn_from, settings, RunStore(tmp_path / "with"), online=often)
    one, other = (load_encoder(each.folder) for each in (without, run))
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())
    last = JsonLines(run.folder / "metrics.jsonl").read()[-1]
    assert last["online"] == by_the_suite(other, learn_from, held_out)


class Zeros(Encoder):
    """Has collapsed: k-NN has no direction to compare."""

    def __init__(self):
        super().__init__(3, (0.0,), (1.0,))

    def features(self, images):
        return images.new_zeros(len(images), 3)


def test_what_an_evaluation_refuses_is_said_and_left_out(learn_from, held_out, capsys):
    # Features that tell nothing apart: one of the four classes is answered for all 30 images, 8, 8, 7 and 7 of them.
    assert online(learn_from, held_out)(Zeros()) in ({"linear": 100 * 8 / 30}, {"linear": 100 * 7 / 30})
    assert "warning: no online knn: " in capsys.readouterr().err


def test_features_that_are_not_finite_are_said_and_left_out(encoder, learn_from, held_out, capsys):
    encoder.stem[0].weight.data.fill_(torch.nan)
    assert online(learn_from, held_out)(encoder) == {}
    assert capsys.readouterr().err.count("are not finite") == 2


def unlabelled(source):
    source = copy.copy(source)
    object.__setattr__(source, "labels", None)
    return source


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda train, test: (train, test, ("k-nn",)), "no evaluation called 'k-nn'"),
        (lambda train, test: (unlabelled(train), test), "needs labels"),
        (lambda train, test: (train, unlabelled(test)), "needs labels"),
        (lambda train, test: (train.take(np.flatnonzero(train.labels == 0)), test), "two classes or more"),
        (lambda train, test: (train.take(np.flatnonzero(train.labels < 3)), test), "not among the training images"),
        (lambda train, test: (train.take(np.arange(12)), test), "k = 20 needs as many training images"),
        (lambda train, test: (train, test.take(np.arange(0))), "cannot draw 0 images"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_before_any_training(learn_from, held_out, change, message):
    with pytest.raises(UserError, match=message):
        online(*change(learn_from, held_out))
