"""What a pair set and its votes tell about themselves: counted from the data, never asked."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from sempairs.pairs.pairset import PairSet
from sempairs.pairs.publish.annotations import STANDING, VERDICTS

NO_VERDICT = "no verdict"


@dataclass(frozen=True)
class Facts:
    """The counts.

    Parameters
    ----------
    hash: of the pair set.
    pairs, images: how many there are.
    self_pairs: pairs of an image with itself.
    rules: pairs by the rule that made them.
    classes: pairs by the class they stand for (the label, else the group), the commonest first.
    verdicts: pairs by verdict, those that nobody judged or nobody settled under `NO_VERDICT`.
    splits: pairs by split; empty where the set is not split.
    similarity: the least and the largest; None where the rule has none.
    labelled: pairs whose images have one known class.
    votes: in the table of annotations, all lanes.
    annotators: how many judged.
    simulated_votes, simulated_annotators: how many of them were a program.
    other_pairs: pairs that were judged and are not in the set.
    vote_columns: of the annotations, with their types; empty where there are none.
    """

    hash: str
    pairs: int
    images: int
    self_pairs: int
    rules: dict[str, int]
    classes: dict[str, int]
    verdicts: dict[str, int]
    splits: dict[str, int]
    similarity: tuple[float, float] | None
    labelled: int
    votes: int = 0
    annotators: int = 0
    simulated_votes: int = 0
    simulated_annotators: int = 0
    other_pairs: int = 0
    vote_columns: dict[str, str] = field(default_factory=dict)


def count(pairs: PairSet, annotations: pa.Table | None) -> Facts:
    """The facts of a pair set and its votes."""
    a, b = pairs.column("a"), pairs.column("b")
    verdicts = Counter(v if v in VERDICTS else NO_VERDICT for v in pairs.column("verdict"))
    similarity = pairs.column("similarity").astype(np.float64)
    known = similarity[~np.isnan(similarity)]
    of_class = zip(pairs.column("label"), pairs.column("group"), strict=True)
    classes = Counter(label or group for label, group in of_class if label or group)
    facts = Facts(
        hash=pairs.hash,
        pairs=len(pairs),
        images=len({*a, *b}),
        self_pairs=int((a == b).sum()),
        rules=_by_count(Counter(pairs.column("rule"))),
        classes=_by_count(classes),
        verdicts={name: verdicts[name] for name in (*VERDICTS, NO_VERDICT) if verdicts[name]},
        splits=_by_count(Counter(name for name in pairs.column("split") if name is not None)),
        similarity=(float(known.min()), float(known.max())) if len(known) else None,
        labelled=sum(label is not None for label in pairs.column("label")),
    )
    return facts if annotations is None else _with_votes(facts, pairs, annotations)


def _with_votes(facts: Facts, pairs: PairSet, annotations: pa.Table) -> Facts:
    names = ("pair_id", "annotator", "simulated", "status")
    ids, people, simulated, status = (annotations.column(name).to_pylist() for name in names)
    judged = {id for id, what in zip(ids, status, strict=True) if what == STANDING}
    return replace(
        facts,
        vote_columns={column.name: str(column.type) for column in annotations.schema},
        votes=len(annotations),
        annotators=len(set(people)),
        simulated_votes=sum(simulated),
        simulated_annotators=len({name for name, made in zip(people, simulated, strict=True) if made}),
        other_pairs=len(judged - set(pairs.column("pair_id"))),
    )


def _by_count(counts: Counter[str]) -> dict[str, int]:
    """The commonest first, names of one count in their order: the same for any order of the rows."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
