"""Our pairs in everyone's framework: a pair set as a torch data set, plain or in the format of a framework's trainings.

No framework is imported here: an adapter takes the framework's own multi-view transform and gives its batches.
"""

from sempairs.interop.dataset import PairDataset
from sempairs.interop.lightly import LightlyPairs
from sempairs.interop.solo_learn import SoloLearnPairs
from sempairs.interop.stable_pretraining import StablePretrainingPairs

__all__ = ["LightlyPairs", "PairDataset", "SoloLearnPairs", "StablePretrainingPairs"]
