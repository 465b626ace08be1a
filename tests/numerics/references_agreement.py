"""Coefficients of agreement as slow loops from the papers' equations: `votes[i][p]` is what p said of i, or None."""

import itertools
import math

Votes = list[list[int | None]]


def said(row: list[int | None]) -> list[int]:
    return [verdict for verdict in row if verdict is not None]


def beyond_chance(observed: float, by_chance: float) -> float:
    return math.nan if math.isclose(by_chance, 1) else (observed - by_chance) / (1 - by_chance)


def raw(votes: Votes) -> float:
    """Over units with two votes or more, the share of couples of votes that agree (Fleiss 1971, P_i)."""
    shares = []
    for row in map(said, votes):
        couples = list(itertools.combinations(row, 2))
        if couples:
            shares.append(sum(a == b for a, b in couples) / len(couples))
    return sum(shares) / len(shares) if shares else math.nan


def cohen(first: list[int], second: list[int]) -> float:
    """Cohen 1960: p_o is the share of agreement, p_e the sum of products of the marginal shares."""
    n, kinds = len(first), {*first, *second}
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    return beyond_chance(observed, sum(first.count(k) / n * second.count(k) / n for k in kinds))


def conger(votes: Votes) -> float:
    """Cohen's kappa for more people: two votes of different people, whatever they were given on, agree by chance."""
    given = [(p, v) for row in votes if len(said(row)) > 1 for p, v in enumerate(row) if v is not None]
    couples = [a == b for (p, a), (other, b) in itertools.combinations(given, 2) if p != other]
    return beyond_chance(raw(votes), sum(couples) / len(couples)) if couples else math.nan


def shares(votes: Votes, q: int) -> list[float]:
    """Gwet 2014: the mean over units of the share of their votes that says k."""
    rows = [said(row) for row in votes if said(row)]
    return [sum(row.count(k) / len(row) for row in rows) / len(rows) for k in range(q)]


def fleiss(votes: Votes, q: int) -> float:
    """Fleiss 1971: P_e is the sum of squares of the shares."""
    return beyond_chance(raw(votes), sum(p**2 for p in shares(votes, q)))


def gwet(votes: Votes, q: int) -> float:
    """Gwet 2008, equation of p_e for AC1."""
    return beyond_chance(raw(votes), sum(p * (1 - p) for p in shares(votes, q)) / (q - 1))


def krippendorff(votes: Votes, q: int) -> float:
    """Krippendorff 2011: the matrix of coincidences, then alpha = 1 - (n - 1) D_o / D_e for nominal values."""
    coincidence = [[0.0] * q for _ in range(q)]
    for row in map(said, votes):
        for a, b in itertools.permutations(row, 2):
            coincidence[a][b] += 1 / (len(row) - 1)
    of_kind = [sum(row) for row in coincidence]
    n = sum(of_kind)
    observed = sum(coincidence[a][b] for a in range(q) for b in range(q) if a != b)
    expected = sum(of_kind[a] * of_kind[b] for a in range(q) for b in range(q) if a != b)
    return math.nan if expected == 0 else 1 - (n - 1) * observed / expected
