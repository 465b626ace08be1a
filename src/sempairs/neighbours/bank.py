"""A bank: rows made ready to be searched, and what proposes candidates from it."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32, Float64, Int64

from sempairs.neighbours.scores import norms, unit32

GPU_WIDTH = 2048  # FAISS on a GPU proposes no more rows than this to a query

Proposed = tuple[Float32[np.ndarray, "n w"], Int64[np.ndarray, "n w"]]


@runtime_checkable
class Proposer(Protocol):
    """What finds candidates fast and nearly."""

    def __call__(self, queries: Float32[np.ndarray, "n d"], width: int) -> Proposed:
        """The inner products, highest first, and the `width` rows of the bank that have them, for unit queries.

        A row that it looks at and does not propose has no higher inner product than the last one proposed, but for
        float32. Where there are no more rows, -inf and -1.
        """


@dataclass(frozen=True, eq=False)
class Bank:
    """Rows to be searched.

    Parameters
    ----------
    rows: the features, of any length, in memory or memory-mapped.
    norms: their lengths.
    propose: finds candidates among them.
    order: the number by which each row is known outside, if they stand here in another order.
    """

    rows: Float32[np.ndarray, "m d"]
    norms: Float64[np.ndarray, " m"]
    propose: Proposer
    order: Int64[np.ndarray, " m"] | None = None

    @classmethod
    def exact(cls, rows: Float32[np.ndarray, "m d"], name: str = "bank") -> "Bank":
        """A bank whose search looks at every row. Raises UserError for rows that are zero or not finite."""
        lengths = norms(rows, name)
        return cls(rows, lengths, Flat(unit32(rows, lengths)))

    def __len__(self) -> int:
        return len(self.rows)

    def known_as(self, places: Int64[np.ndarray, "*any"]) -> Int64[np.ndarray, "*any"]:
        """The numbers of the rows at these places."""
        return places if self.order is None else self.order[places]


class Flat:
    """Every row is looked at, by FAISS, on the GPUs if FAISS has any."""

    def __init__(self, unit: Float32[np.ndarray, "m d"]) -> None:
        import faiss

        self._wide = faiss.IndexFlatIP(unit.shape[1])
        self._wide.add(unit)
        self._index: Any = faiss.index_cpu_to_all_gpus(self._wide) if faiss.get_num_gpus() else self._wide

    def __call__(self, queries: Float32[np.ndarray, "n d"], width: int) -> Proposed:
        """See `Proposer`."""
        index = self._index if width <= GPU_WIDTH else self._wide
        scores, found = index.search(queries, width)
        return scores, found
