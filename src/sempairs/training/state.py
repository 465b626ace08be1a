"""All of a training that changes from step to step, and the step."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sempairs.core.errors import UserError
from sempairs.core.runs import Run
from sempairs.core.seeds import seed_of
from sempairs.core.settings import build
from sempairs.encoders import ENCODERS
from sempairs.encoders.files import load_encoder
from sempairs.methods import METHODS
from sempairs.methods.base import Method
from sempairs.nn.known import Known
from sempairs.training import distributed, gradients
from sempairs.training.compiled import compile_passes
from sempairs.training.incidents import Incident, Numbers, Watch, gradient_length
from sempairs.training.optim import Schedule, make_optimizer
from sempairs.training.settings import Budget, TrainSettings

Report = Callable[[Incident], None]


@dataclass
class TrainState:
    """A method, its optimizer and how far they are.

    Parameters
    ----------
    network: the method, wrapped for several processes where there are some.
    whole: the encoder as one process sees it.
    scaler: of the loss, for float16; without effect otherwise.
    watch: judges each step.
    step: how many are done.
    """

    method: Method
    network: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    whole: distributed.WholeEncoder
    scaler: torch.amp.GradScaler
    budget: Budget
    watch: Watch
    device: torch.device
    step: int = 0
    _unseen: tuple[int, float, list[str], Tensor] | None = None

    @classmethod
    def fresh(
        cls, settings: TrainSettings, channels: int, steps: int, device: torch.device, start: Run | None = None
    ) -> "TrainState":
        """The state before the first step; initial weights are f(seed), the encoder's those of `start` if given.

        Raises
        ------
        UserError: an encoder with nothing to train, an optimizer that nobody knows, a precision or a compiler
            that this machine lacks.
        """
        budget = settings.training
        gradients.check_precision(budget.precision, device)
        torch.manual_seed(seed_of("weights", budget.seed))
        encoder = build(ENCODERS, settings.encoder, channels)
        if start is not None:
            encoder.load_state_dict(load_encoder(start.folder).state_dict())
        method: Method = build(METHODS, settings.method, encoder).to(device)
        if not any(parameter.requires_grad for parameter in encoder.parameters()):
            raise UserError(
                f"the encoder {settings.encoder.name!r} has nothing to train", todo="choose another encoder"
            )
        whole = distributed.WholeEncoder(encoder, budget.shard)
        network = distributed.wrapped(method, device, budget.shard)
        if budget.compile:
            compile_passes(method, device)
        optimizer = make_optimizer(method, budget)
        schedule = Schedule(optimizer, budget, steps)
        scaler = torch.amp.GradScaler(device.type, enabled=budget.precision == "fp16")
        watch = Watch(budget.if_not_finite, budget.if_spike, budget.spike)
        return cls(method, network, optimizer, schedule, whole, scaler, budget, watch, device)

    @property
    def lr(self) -> float:
        """The learning rate of the step to come."""
        return self.schedule.lr

    def advance(
        self, views: tuple[Tensor, ...], known: Known, steps: int, report: Report = lambda incident: None
    ) -> dict[str, Tensor]:
        """One optimizer step; returns the terms of the loss.

        What may be skipped is judged before the weights change. On a GPU where nothing is skipped a step is judged
        during the next one, so that the device need not wait.

        Parameters
        ----------
        views, known: of this process's part of the batch.
        steps: of the whole training.
        report: called when a step goes wrong, while its gradients are there; may raise.
        """
        before = [(buffer, buffer.clone()) for buffer in self.method.buffers()] if self.watch.skips else []
        self.optimizer.zero_grad(set_to_none=True)
        self._reseed(0)
        terms = gradients.backward(
            self.method,
            self.network,
            views,
            known,
            self.budget.precision,
            self.budget.micro_batch,
            self.scaler.scale,
            self._reseed,
        )
        terms = {name: term.detach() for name, term in terms.items()}
        self.scaler.unscale_(self.optimizer)
        numbers = torch.stack([*terms.values(), gradient_length(self.method)])
        if self.device.type == "cuda" and not self.watch.skips:
            self.settle(report)
            self._unseen = self.step + 1, self.lr, list(terms), numbers
            left_out = False
        else:
            left_out = self._judge(self.step + 1, self.lr, list(terms), numbers, report)
        if left_out:
            self.optimizer.zero_grad(set_to_none=True)  # a step without gradients changes nothing
            for buffer, value in before:
                buffer.copy_(value)
        self.schedule.hold_back()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()
        self.step += 1
        if not left_out:
            self.method.after_step(self.step / steps)
        return terms

    def settle(self, report: Report) -> None:
        """Judge the last step, if that is still to be done."""
        if self._unseen is not None:
            unseen, self._unseen = self._unseen, None
            self._judge(*unseen, report)

    def _judge(self, step: int, lr: float, names: list[str], numbers: Tensor, report: Report) -> bool:
        """Whether a step is to be left out."""
        *terms, length = numbers.tolist()
        if self.scaler.is_enabled() and math.isfinite(sum(terms)) and not math.isfinite(length):
            return False  # the scale was too large for float16: the scaler itself leaves the step out and lowers it
        incident = self.watch.judge(Numbers(step, lr, dict(zip(names, terms, strict=True)), length))
        if incident is not None:
            report(incident)
        return incident is not None and incident.then == "skip"

    def _reseed(self, part: int) -> None:
        """For encoders with dropout: random numbers are f(seed, step, process, micro-batch)."""
        torch.manual_seed(seed_of("step", self.budget.seed, self.step, distributed.rank(), part))

    def dump(self) -> dict[str, Any]:
        """The state as a checkpoint keeps it, in full on the first process; all of it is judged, and all call it."""
        assert self._unseen is None
        return {
            "step": self.step,
            "method": distributed.in_full(self.method.state_dict()),
            "optimizer": distributed.in_full(self.optimizer.state_dict()),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "watch": self.watch.dump(),
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go back to a checkpoint."""
        self.step = saved["step"]
        self.watch.restore(saved["watch"])
        own = self.method.state_dict()
        method = {name: distributed.part_of(value, own[name]) for name, value in saved["method"].items()}
        self.method.load_state_dict(method)
        parameters = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        moments = {
            number: {name: distributed.part_of(value, parameters[number]) for name, value in kept.items()}
            for number, kept in saved["optimizer"]["state"].items()
        }
        self.optimizer.load_state_dict({**saved["optimizer"], "state": moments})
        self.schedule.load_state_dict(saved["schedule"])
        self.scaler.load_state_dict(saved["scaler"])
