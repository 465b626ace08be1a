"""Which of many metrics stands for a data set in figures and abstract: chosen by a rule, before any number is seen."""

from collections.abc import Iterable

from sempairs.study.records import Metric

ORDER = ("knn", "fewshot", "linear", "linear-sgd", "transfer", "detection")
RULE = (
    "In figures and abstract a data set is represented by k-NN and by few-shot classification (5-shot where there are "
    "several); where it has neither, by the first of linear probe, transfer and detection that was measured, else by "
    "its first metric that judges. All other metrics are in the tables."
)


def headlines(metrics: Iterable[Metric]) -> dict[str, list[Metric]]:
    """The metrics that stand for each data set, one or two, in the order of the data sets; none that only describes."""
    by_data: dict[str, list[Metric]] = {}
    for metric in metrics:
        if metric.direction != "neither":
            by_data.setdefault(metric.data, []).append(metric)
    return {data: _chosen(own) for data, own in by_data.items()}


def _chosen(metrics: list[Metric]) -> list[Metric]:
    # A sweep of k gives a second k-NN score, which is more of the same.
    nearest = [metric for metric in metrics if metric.evaluation == "knn"][:1]
    shots = [metric for metric in metrics if metric.evaluation == "fewshot"]
    five = [metric for metric in shots if "5-shot" in metric.metric] or shots
    ranked = sorted(metrics, key=lambda metric: ORDER.index(metric.evaluation) if metric.evaluation in ORDER else 99)
    return [*nearest, *five[:1]] or ranked[:1]
