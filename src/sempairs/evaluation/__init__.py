"""Evaluations: an encoder's features in, named numbers with n, unit, interval and protocol out."""

from sempairs.core.registry import Registry

EVALUATIONS = Registry(
    "evaluation",
    {
        "knn": "sempairs.evaluation.knn:NearestNeighbours",
        "linear": "sempairs.evaluation.linear:LinearProbe",
        "fewshot": "sempairs.evaluation.fewshot:FewShot",
    },
)

DEFAULT = ("knn", "linear", "fewshot")
"""What `sempairs evaluate --with default` stands for: all that need labelled images and nothing else."""
