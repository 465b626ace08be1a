"""Protocols of many scores as few sentences."""

from collections.abc import Sequence

MOST = 4  # alternatives that are named; numbers beyond are given by their range


def merged(protocols: Sequence[str]) -> list[str]:
    """Sentences that differ in single words as one: "λ = 0.1 of 8" and "λ = 0.3 of 8" as "λ = 0.1 or 0.3 of 8"."""
    alike: dict[int, list[list[str]]] = {}
    for words in map(str.split, protocols):
        alike.setdefault(len(words), []).append(words)
    return [
        " ".join(_either(list(dict.fromkeys(choice))) for choice in zip(*own, strict=True)) for own in alike.values()
    ]


def _either(words: list[str]) -> str:
    """ "0.1 or 0.3"; of many numbers "0.1 to 30", with what stands around each of them."""
    if len(words) <= MOST:
        return " or ".join(words)
    bare = [word.strip("(),;.") for word in words]
    try:
        low, high = min(bare, key=float), max(bare, key=float)
    except ValueError:
        return " or ".join([*words[:MOST], f"one of {len(words) - MOST} more"])
    return f"{words[0].replace(bare[0], low, 1).rstrip('),;.')} to {words[0].replace(bare[0], high, 1).lstrip('(')}"
