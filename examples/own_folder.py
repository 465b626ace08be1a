"""Train on your own folder of images, one subfolder for each class, and score the encoder.

python examples/own_folder.py photos runs
"""

import sys
from pathlib import Path

from sempairs.core.runs import RunStore
from sempairs.core.settings import Spec
from sempairs.encoders.files import load_encoder
from sempairs.evaluation.suite import run_evaluations
from sempairs.pairs.rules import same_class
from sempairs.sources.opening import open_source
from sempairs.sources.sampling import split
from sempairs.training.loop import train
from sempairs.training.settings import TrainSettings

photos, runs = sys.argv[1:]
images = open_source({"name": "folder", "root": photos, "size": 32})
train_images, test_images = split(images, len(images) // 2)

settings = TrainSettings.resolve({"method": "simclr", "training": {"passes": 10, "batch_size": 32}})
run = train(same_class(train_images), train_images, settings, RunStore(Path(runs)))

for score in run_evaluations(load_encoder(run.folder), train_images, test_images, [Spec(name="knn", options={"k": 5})]):
    low, high = score.interval
    print(f"{score.metric}: {score.value:.1f} {score.unit} [{low:.1f}, {high:.1f}], n = {score.n} {score.over}")
