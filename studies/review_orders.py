"""In which order should people judge? How many judgements it takes until the set that may be published is so large.

    python studies/review_orders.py              what is not in the results: some minutes on one core
    python studies/review_orders.py --picture    draw docs/review_orders.png

Pairs whose labels are known stand in for people who never err. The set that may be published is what they accepted and
what a look at the certificate allows to publish unjudged (precision >= `wanted` at 95% confidence). Every order has the
same model, the same certificate and the same random share, unless it says otherwise:

ours           the product: pairs near p = .9 in each stratum, 15% by chance
ours, half     the same, half of the judgements by chance
middle         as ours, but near p = 1/2: what is usually called uncertainty
random         the queue is a random order too, so the model learns from random pairs
similarity     the queue goes up from the least similar pair
threshold      the simplest thing that works: a similarity threshold is certified, four fifths by chance, and the rest,
               in random order too, only tells where to begin

Expected: for sets of 10% to 70% of the candidates, ours takes .52 to 1.18 of random's judgements where 95% is wanted
and .75 to 1.10 where 99% is: the aim of half is missed. It loses where most pairs are to be published (fashion-mnist
pca, 95%, from 60% on) and below 40% of the shapes, 99%, where nothing is certified yet and ours spends its judgements
on doubtful pairs, of which fewer are accepted. With half by chance, `ours` is best nearly everywhere. Asking near p =
1/2 (`middle`) is worse than random order at first. The border of .9 was chosen on the two pools of Fashion-MNIST, not
on shapes; three seeds give wide intervals; the label is all there is to a pair, and nobody errs.

Results: studies/review_orders.jsonl, one line for each pool, wanted precision, order and seed: by share of the
candidates, the judgements until the set holds it, with what people accepted and no certificate for comparison.
"""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from sempairs.core.files import atomic_write
from sempairs.core.progress import progress, quiet
from sempairs.core.runs import JsonLines
from sempairs.core.seeds import rng
from sempairs.core.settings import Spec, build, resolve
from sempairs.encoders.mining import find_features, mine_features
from sempairs.pairs import RULES, PairSet
from sempairs.review.candidates import make_candidates
from sempairs.review.facts import Facts
from sempairs.review.looks import Look, alpha_of, is_due, plan, prepared_sizes, take
from sempairs.review.model import accept_probability, fit
from sempairs.review.order import BORDER, most_uncertain
from sempairs.review.settings import ReviewSettings
from sempairs.sources.base import Source
from sempairs.sources.opening import open_source
from sempairs.sources.sampling import sample
from sempairs.statistics import t_interval

RESULTS = Path(__file__).with_suffix(".jsonl")
PICTURE = Path(__file__).parents[1] / "docs" / "review_orders.png"
POOLS = ("fashion-mnist gradients", "fashion-mnist pca", "shapes")
WANTED = (0.99, 0.95)
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
SEEDS, ALPHA = 3, 0.05
COLOURS = ("#0b6e4f", "#7fb069", "#8d6a9f", "#c1121f", "#e09f3e", "#335c81")
IMAGES = {"fashion-mnist": 20_000, "shapes": 10_000}
BY_CHANCE = 0.08  # of the pairs of shapes: partners of any class


@dataclass(frozen=True, eq=False)
class Pool:
    """Candidates with their labels."""

    features: np.ndarray
    stratum: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class Order:
    """An order of judging.

    Parameters
    ----------
    queue: what comes first in it.
    by_chance: the share of the judgements that is not of the queue.
    only_similarity: whether the model sees nothing else.
    line: how it is drawn.
    """

    queue: str
    by_chance: float = 0.15
    only_similarity: bool = False
    line: str = "-"


ORDERS = {
    "ours": Order("border"),
    "ours, half": Order("border", by_chance=0.5),
    "middle": Order("middle", line=":"),
    "random": Order("random", line="--"),
    "similarity": Order("similarity", line=":"),
    "threshold": Order("random", by_chance=0.8, only_similarity=True, line="-."),
}


