"""A real pair set from nothing to publication: mined, reviewed by simulated annotators, certified, published, verified.

    python studies/curated_fashion_mnist.py out/curated     about three minutes on two cores

The candidates are all 60,000 training images of Fashion-MNIST, each with its nearest neighbour by gradient features,
without those that show a test image. Two simulated annotators, who know the labels, accept 2% of the false pairs,
reject 1% of the right ones and are unsure of 1%. Their votes are declared as simulated in the store, and from there in
the card, the datasheet and the provenance of what is published.

`studies/curated_fashion_mnist/` keeps the answers that the publication needs, its documents (the tables, of some
megabytes, are not in the repository), and `found.json`: what was certified, and what the labels say of it.
"""

import shutil
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from sempairs.cli.review_showing import write_export
from sempairs.core.errors import UserError
from sempairs.core.files import read_json, write_json
from sempairs.core.settings import Spec
from sempairs.encoders.mining import find_features, mine_features
from sempairs.pairs import PairSet
from sempairs.pairs.duplicates import find_leaks, images_of
from sempairs.pairs.operations import without_leaks
from sempairs.pairs.publish import publish, read_answers, verify
from sempairs.pairs.publish.files import ANNOTATIONS, read_table
from sempairs.review.base import Lane
from sempairs.review.gold import gold_from_labels
from sempairs.review.session import Review
from sempairs.review.settings import ReviewSettings
from sempairs.review.simulated import Annotator, simulate, true_pairs
from sempairs.sources.opening import open_source

KEPT = Path(__file__).with_suffix("")
DOCUMENTS = ("README.md", "DATASHEET.md", "provenance.json", "croissant.json", "CITATION.cff", "SHA256SUMS")
ERRS = Annotator(misses=0.02, alarms=0.01, doubts=0.01)
SETTINGS = ReviewSettings(wanted=0.95, gold=0.1, seed=1)
GOLD, STEP, MIXED, MOST = 200, 500, 1500, 6000


def main(out: Annotated[Path, typer.Argument(help="A folder that does not exist.")]) -> None:
    """Mine, review, certify, publish and verify."""
    if out.exists():
        raise UserError(f"{out} exists already", todo="name another folder")
    out.mkdir(parents=True)
    images, test = open_source("fashion-mnist"), open_source(Spec(name="fashion-mnist", options={"split": "test"}))
    features = find_features("gradients", None, images)
    pairs = without_leaks(mine_features(features, images, Spec(name="nearest")), images, test)
    review = Review.create(
        f"sqlite:///{out / 'review.sqlite'}", pairs, images, name="fashion-mnist", settings=SETTINGS, features=features,
        gold=gold_from_labels(images, GOLD, SETTINGS.seed, features=features, apart=pairs),
    )  # fmt: skip
    people = {review.store.add_person(name, simulated=True): ERRS for name in ("simulated 1", "simulated 2")}
    truth = true_pairs(review, images)
    steps = []
    while sum(step["judgements"] for step in steps[-1:]) < MOST:
        # Once the order has learnt, what the certificate lacks is the random share: the project page says so.
        simulate(review, people, truth, STEP, lane=None if review.store.last_seq() < MIXED else Lane.random)
        certificate, published = review.certificate(), review.planner.published()
        steps.append(
            {
                "judgements": review.store.last_seq(), "certified": certificate.certified, "pairs": certificate.pairs,
                "bound": certificate.bound, "bound_missed": certificate.bound_missed,
                "precision": float(truth[published].mean()) if published.any() else None,
            }
        )  # fmt: skip
        print(steps[-1], flush=True)
    write_export(review, out / "export")
    review.store.verify_chain()
    review.close()

    export, folder = out / "export", out / "published"
    curated = PairSet.load(export / "pairs.parquet")
    publish(
        curated, folder, answers=read_answers(KEPT / "answers.toml"),
        annotations=read_table(export / ANNOTATIONS), certificate=read_json(export / "certificate.json"),
        leaks={"fashion-mnist:split=test": find_leaks(images_of(curated, images), test)},
    )  # fmt: skip
    checked = verify(folder)
    print("\n".join(checked.lines()))
    for name in DOCUMENTS:
        shutil.copy(folder / name, KEPT / name)
    left, right = curated.positions(images).T
    labels = images.need_labels("the truth")
    found = {
        "candidates": len(pairs), "candidates_precision": float(truth[: len(pairs)].mean()), "pairs": len(curated),
        "precision": float(np.mean(labels[left] == labels[right])), "verified": checked.passed, "steps": steps,
    }  # fmt: skip
    write_json(KEPT / "found.json", found)


if __name__ == "__main__":
    typer.run(main)
