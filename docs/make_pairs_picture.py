"""Draw docs/pairs.png, the README's picture, from the example pairs of a study.

python docs/make_pairs_picture.py out/demo
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sempairs.study.examples import load_examples

SHOWN = 5
INK, QUIET, FALSE = "#1a1a1a", "#b8b8b8", "#b3261e"

examples = load_examples(Path(sys.argv[1]) / "examples.npz")
figure, axes = plt.subplots(len(examples), SHOWN, figsize=(9, 3.9), dpi=150)
figure.subplots_adjust(left=0.135, right=0.995, top=0.99, bottom=0.05, wspace=0.08, hspace=0.16)
for row, (arm, pairs) in enumerate(examples.items()):
    for column, axis in enumerate(axes[row]):
        same = pairs.same_class[column]
        axis.imshow(np.concatenate(pairs.images[column], axis=1), cmap="gray_r", vmin=0, vmax=255)
        axis.axvline(pairs.images.shape[3] - 0.5, color=QUIET, linewidth=0.6)
        axis.set(xticks=[], yticks=[])
        for spine in axis.spines.values():
            spine.set(color=QUIET if same else FALSE, linewidth=0.6 if same else 1.6)
        if not same:
            axis.set_xlabel("two classes", fontsize=7, color=FALSE, labelpad=2)
    axes[row, 0].set_ylabel(arm, rotation=0, ha="right", va="center", fontsize=11, color=INK, weight="bold", labelpad=8)
figure.savefig(Path(__file__).parent / "pairs.png", metadata={"Software": None})