@functools.cache
def pool(name: str) -> Pool:
    """The pairs of a pool: mined ones of Fashion-MNIST, or rendered shapes paired by class and a few by chance."""
    source, _, encoder = name.partition(" ")
    images = open_source(Spec(name=source, options={"split": "train"} if source == "fashion-mnist" else {"n": 10_000}))
    images = sample(images, IMAGES[source], 0) if len(images) > IMAGES[source] else images
    seen = find_features(encoder or "pca", None, images)
    pairs = mine_features(seen, images, Spec(name="nearest")) if encoder else _some_by_chance(images)
    candidates, _ = make_candidates(pairs, images, ReviewSettings(), seen)
    left, right = pairs.positions(images).T
    labels = images.need_labels("the simulation")
    return Pool(candidates.features, candidates.stratum, labels[left] == labels[right])


def _some_by_chance(images: Source) -> PairSet:
    made = build(RULES, resolve(RULES, Spec(name="class")), images)
    left, right = made.positions(images).T
    random = rng("shapes by chance")
    wrong = np.flatnonzero(random.random(len(left)) < BY_CHANCE)
    right = right.copy()
    right[wrong] = (left[wrong] + 1 + random.integers(0, len(images) - 1, len(wrong))) % len(images)
    return PairSet.make(images, left, right, Spec(name="class"))


