"""What a report is made from: the records of a study, what they support, and its pairs as counts and pictures."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sempairs.core.errors import UserError
from sempairs.core.files import read_json
from sempairs.evaluation.base import Score
from sempairs.evaluation.files import load_scores
from sempairs.pairs.audit import Audit
from sempairs.report.gains import Gains
from sempairs.study.compare import Comparison, compare
from sempairs.study.examples import Examples, load_examples
from sempairs.study.finished import Finished, file_of, shown_cells
from sempairs.study.interactions import Change, FamilyGap, changes, family_gaps
from sempairs.study.matrix import Study, StudyFile
from sempairs.study.records import Records, read_records


@dataclass(frozen=True)
class Contents:
    """A study, finished or not.

    Parameters
    ----------
    audits, examples: of the arms that have a run.
    scores: of the run that shows each arm, with pictures, by data set and arm; empty where the runs are elsewhere.
    """

    records: Records
    comparison: Comparison
    gains: Gains
    changes: tuple[Change, ...]
    gaps: tuple[FamilyGap, ...]
    audits: Mapping[str, Audit]
    examples: Mapping[str, Examples]
    scores: Mapping[str, Mapping[str, list[Score]]]

    @property
    def study(self) -> StudyFile:
        """The study as it was resolved."""
        return self.records.study


def read_contents(folder: Path) -> Contents:
    """Read a study's folder.

    Raises
    ------
    UserError: it is not a study's folder, no run of it is finished, or a file is damaged.
    """
    records = read_records(folder)
    try:
        audits = TypeAdapter(dict[str, Audit]).validate_python(read_json(folder / "audits.json"))
        examples = load_examples(folder / "examples.npz")
    except UserError:
        raise
    except (ValidationError, ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        todo = "collect it again where its runs are: sempairs study report FOLDER"
        raise UserError(f"a file of the study in {folder} is damaged", got=reason, todo=todo) from None
    return contents_of(records, audits, examples, _pictures(folder, Study(records.study)))


def contents_of(
    records: Records,
    audits: Mapping[str, Audit],
    examples: Mapping[str, Examples],
    scores: Mapping[str, Mapping[str, list[Score]]] | None = None,
) -> Contents:
    """The contents with all that the records support."""
    comparison = compare(records)
    return Contents(
        records=records,
        comparison=comparison,
        gains=Gains.of(records, comparison),
        changes=changes(records, comparison),
        gaps=family_gaps(comparison),
        audits=audits,
        examples=examples,
        scores=scores or {},
    )


def _pictures(folder: Path, study: Study) -> dict[str, dict[str, list[Score]]]:
    """What the evaluations of the run that shows each arm kept, by data set; all arms of a data set, or none."""
    files: dict[str, dict[str, Path]] = {}
    for arm, cell in shown_cells(study).items():
        path = file_of(study, folder, cell)
        for value in Finished.read(path).values if path.is_file() else ():
            files.setdefault(value.data, {})[arm] = folder / "runs" / value.run / value.file
    found: dict[str, dict[str, list[Score]]] = {}
    for data, by_arm in files.items():
        own = {arm: load_scores(file.with_suffix(""), True) for arm, file in by_arm.items() if file.is_file()}
        if own and set(own) == set(by_arm):
            found[data] = {arm: scores for arm, scores in own.items() if scores is not None}
    return found
