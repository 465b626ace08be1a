"""How each number was measured, in as few sentences as say it."""

from collections.abc import Sequence

from sempairs.study.records import Records


def protocols(records: Records) -> list[tuple[str, list[str]]]:
    """Each metric with all the ways its scores say that it was measured, over all data sets."""
    ways: dict[str, dict[str, None]] = {}
    for metric in records.metrics.values():
        ways.setdefault(metric.metric, {}).update(dict.fromkeys(metric.protocols))
    return [(name, merged(list(own))) for name, own in ways.items()]


def merged(protocols: Sequence[str]) -> list[str]:
    """Sentences that differ in single words as one: "λ = 0.1 of 8" and "λ = 0.3 of 8" as "λ = 0.1 or 0.3 of 8"."""
    alike: dict[int, list[list[str]]] = {}
    for words in map(str.split, protocols):
        alike.setdefault(len(words), []).append(words)
    return [
        " ".join(" or ".join(dict.fromkeys(choice)) for choice in zip(*group, strict=True)) for group in alike.values()
    ]