def review(pool: Pool, order: Order, wanted: float, seed: int) -> Iterator[tuple[int, int, int, float]]:
    """One review: after so many judgements, how many pairs may be published, how many were accepted, the precision."""
    n, random = len(pool.right), rng("review study", seed)
    chance, shuffled = random.permutation(n), random.permutation(n)
    in_turn = np.argsort(chance)
    features = pool.features[:, :1] if order.only_similarity else pool.features
    judged, learned = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    sizes, looks, inside = prepared_sizes(n, wanted, ALPHA), list[Look](), list[np.ndarray]()
    while not judged.all():
        score = fit(features[learned], pool.right[learned]).score(features)
        facts = Facts(judged & pool.right, judged & ~pool.right, ~judged, chance)
        size = max((size for size in sizes if size <= facts.sampled), default=0)
        if size > (looks[-1].sampled if looks else 0):
            told = replace(facts, accepted=facts.accepted & learned, fault=facts.fault & learned)
            alpha = alpha_of(len(looks), ALPHA)
            planned = plan(score, accept_probability(score), told, size, alpha, wanted)
            if is_due(size, planned, looks, sizes):
                look = take(
                    facts, score, planned, number=len(looks), size=size, alpha=ALPHA, model="", wanted=wanted
                )  # fmt: skip
                looks.append(look)
                inside += [score >= look.threshold] if look.threshold is not None else []
        sets = [facts.accepted, *(facts.accepted | (facts.open & one) for one in inside)]
        publish = max(sets, key=lambda one: int(one.sum()))
        precision = float(pool.right[publish].mean()) if publish.any() else 1.0
        yield int(judged.sum()), int(publish.sum()), int(facts.accepted.sum()), precision

        step = max(25, int(judged.sum()) // 25)
        ranking = _ranking(order, pool, score, np.flatnonzero(~learned), shuffled)
        of_queue = np.flatnonzero(~judged[ranking])[: step - int(random.binomial(step, order.by_chance))]
        if len(of_queue):
            learned[ranking[: of_queue[-1] + 1]] = True  # with those that chance had brought before
            judged[ranking[of_queue]] = True
        judged[in_turn[~judged[in_turn]][: step - len(of_queue)]] = True
    yield n, int(pool.right.sum()), int(pool.right.sum()), 1.0


def _ranking(order: Order, pool: Pool, score: np.ndarray, left: np.ndarray, shuffled: np.ndarray) -> np.ndarray:
    """The pairs that the queue would bring next."""
    similarity = pool.features[left, 0]
    match order.queue:
        case "border" | "middle":
            is_left = np.zeros(len(score), dtype=bool)
            is_left[left] = True
            return most_uncertain(score + (BORDER if order.queue == "middle" else 0), pool.stratum, is_left, 8000)
        case "random":
            return left[np.argsort(shuffled[left])]
        case _:
            return left[np.argsort(similarity, kind="stable")]


def measure(name: str, order: str, wanted: float, seed: int) -> dict[str, Any]:
    """A line of the results."""
    candidates = pool(name)
    n = len(candidates.right)
    reached, by_hand = dict[str, int](), dict[str, int]()
    least, first = 1.0, None
    for judged, published, accepted, precision in review(candidates, ORDERS[order], wanted, seed):
        least = min(least, precision)
        first = judged if first is None and published > accepted else first
        for share in SHARES:
            if published >= share * n:
                reached.setdefault(str(share), judged)
            if accepted >= share * n:
                by_hand.setdefault(str(share), judged)
        if len(reached) == len(SHARES):
            break
    line = {"pool": name, "candidates": n, "purity": round(float(candidates.right.mean()), 4), "wanted": wanted}
    line |= {"order": order, "seed": seed, "judgements": reached, "by_hand": by_hand}
    return line | {"first_certified": first, "least_precision": round(least, 5)}


def main(
    seeds: Annotated[int, typer.Option(help="Of each pool, wanted precision and order.")] = SEEDS,
    picture: Annotated[bool, typer.Option("--picture", help="Draw the figure from the results.")] = False,
) -> None:
    """Measure what is not in the results; print the table, or draw the figure."""
    results = JsonLines(RESULTS)
    known = {tuple(line[key] for key in ("pool", "order", "wanted", "seed")) for line in results.read()}
    todo = [key for key in itertools.product(POOLS, ORDERS, WANTED, range(seeds)) if key not in known]
    todo.sort(key=lambda key: (key[3], -key[2]))
    with progress("simulated reviews", len(todo), "reviews") as bar:
        for name, order, wanted, seed in todo:
            with quiet():
                results.append(measure(name, order, wanted, seed))
            bar()
    lines = results.read()
    if picture:
        draw(lines)
    show(lines)


def spread(lines: list[dict[str, Any]], share: float, column: str = "judgements") -> tuple[float, float, float] | None:
    """Mean judgements until the share is reached, with the 95% t interval over seeds; None where one never did."""
    values = [line[column].get(str(share)) for line in lines]
    if len(values) < 2 or None in values:
        return None
    found = t_interval(values)
    return found.estimate, found.low, found.high


def show(lines: list[dict[str, Any]]) -> None:
    """The table, as Markdown: mean judgements [95% interval over seeds], and beside ours what random order costs."""
    for name, wanted in itertools.product(POOLS, WANTED):
        rows = {order: _of(lines, name, wanted, order) for order in ORDERS}
        if not rows["ours"]:
            continue
        one = rows["ours"][0]
        print(f"\n{name}: {one['candidates']:,} pairs, {one['purity']:.1%} right; wanted {wanted:.0%}\n")
        print("| order | " + " | ".join(f"{share:.0%}" for share in SHARES) + " | first certified | least precision |")
        print("|---" * (len(SHARES) + 3) + "|")
        for order, found in rows.items():
            cells = [spread(found, share) for share in SHARES]
            texts = ["-" if cell is None else f"{cell[0]:,.0f} [{cell[1]:,.0f}, {cell[2]:,.0f}]" for cell in cells]
            firsts = [line["first_certified"] for line in found if line["first_certified"] is not None]
            first = f"{np.mean(firsts):,.0f} ({len(firsts)} of {len(found)})" if firsts else "never"
            least = min((line["least_precision"] for line in found), default=1.0)
            print(f"| {order} | " + " | ".join(texts) + f" | {first} | {least:.3%} |")


def _of(lines: list[dict[str, Any]], name: str, wanted: float, order: str) -> list[dict[str, Any]]:
    key = (name, wanted, order)
    return [line for line in lines if (line["pool"], line["wanted"], line["order"]) == key]


def draw(lines: list[dict[str, Any]]) -> None:
    """The figure: judgements by share of the candidates, a panel for each pool and wanted precision."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(len(WANTED), len(POOLS), figsize=(12, 6.4), layout="constrained", squeeze=False)
    for (wanted, name), axis in zip(itertools.product(WANTED, POOLS), panels.flat, strict=True):
        for (order, how), colour in zip(ORDERS.items(), COLOURS, strict=True):
            found = _of(lines, name, wanted, order)
            points = [(share, *cell) for share in SHARES if (cell := spread(found, share)) is not None]
            if not points:
                continue
            share, mean, low, high = np.array(points).T
            wide = 2.6 if order == "ours" else 1.4
            axis.plot(
                100 * share, mean, color=colour, linewidth=wide, linestyle=how.line, label=order, marker="o", ms=3
            )
            axis.fill_between(100 * share, low, high, color=colour, alpha=0.15, linewidth=0)
        axis.set(title=f"{name}, precision ≥ {wanted:.0%}", xlabel="% of the candidates published", ylabel="judgements")
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.25)
        axis.spines[["top", "right"]].set_visible(False)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(ORDERS), frameon=False)
    with atomic_write(PICTURE) as file:
        figure.savefig(file, format="png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    typer.run(main)
