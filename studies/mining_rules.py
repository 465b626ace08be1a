"""Which way of mining helps a training most? Rules ranked by downstream gain beside purity, coverage and balance.

    python studies/mining_rules.py out/mining-rules

Every set is mined among the 60,000 training images of Fashion-MNIST, no label used; `class` uses them and shows what
could be had. Each training sees 460 x 128 pairs of its set, however many there are; three seeds. About 40 minutes on
two cores, and it goes on where it was. The numbers to expect are in docs/log.md and studies/mining_rules.jsonl.
"""

import sys
from pathlib import Path

import numpy as np

from sempairs.core.runs import JsonLines, RunStore
from sempairs.core.settings import Spec, build, resolve
from sempairs.encoders.files import load_encoder
from sempairs.encoders.mining import find_features, mine_features
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.suite import run_evaluations
from sempairs.pairs import RULES, PairSet
from sempairs.pairs.audit import audit
from sempairs.pairs.mining import MINERS, join
from sempairs.sources.opening import open_source
from sempairs.sources.sampling import sample
from sempairs.training.loop import train
from sempairs.training.settings import TrainSettings

SEEDS = (0, 1, 2)
BUDGET = {"steps": 460, "batch_size": 128, "optimizer": "adamw", "lr": 2e-3, "weight_decay": 0.01}
BUDGET |= {"schedule": "one-cycle"}
RECIPE = {
    "method": {"name": "simclr", "temperature": 0.2},
    "encoder": "small-resnet",
    "views": {"name": "simclr", "crop_min": 0.3, "jitter": 0.5, "blur_p": 0.0},
}
EVALUATED = [resolve(EVALUATIONS, Spec(name=name)) for name in ("knn", "fewshot")]

# name: the encoders that are looked through, the rule and its options
MINED = {
    "pca nearest": (["pca"], "nearest", {}),
    "pca mutual 10": (["pca"], "mutual", {"k": 10}),
    "pca cluster 1000": (["pca"], "cluster", {"clusters": 1000}),
    "gradients nearest": (["gradients"], "nearest", {}),
    "gradients nearest 5": (["gradients"], "nearest", {"k": 5}),
    "gradients nearest 20": (["gradients"], "nearest", {"k": 20}),
    "gradients mutual 10": (["gradients"], "mutual", {"k": 10}),
    "gradients band .9158 to 1": (["gradients"], "band", {"low": 0.915796, "high": 1.0}),
    "gradients band .85 to .9158": (["gradients"], "band", {"low": 0.85, "high": 0.915796}),
    "gradients shared 10 of 20": (["gradients"], "shared", {"k": 20, "shared": 10}),
    "gradients cluster 1000": (["gradients"], "cluster", {"clusters": 1000}),
    "agreement 20": (["pca", "gradients"], "agreement", {"k": 20}),
}


def pair_sets(images, folder):
    """Each set, made once."""
    seen = {}
    for name in ("identity", "class", *MINED):
        path = folder / "pairs" / f"{name.replace(' ', '-')}.parquet"
        if not path.exists() and name in MINED:
            encoders, rule, options = MINED[name]
            for encoder in encoders:
                seen.setdefault(encoder, find_features(encoder, None, images))
            spec = resolve(MINERS, Spec(name=rule, options=options))
            mine_features(join([seen[encoder] for encoder in encoders]), images, spec).save(path)
        elif not path.exists():
            build(RULES, resolve(RULES, Spec(name=name)), images).save(path)
        yield name, PairSet.load(path)


def main(folder: Path) -> None:
    images = open_source(Spec(name="fashion-mnist", options={"split": "train"}))
    bank, test = sample(images, 6000, 0), open_source(Spec(name="fashion-mnist", options={"split": "test"}))
    results = JsonLines(folder / "results.jsonl")
    known = {(line["pairs"], line["seed"]) for line in results.read()}
    sets = dict(pair_sets(images, folder))
    for seed in SEEDS:
        for name, pairs in sets.items():
            if (name, seed) in known:
                continue
            settings = TrainSettings.resolve({**RECIPE, "training": {**BUDGET, "seed": seed}})
            run = train(pairs, images, settings, RunStore(folder / "runs"), title=f"{name}, seed {seed}")
            scores = run_evaluations(load_encoder(run.folder), bank, test, EVALUATED)
            found = audit(pairs, images)
            counts = np.array(list(found.classes.values()))
            line = {"pairs": name, "seed": seed, "hash": pairs.hash, "count": len(pairs), "run": run.name}
            line |= {"purity": round(found.purity or 0, 4), "coverage": round(found.coverage, 4)}
            line |= {"largest class": round(float(counts.max() / counts.sum()), 4)}
            results.append(line | {score.metric: round(score.value, 2) for score in scores})
            print(results.read()[-1], flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
