"""Does every method learn? Each trained briefly with semantic pairs, against random weights of the same network.

    python studies/methods_learn.py out/methods-learn              one seed
    python studies/methods_learn.py out/methods-learn --seeds 3    two more
    python studies/methods_learn.py out/methods-learn --own        the optimizer of each method's recipe

The demo's conditions: 6,000 training images of Fashion-MNIST, an image with another of its class, 5 passes in batches
of 128 (30,000 pairs), the demo's views and optimizer, small-resnet; what a method needs otherwise is in OTHERWISE. Each
run is evaluated on the 10,000 test images: 5-way 5-shot and k-NN among the 6,000. About half a minute each on two cores
(MAE, with its transformer, some minutes), and it goes on where it was. Results: studies/methods_learn.jsonl, shown in
docs/methods.md. The aim: 10 points of 5-shot accuracy above random weights, and no collapse.
"""

import functools
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from sempairs.core.files import hash_of
from sempairs.core.runs import JsonLines, RunStore
from sempairs.core.settings import Spec, build, resolve
from sempairs.encoders.base import Encoder
from sempairs.encoders.files import load_encoder
from sempairs.encoders.opening import open_encoder
from sempairs.evaluation import EVALUATIONS
from sempairs.evaluation.suite import run_evaluations
from sempairs.methods import METHODS
from sempairs.pairs import RULES
from sempairs.sources.opening import open_source
from sempairs.sources.sampling import sample
from sempairs.training.loop import run_identity, train
from sempairs.training.settings import TrainSettings

RESULTS = Path(__file__).with_suffix(".jsonl")
EVALUATED = [resolve(EVALUATIONS, Spec(name=name)) for name in ("knn", "fewshot")]
VIEWS = {"name": "simclr", "crop_min": 0.3, "jitter": 0.5, "blur_p": 0.0}
ADAMW = {"optimizer": "adamw", "lr": 0.002, "weight_decay": 0.01, "schedule": "one-cycle"}
TRAINING = {"passes": 5, "batch_size": 128}
CROPS = {**VIEWS, "name": "multi-crop", "crops": 4, "crop_size": 16, "small_min": 0.1, "small_max": 0.3}

# By method: its options, and whatever differs from the demo. In 230 steps a teacher must follow faster than in papers
# of 100,000, and a queue of 4,096 would hold most of 6,000 images.
OTHERWISE: dict[str, dict[str, Any]] = {
    "simclr": {"method": {"temperature": 0.2}},
    "byol": {"method": {"momentum": 0.99}},
    "mae": {
        "encoder": {"name": "timm", "model": "test_vit2", "image_size": 28, "patch_size": 4},
        "training": {"batch_size": 32, "lr": 0.001},  # it learns slowly: four times the steps for the same images
    },
    "w-mse": {"method": {"embedding": 16}},  # of a batch of 128: it wants many more pairs than dimensions
    "nnclr": {"method": {"queue": 1024}},
    "msf": {"method": {"queue": 1024}},
    "moco-v2": {"method": {"momentum": 0.99, "queue": 1024}},
    "sepp-id": {"views": {**VIEWS, "name": "simclr-twice"}},
    "leoclr": {"method": {"queue": 1024}, "views": {**VIEWS, "name": "leoclr"}},
    "swav": {"views": CROPS},
    "dino": {"method": {"momentum": 0.99}, "views": CROPS},
}


@functools.cache
def images():
    """The pool, which k-NN and few-shot learn from too, and the test images."""
    train = open_source(Spec(name="fashion-mnist", options={"split": "train"}))
    return sample(train, 6000, 0), open_source(Spec(name="fashion-mnist", options={"split": "test"}))


def scores(encoder: Encoder) -> dict[str, float]:
    """Accuracies in % by the name of the evaluation."""
    return {score.metric: round(score.value, 2) for score in run_evaluations(encoder, *images(), EVALUATED)}


@functools.cache
def random_scores(encoder: str, seed: int) -> dict[str, float]:
    """Those of random weights, the ones that a run of this seed starts from."""
    return scores(open_encoder(Spec.model_validate_json(encoder), images()[0], seed))


def settings_of(name: str, seed: int, steps: int, own: bool) -> TrainSettings:
    """The demo's settings with this method and what it needs otherwise; its optimizer, or the method's own."""
    otherwise = OTHERWISE.get(name, {})
    tables = {"encoder": "small-resnet", "views": VIEWS, **otherwise}
    tables["method"] = {"name": name, **otherwise.get("method", {})}
    optimizer = {} if own else {**ADAMW, **otherwise.get("training", {})}
    tables["training"] = {**TRAINING, **optimizer, "seed": seed, "steps": steps}
    return TrainSettings.resolve(tables)


def main(
    folder: Annotated[Path, typer.Argument(help="Where runs are kept.")],
    seeds: Annotated[int, typer.Option(help="How many; all methods with one, then with the next.")] = 1,
    method: Annotated[list[str] | None, typer.Option(help="Only these; all otherwise.")] = None,
    own: Annotated[bool, typer.Option("--own", help="The optimizer of each method's recipe, not the demo's.")] = False,
    steps: Annotated[int, typer.Option(help="For a trial; 0 for 5 passes.")] = 0,
    results: Annotated[Path, typer.Option(help="A line of JSON for each run.")] = RESULTS,
) -> None:
    """Train and evaluate what is not in the results."""
    pool, _ = images()
    pairs = build(RULES, "class", pool)
    lines = JsonLines(results)
    for seed in range(seeds):
        for name in method or METHODS:
            settings = settings_of(name, seed, steps, own)
            run_name = hash_of(run_identity(pairs, pool, settings))
            if any(line["run"] == run_name for line in lines.read()):
                continue
            run = train(pairs, pool, settings, RunStore(folder), title=f"{name}, seed {seed}")
            line = {"method": name, "seed": seed, "run": run.name, "otherwise": OTHERWISE.get(name, {})}
            line |= {"optimizer": "own" if own else "demo", "training": settings.to_json()["training"]}
            line |= {key: run.result[key] for key in ("pairs_seen", "device", "collapse", "environment")}
            line |= {"scores": scores(load_encoder(run.folder))}
            line |= {"random": random_scores(settings.encoder.model_dump_json(), seed)}
            lines.append(line)
            print(
                json.dumps({key: line[key] for key in ("method", "seed", "scores", "random", "collapse")}), flush=True
            )


if __name__ == "__main__":
    typer.run(main)
