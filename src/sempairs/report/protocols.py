"""How each number was measured, in as few sentences as say it."""

from sempairs.study.protocols import merged
from sempairs.study.records import Records


def protocols(records: Records) -> list[tuple[str, list[str]]]:
    """Each metric with all the ways its scores say that it was measured, over all data sets."""
    ways: dict[str, dict[str, None]] = {}
    for metric in records.metrics.values():
        ways.setdefault(metric.metric, {}).update(dict.fromkeys(metric.protocols))
    return [(name, merged(list(own))) for name, own in ways.items()]
