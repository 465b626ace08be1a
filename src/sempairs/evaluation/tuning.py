"""Tuning a whole network: a copy of an encoder and a linear head, trained together on labelled images.

What is minimised is the mean cross-entropy of crops and mirror images, by SGD with Nesterov's momentum of 0.9 and
learning rates that fall to zero along half a cosine, without warm-up (Loshchilov, Hutter, SGDR, ICLR 2017, arXiv
1608.03983, without restarts). The head starts at zero, so it needs no random numbers.
"""

import copy
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float32, Int64
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.lr_scheduler import CosineAnnealingLR

from sempairs.core.devices import best_device
from sempairs.core.errors import UserError
from sempairs.core.progress import Bar, progress, quiet
from sempairs.core.seeds import rng, seed_of
from sempairs.encoders.base import Encoder
from sempairs.encoders.extract import extract
from sempairs.evaluation.base import Labelled, Score, accuracy
from sempairs.evaluation.pictures import confusion
from sempairs.sources.base import Source
from sempairs.views.crop_only import CropOnly


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """How a network is tuned.

    Parameters
    ----------
    steps: of the optimizer.
    batch_size: images in a step. Batches are cut from one shuffled pass over the images after the other.
    lr, head_lr: of the encoder and of the head in the first step.
    weight_decay: λ in the gradient's λw; biases and the scales of norms, which have one dimension, have none.
    norm_momentum: the share of a batch in the running statistics of batch norms; None leaves the encoder's own.
    crop_min: the least share of an image's area that a crop shows.
    seed: names order, crops and dropout.
    """

    steps: int
    batch_size: int
    lr: float
    head_lr: float
    weight_decay: float = 0.0
    norm_momentum: float | None = None
    crop_min: float = 0.08
    seed: int = 0

    @property
    def images(self) -> int:
        """How many views it takes."""
        return self.steps * self.batch_size

    @property
    def how(self) -> str:
        """What all tunings have in common, and how long this one is, for a protocol."""
        return (
            f"{self.steps:,} steps of {self.batch_size} crops (area {self.crop_min:g} or more) and mirror images, "
            "Nesterov SGD, cosine schedule"
        )


@dataclass(frozen=True, eq=False)
class Classifier:
    """A tuned encoder and its head, on the CPU and in eval mode; `names` are the class numbers that it can answer."""

    encoder: Encoder
    head: nn.Linear
    names: Int64[np.ndarray, " c"]

    def logits(self, source: Source) -> Float32[np.ndarray, "n c"]:
        """What the head says of each image, seen whole."""
        features = extract(self.encoder, source, cache=None)
        with torch.inference_mode():
            logits: Float32[np.ndarray, "n c"] = self.head(torch.from_numpy(features)).numpy()
        return logits

    def answers(self, source: Source) -> Int64[np.ndarray, " n"]:
        """The class of each image; of equals the first. Raises UserError if the training diverged."""
        logits = self.logits(source)
        if not np.isfinite(logits).all():
            todo = "set lower learning rates, or look at the encoder's weights"
            raise UserError("the tuned network diverged", got="logits that are not finite", todo=todo)
        answers: Int64[np.ndarray, " n"] = self.names[logits.argmax(axis=1)]
        return answers


