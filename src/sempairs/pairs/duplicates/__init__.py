"""Images that show the same thing: found within a source, left out of pairs, and looked for in an evaluation source."""

from sempairs.pairs.duplicates.criteria import LEVELS, Criteria
from sempairs.pairs.duplicates.leaks import Leaks, find_leaks, images_of
from sempairs.pairs.duplicates.within import Duplicates, find_duplicates

__all__ = ["LEVELS", "Criteria", "Duplicates", "Leaks", "find_duplicates", "find_leaks", "images_of"]
