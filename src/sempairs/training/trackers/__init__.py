"""Trackers show a run elsewhere while it trains; `metrics.jsonl` stays the only record of it."""

from sempairs.core.registry import Registry

TRACKERS = Registry(
    "tracker",
    {
        "tensorboard": "sempairs.training.trackers.tensorboard:TensorBoard",
        "mlflow": "sempairs.training.trackers.mlflow:MLflow",
        "wandb": "sempairs.training.trackers.wandb:WandB",
    },
)
