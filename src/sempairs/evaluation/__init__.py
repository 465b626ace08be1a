"""Evaluations: an encoder's features in, named numbers with n, unit, interval and protocol out."""

from sempairs.core.registry import Registry

EVALUATIONS = Registry(
    "evaluation",
    {
        "knn": "sempairs.evaluation.knn:NearestNeighbours",
        "linear": "sempairs.evaluation.linear:LinearProbe",
        "linear-sgd": "sempairs.evaluation.linear_sgd:LinearSGD",
        "transfer": "sempairs.evaluation.transfer:Transfer",
        "fewshot": "sempairs.evaluation.fewshot:FewShot",
        "retrieval": "sempairs.evaluation.retrieval:Retrieval",
        "retrieval-probe": "sempairs.evaluation.retrieval_probe:RetrievalProbe",
        "invariance": "sempairs.evaluation.invariance:Invariance",
        "swaps": "sempairs.evaluation.swaps:Swaps",
        "verification": "sempairs.evaluation.verification:Verification",
        "geometry": "sempairs.evaluation.geometry:Geometry",
        "map": "sempairs.evaluation.feature_map:FeatureMap",
        "clustering": "sempairs.evaluation.clustering:Clustering",
        "ood": "sempairs.evaluation.ood:OutOfDistribution",
        "identifiability": "sempairs.evaluation.identifiability:Identifiability",
        "robustness": "sempairs.evaluation.robustness:Robustness",
        "detection": "sempairs.evaluation.detection.detection:Detection",
        "shapes-robustness": "sempairs.evaluation.shapes_robustness:ShapesRobustness",
        "semisup": "sempairs.evaluation.semisup:SemiSupervised",
        "few-label": "sempairs.evaluation.few_label:FewLabel",
        "finetune": "sempairs.evaluation.finetune:FineTuning",
    },
)

DEFAULT: dict[str, dict[str, object]] = {
    "knn": {},
    "linear": {},
    "fewshot": {"shots": (1, 5, 20)},
    "few-label": {},
    "retrieval": {},
    "retrieval-probe": {},
    "verification": {},
    "clustering": {},
    "geometry": {},
    "map": {},
    "invariance": {},
    "swaps": {},
    "identifiability": {},
    "shapes-robustness": {},
    "robustness": {},
    "semisup": {},
    "finetune": {},
    "detection": {},
}
"""What `sempairs evaluate --with default` stands for, with options: what needs labelled images and nothing else."""