def tune(encoder: Encoder, source: Source, names: Int64[np.ndarray, " c"], tuning: Tuning, bar: Bar) -> Classifier:
    """Tune a copy of `encoder`; the encoder itself and all random states stay as they are.

    Parameters
    ----------
    source: labelled images, which are read anew for each batch.
    names: the class numbers to tell apart, sorted.
    bar: told of the images of each step.

    Raises
    ------
    UserError: the encoder has no weights that could be tuned.
    """
    if not any(True for _ in encoder.parameters()):
        raise UserError(
            "there is nothing to tune in this encoder", got=f"{type(encoder).__name__}, which has no weights",
            todo="score its features: knn, linear, few-label",
        )  # fmt: skip
    device = best_device()
    targets = torch.from_numpy(np.searchsorted(names, source.need_labels("tuning"))).to(device)
    crop, seed = CropOnly(crop_min=tuning.crop_min), seed_of("tuning views", tuning.seed)
    with torch.random.fork_rng(range(torch.cuda.device_count())), torch.enable_grad():
        torch.manual_seed(seed_of("tuning", tuning.seed))  # dropout draws from the global state
        network = copy.deepcopy(encoder).to(device).train().requires_grad_(True)
        head = nn.Linear(encoder.dim, len(names), device=device)
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
        set_norm_momentum(network, tuning.norm_momentum)
        optimizer = make_optimizer(network, head, tuning)
        schedule = CosineAnnealingLR(optimizer, tuning.steps)
        for step, rows in enumerate(batches(len(source), tuning)):
            frames = torch.from_numpy(source.images(rows)).to(device)
            views = crop(frames, seed, step * tuning.batch_size + np.arange(tuning.batch_size))
            loss = F.cross_entropy(head(network(views)), targets[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            bar(len(rows))
    return Classifier(network.cpu().eval(), head.cpu(), names)


def set_norm_momentum(network: nn.Module, momentum: float | None) -> None:
    """Set the share of a batch in the running statistics of all batch norms; None changes nothing."""
    for module in network.modules():
        if isinstance(module, _BatchNorm) and momentum is not None:
            module.momentum = momentum


def make_optimizer(encoder: Encoder, head: nn.Linear, tuning: Tuning) -> torch.optim.SGD:
    """SGD with Nesterov's momentum; the head has a rate of its own, and what has one dimension does not decay."""
    groups = [
        {"params": [p for p in network.parameters() if (p.ndim > 1) == decays], "lr": lr, "weight_decay": decay}
        for network, lr in ((encoder, tuning.lr), (head, tuning.head_lr))
        for decays, decay in ((True, tuning.weight_decay), (False, 0.0))
    ]
    return torch.optim.SGD(groups, momentum=0.9, nesterov=True)


def batches(n: int, tuning: Tuning) -> Int64[np.ndarray, "steps batch"]:
    """Which of n images each step sees: pass after pass over all of them, each in an order of its own."""
    passes = -(-tuning.images // n)
    shuffled = [rng("tuning order", tuning.seed, number).permutation(n) for number in range(passes)]
    return np.concatenate(shuffled)[: tuning.images].reshape(tuning.steps, tuning.batch_size)


def tune_best(
    title: str,
    encoder: Encoder,
    source: Source,
    names: Int64[np.ndarray, " c"],
    tunings: Sequence[Tuning],
    held_out: Bool[np.ndarray, " n"],
) -> tuple[Classifier, Tuning]:
    """Tune on the images that are not held out in each of these ways, then on all images in the best way.

    The best is the one with most right answers for the images held out, of equals the first; a network that diverged
    has none. A single way needs no choice. The images are read once.

    Parameters
    ----------
    title: for the progress bar.
    tunings: all of one length.
    """
    source = dataclasses.replace(source, frames=source.images(np.arange(len(source))), rows=None)
    learn, check = source.take(np.flatnonzero(~held_out)), source.take(np.flatnonzero(held_out))
    truth = np.searchsorted(names, check.need_labels("tuning"))
    candidates = tunings if len(tunings) > 1 else ()
    best, most = tunings[0], -1
    with progress(title, (len(candidates) + 1) * tunings[0].images, "images") as bar:
        for tuning in candidates:
            classifier = tune(encoder, learn, names, tuning, bar)
            with quiet():
                logits = classifier.logits(check)
            right = int((np.isfinite(logits).all(axis=1) & (logits.argmax(axis=1) == truth)).sum())
            if right > most:
                best, most = tuning, right
        return tune(encoder, source, names, best, bar), best


def tested(metric: str, classifier: Classifier, test: Labelled, protocol: str) -> Score:
    """The share of right answers for the test images, with a picture of which classes are taken for which."""
    answers, names = classifier.answers(test.source), classifier.names
    picture = confusion(
        f"confusion, {metric}", np.searchsorted(names, test.labels), np.searchsorted(names, answers),
        [test.label_names[name] for name in names], f"the tuned network ({metric})",
    )  # fmt: skip
    return accuracy(metric, answers == test.labels, protocol, (picture,))
