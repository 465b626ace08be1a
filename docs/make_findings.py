"""docs/findings.md, docs/forest.png and the verdicts in README.md, from the committed results of the studies.

python docs/make_findings.py
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import findings_claims as claims
import findings_questions as questions
from findings_against import against
from findings_collapses import collapses
from findings_forest import draw
from findings_words import difference, headline, table, verdict

from sempairs.core.progress import quiet
from sempairs.report.numbers import counted, listed
from sempairs.study.claims import Answer, Evidence, answers
from sempairs.study.claims.gains import ARM, transfer_together
from sempairs.study.claims.scores import PROTOCOLS, TRANSFER_DATA
from sempairs.study.records import read_records

ROOT = Path(__file__).parents[1]
STUDIES = (
    "main", "augmentation", "nuisance", "nuisance_correlated", "nuisance_causal", "noise", "architecture", "no_labels",
    "false_negatives",
)  # fmt: skip
PAGE, PICTURE, README = ROOT / "docs" / "findings.md", ROOT / "docs" / "forest.png", ROOT / "README.md"
BEGIN, END = "<!-- made by docs/make_findings.py -->", "<!-- end -->"

HEAD = """# Findings

Made by `python docs/make_findings.py` from the results in `studies/`; no number here is written by hand.

Alkhalefi, Leontidis and Zhong ([arXiv 2510.08722](https://arxiv.org/abs/2510.08722)) claim five things of semantic
pairs, two different images of one category. This page says of each whether our studies support it. Images, budgets,
options and rules of judgement are ours, and no number is the paper's.

"""

RULES = """
## How it is judged

- A **gain** is semantic minus augmented pairs, in points, of runs that were proved to differ in nothing but their
  pairs: same seed, settings, steps, pair count and class composition. A comparison without that proof is refused.
- The **transfer score** of a run is the mean over three data sets that no training has seen: four other garments,
  handwritten digits, animal silhouettes. It is taken by two protocols, a linear probe and few-shot with 5 shots
  (4-way for the four garments, else 5-way).
- **Intervals** are 95% t intervals over seeds, paired by seed. Methods together are averaged within each seed first, so
  n is the number of seeds. Bold differences have an interval that excludes zero.
- **Supported** asks for intervals above zero, **not supported** for one below; everything else is **undecided**. The
  rule of each claim is given with it and was written before the results were in. A claim of every method is supported
  only if every interval lies above zero, which needs no correction for how many there are; but one interval of many
  below zero can be chance, for which Holm's p, over the methods of a table, is given.
- A study that is not finished, or a comparison that is refused, decides nothing: the numbers that are there are shown,
  and the verdict is undecided.
- With 3 seeds a permutation p cannot fall below 0.25, so p values are those of the paired t test.
"""

FOREST = """
![The gain of each method on transfer, with 95% intervals over seeds](forest.png)

The mean over three data sets hides how they differ. All methods together, in points:

"""

LIMITS = """\
- The paper's pairs were curated by people. Ours are made from labels, but for those that are said to be mined.
- Methods, options, augmentations, budgets and data are this project's choices. Options were not tuned for each method
  and arm: a method that does badly here may do better with its own. Crop, jitter and temperature were chosen on images
  of Fashion-MNIST's test split ([log](log.md)), on which the garments here are tested: read differences, not levels.
- Few seeds: intervals are wide, and undecided is no evidence that there is no difference. A seed redraws weights,
  order, views and partners, and not the images of the pool.
- Contrastive is a loss that pushes the images of different pairs apart: SwAV counts as non-contrastive. With another
  line between the families C3 may come out otherwise. Its second part compares SimCLR with the best of many others,
  chosen after the fact, which is hard on it.
- Invariance is measured in grey images: nothing is said of colour. More of it is not better in itself.
- Many comparisons are shown. Holm's correction is within each table of methods and not over the page; what no claim
  asks is described, not tested.
- The detector learns from few rendered canvases on a frozen encoder. It is no VOC and no COCO.
"""


def studies(folder: Path = ROOT / "studies") -> dict[str, Evidence]:
    """Those that have results."""
    with quiet():
        return {name: Evidence(read_records(folder / name)) for name in STUDIES if _has_results(folder / name)}


def _has_results(folder: Path) -> bool:
    return (folder / "study.json").is_file() and (folder / "results.jsonl").is_file()


def page(found: Mapping[str, Evidence]) -> str:
    """The whole page."""
    with quiet():
        judged = answers(found)
        weaker = [transfer_together(found["main"])] if "main" in found else []
        parts = [HEAD, "## Answers\n\n", _answers(judged, weaker), _forest(found), RULES]
        parts += [
            f"\n## {key}: {answer.claim.claim}\n\n{_of_claim(key, answer, found)}" for key, answer in judged.items()
        ]
        parts.append("\n## What else the studies ask\n")
        parts += [f"\n### {title}\n\n{_of_study(found, name, make)}" for title, (name, make) in QUESTIONS.items()]
        parts += ["\n### Which trainings collapsed?\n\n", collapses(found)]
        parts += ["\n## What goes against the claims\n\n", against(found, judged), "\n## Limits\n\n", _limits(found)]
        parts += ["\n## The studies\n\n", _studies(found)]
    return "".join(parts)


def _answers(judged: Mapping[str, Answer], weaker: Sequence[Answer]) -> str:
    rows = []
    for key, answer in judged.items():
        parts = weaker if key == "C1" else answer.parts
        rows.append(
            [key, answer.claim.claim, verdict(answer), headline(answer) if not answer.parts else "", answer.claim.data]
        )
        rows += [["", f"– {part.claim.claim}", verdict(part), headline(part), part.claim.data] for part in parts]
    return table(("", "claim", "verdict", "the numbers", "data"), rows)


def _forest(found: Mapping[str, Evidence]) -> str:
    if "main" not in found:
        return ""
    main = found["main"]
    by_data = {
        protocol: [f"{data} {difference(main.pooled(ARM, data, protocol))}" for data in TRANSFER_DATA]
        for protocol in PROTOCOLS
    }
    lines = "".join(f"- {protocol}: {', '.join(own)}\n" for protocol, own in by_data.items())
    return f"{FOREST}{lines}"


def with_verdicts(text: str, found: Mapping[str, Evidence]) -> str:
    """The README with the verdicts of today between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    with quiet():
        judged = answers(found)
    runs = len({run.run for own in found.values() for run in own.records.runs})
    rows = [[key, answer.claim.claim, f"**{answer.verdict}**"] for key, answer in judged.items()]
    counts = f"{runs:,} trainings in {counted(len(found), 'study', 'studies')}."
    return f"{before}{BEGIN}\n{counts}\n\n{table(('', 'claim of the paper', 'here'), rows)}{END}{after}"


def _of_claim(key: str, answer: Answer, found: Mapping[str, Evidence]) -> str:
    study = "architecture" if key == "C5" else "main"
    if key != "C4" and study not in found:
        return f"The study `{study}` has no results yet.\n"
    match key:
        case "C1":
            return claims.c1(found[study])
        case "C2":
            return claims.c2(answer)
        case "C3":
            return claims.c3(answer, found[study])
        case "C4":
            return claims.c4(answer, found)
        case _:
            return claims.c5(answer, found[study])


QUESTIONS: Mapping[str, tuple[str, Callable[[Evidence], str]]] = {
    "How wrong may pairs be?": ("noise", questions.noise),
    "How far does one get without labels?": ("no_labels", questions.labels),
    "What do same-class negatives cost?": ("false_negatives", questions.negatives),
    "Which factors are kept, style independent?": ("nuisance", questions.nuisance_again),
    "Which factors are kept, style correlated?": ("nuisance_correlated", questions.nuisance),
    "Which factors are kept, style causal?": ("nuisance_causal", questions.nuisance),
}


def _of_study(found: Mapping[str, Evidence], name: str, make: Callable[[Evidence], str]) -> str:
    if name not in found:
        return f"The study `{name}` has no results yet.\n"
    missing = len(found[name].records.missing)
    total = len(found[name].study.cells)
    note = f"**{total - missing} of {total} runs are finished**: undecided so far.\n\n" if missing else ""
    return note + make(found[name])


def _limits(found: Mapping[str, Evidence]) -> str:
    runs = [run for own in found.values() for run in own.records.runs]
    frames = sorted({" x ".join(map(str, run.result["frames"][:2])) for run in runs if "frames" in run.result})
    steps = sorted({int(run.result["steps"]) for run in runs})
    seeds = sorted({len(own.study.seeds) for own in found.values()})
    size = f"Images of {listed(frames)} pixels" if frames else "Small images"
    length = f"{listed([f'{n:,}' for n in steps])} steps" if steps else "a few hundred steps"
    over = f" and {listed([str(n) for n in seeds])} seeds" if seeds else ""
    return (
        f"- {size}, small networks, {length}{over}: far below ImageNet. What holds here need not hold there.\n{LIMITS}"
    )


def _studies(found: Mapping[str, Evidence]) -> str:
    rows = []
    for name in STUDIES:
        if name not in found:
            rows.append([f"[{name}](../studies/{name}.toml)", "no results yet", "", ""])
            continue
        own = found[name]
        done = len(own.study.cells) - len(own.records.missing)
        report = ROOT / "studies" / name / "report.html"
        link = f"[report](../studies/{name}/report.html)" if report.is_file() else ""
        runs = f"{done} of {counted(len(own.study.cells), 'run')}"
        rows.append([f"[{name}](../studies/{name}.toml)", runs, str(len(own.study.seeds)), link])
    return table(("study", "results", "seeds", ""), rows)


if __name__ == "__main__":
    found = studies()
    PAGE.write_text(page(found), encoding="utf-8")
    README.write_text(with_verdicts(README.read_text(encoding="utf-8"), found), encoding="utf-8")
    if "main" in found:
        draw(found["main"], PICTURE)
