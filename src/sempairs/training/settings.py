"""What decides the result of a training, besides the images: all of it, and nothing else."""

from dataclasses import dataclass
from typing import Any, Literal

from sempairs.core.errors import UserError
from sempairs.core.settings import Spec, check, resolve
from sempairs.encoders import ENCODERS
from sempairs.methods import METHODS
from sempairs.training.gradients import Precision
from sempairs.training.incidents import IfNotFinite, IfSpike
from sempairs.training.recipes import recipe_of
from sempairs.views import VIEWS

SHARDED = ("adamw", "adam", "sgd", "momentum", "lars", "larc")  # optimizers that are right on spread parameters


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How long and how fast to train; where a method has a recipe, it goes before the defaults given here.

    Parameters
    ----------
    steps: optimizer steps; 0 means that `passes` decides.
    passes: passes over the pairs, used when `steps` is 0.
    batch_size: pairs in a batch.
    optimizer: a name that `timm.optim` knows: adamw, sgd, lars, larc (LARS whose rates stay below `lr`), ...
    lr: the highest learning rate.
    weight_decay: not applied to biases and norms.
    layer_decay: the learning rate of a layer of the encoder as a share of that of the next (the heads are the last).
    late: the share of the steps in which the last layer of methods that name one (dino, swav) does not learn yet.
    trust: of lars and larc alone: how long a step of a layer is, as a share of its weights (lars: times `lr`).
    schedule: one-cycle (up for 30% of the steps, then down), or cosine after a linear warm-up of 10%.
    precision: of the network's passes; bf16 and fp16 where the device computes in them, the loss stays in fp32.
    compile: the network's passes by torch's compiler; it needs one for C++ on a CPU, and minutes before the first step.
    shard: spread weights, gradients and moments over the processes (FSDP2), for encoders too large for one of them; not
        yet tried on GPUs.
    micro_batch: pairs that pass the network at once, 0 for the whole batch; the loss is that of the whole batch.
    if_not_finite: stop at a loss or gradient that is not finite, or skip the step; recorded either way.
    if_spike: what to do about a gradient that is `spike` times as long as usual; recorded in any case.
    spike: how many times the median of the last 100 steps; 0 for never.
    seed: of initial weights, order and augmentation.
    """

    steps: int = 0
    passes: int = 20
    batch_size: int = 256
    optimizer: str = "adamw"
    lr: float = 2e-3
    weight_decay: float = 0.01
    layer_decay: float = 1.0
    late: float = 0.0
    trust: float = 0.001
    schedule: Literal["one-cycle", "cosine"] = "one-cycle"
    precision: Precision = "fp32"
    compile: bool = False
    shard: bool = False
    micro_batch: int = 0
    if_not_finite: IfNotFinite = "stop"
    if_spike: IfSpike = "go-on"
    spike: float = 100.0
    seed: int = 0

    def __post_init__(self) -> None:
        least = {
            "steps": 0,
            "passes": 1,
            "batch_size": 2,
            "lr": 0,
            "weight_decay": 0,
            "layer_decay": 0,
            "late": 0,
            "trust": 0,
            "micro_batch": 0,
            "spike": 0,
        }
        for name, low in least.items():
            if getattr(self, name) < low:
                raise UserError(f"training.{name} must be at least {low}", got=getattr(self, name))
        for name in ("layer_decay", "late"):
            if getattr(self, name) > 1:
                raise UserError(f"training.{name} must be at most 1", got=getattr(self, name))
        refused = {
            "training.compile": self.compile,
            'training.precision = "fp16"': self.precision == "fp16",
            f"training.optimizer = {self.optimizer!r}": self.optimizer not in SHARDED,
        }
        for name, there in refused.items():
            if self.shard and there:
                raise UserError(
                    f"training.shard has not been tested with {name}",
                    todo=f"leave one of them; the optimizers it is tested with are {', '.join(SHARDED)}",
                )


@dataclass(frozen=True)
class TrainSettings:
    """A method, an encoder, a view recipe and a budget, each with all its options."""

    method: Spec
    encoder: Spec
    views: Spec
    training: Budget

    @classmethod
    def resolve(cls, tables: dict[str, Any]) -> "TrainSettings":
        """Complete settings from the tables of a study file or a command line; what is not given has its default.

        The default of an option of `training` is that of the method's recipe, if it has one (`training/recipes.py`).

        Raises
        ------
        UserError: an unknown table, name or option, or a wrong type.
        """
        given = tables.get("training", {})
        options = check(Budget, given, "training")
        method = resolve(METHODS, tables.get("method", "simclr"), "method")
        recipe = recipe_of(method, given.get("optimizer"), options["batch_size"])
        options |= {name: value for name, value in recipe.items() if name not in given}
        return cls(
            method=method,
            encoder=resolve(ENCODERS, tables.get("encoder", "small-resnet"), "encoder"),
            views=resolve(VIEWS, tables.get("views", "simclr"), "views"),
            training=Budget(**options),
        )

    def to_json(self) -> dict[str, Any]:
        """As plain values, in the form `resolve` takes."""
        specs = {"method": self.method, "encoder": self.encoder, "views": self.views}
        tables: dict[str, Any] = {name: {"name": spec.name, **spec.options} for name, spec in specs.items()}
        tables["training"] = {name: getattr(self.training, name) for name in self.training.__dataclass_fields__}
        return tables

    def in_words(self) -> str:
        """How it is optimized and by whose choice: "simclr: lars, lr 0.075, ... (recipe of simclr at batch 64)"."""
        budget, name = self.training, self.method.name
        text = f"{name}: {budget.optimizer}, lr {budget.lr:g}, weight decay {budget.weight_decay:g}, {budget.schedule}"
        recipe = recipe_of(self.method, budget.optimizer, budget.batch_size)
        other = [option for option, value in recipe.items() if getattr(budget, option) != value]
        but = f" but for {', '.join(other)}" if other else ""
        return text + (f" (recipe of {name} at batch {budget.batch_size}{but})" if recipe else "")
