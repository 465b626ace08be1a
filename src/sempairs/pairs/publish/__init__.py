"""Publication of a pair set: a folder with everything a stranger needs, which anybody can check offline."""

from sempairs.pairs.publish.answers import read_answers
from sempairs.pairs.publish.folder import publish
from sempairs.pairs.publish.verify import Verification, load, verify

__all__ = ["Verification", "load", "publish", "read_answers", "verify"]
