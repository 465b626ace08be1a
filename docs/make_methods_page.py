"""docs/methods.md, made from the methods' own files, the observed checks and the study `methods_learn`.

python docs/method_checks.py       when tests of methods have changed (minutes)
python docs/make_methods_page.py
"""

import inspect
import json
import re
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from sempairs.core.settings import options_of
from sempairs.methods import METHODS

FOLDER = Path(__file__).parent
PAGE, CHECKS = FOLDER / "methods.md", FOLDER / "method_checks.json"
RESULTS = FOLDER.parent / "studies" / "methods_learn.jsonl"
SCORES = ("5-way 5-shot", "knn")
Line = dict[str, Any]
HEAD = """# Methods

Made by `make methods-page` from the methods' own files, from their tests and from `studies/methods_learn.jsonl`; not
written by hand.

Every method builds from its settings, gives finite named terms, sends gradient to all that is trained and to no
teacher, does not see the order of the batch, and is saved and loaded exactly with its queues and teachers
(`tests/contracts`). On two processes it is the same as on one, loss, gradients and state, in float64
(`tests/distributed`), and it keeps the losses of 20 steps that were reviewed (`tests/golden`). What else each is
checked against was observed, not declared: a test is listed under a reference if it passed and the code of both ran.

## After a short training

`python studies/methods_learn.py`, whose first lines say how: Fashion-MNIST, semantic pairs, 30,000 pairs seen, all with
the optimizer of `sempairs demo`. Accuracies in % on 10,000 held-out images, means over the seeds and their sample
standard deviation; beside them those of random weights of the same network. The last column has the optimizer of the
method's own recipe (`--own`), seed 0: recipes are made for hundreds of passes, here there are five. They are
solo-learn's for CIFAR (`larc`, trust .02) where it trains the method, else those of the paper or its code.

| method | seeds | 5-way 5-shot | random | gain | k-NN | random | collapsed | own recipe: 5-shot, k-NN |
|---|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    checks = json.loads(CHECKS.read_text(encoding="utf-8"))
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    rows = [_learned(name, [line for line in lines if line["method"] == name]) for name in METHODS]
    return "\n".join([HEAD + "\n".join(rows) + "\n", *(_method(name, checks) for name in METHODS)])


def _learned(name: str, lines: list[Line]) -> str:
    """A method's row in the table of short trainings: its newest settings, the newest run of each seed."""
    demo, own = ([line for line in lines if line["optimizer"] == optimizer] for optimizer in ("demo", "own"))
    if not demo:
        return f"| {name} | not measured yet |" + " |" * 7
    runs = {line["seed"]: line for line in demo if line["otherwise"] == demo[-1]["otherwise"]}
    shot, knn = ([run["scores"][score] for run in runs.values()] for score in SCORES)
    random_shot, random_knn = (fmean(run["random"][score] for run in runs.values()) for score in SCORES)
    seeds, collapsed = ", ".join(map(str, sorted(runs))), sum(run["collapse"] is not None for run in runs.values())
    recipe = ", ".join(f"{own[-1]['scores'][score]:.1f}" for score in SCORES) if own else "not measured yet"
    return (
        f"| {name} | {seeds} | {_spread(shot)} | {random_shot:.1f} | {fmean(shot) - random_shot:+.1f} "
        f"| {_spread(knn)} | {random_knn:.1f} | {collapsed} | {recipe} |"
    )


def _spread(values: list[float]) -> str:
    """Mean and sample standard deviation."""
    return f"{fmean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


def _method(name: str, checks: dict[str, dict[str, list[str]]]) -> str:
    """The section of one method."""
    method = METHODS[name]
    module = inspect.getmodule(method)
    assert module is not None
    doc = inspect.getdoc(module) or ""
    kind = "Contrastive" if method.contrastive else "Not contrastive"
    lines = [f"## {name}", "", doc.partition("\n\n")[0].replace("\n", " "), ""]
    lines += [f"{kind}{'; takes small crops beside the two views' if method.takes_crops else ''}.", ""]
    for heading in ("Source", "Departure"):
        lines += [f"**{heading}** {part(doc, heading)}", ""]
    recipe = ", ".join(f"{option} {value}" for option, value in method.recipe.items())
    lines += [f"**Training options where none are given** {recipe}", ""] if recipe else []
    for parts, what in ((method.constant_rate, "keeps its learning rate"), (method.late, "may start `training.late`")):
        lines += [f"**Rates** `{'`, `'.join(parts)}` {what}.", ""] if parts else []
    says = told(inspect.getdoc(method) or "")
    lines += ["| option | default | |", "|---|---|---|"]
    for option, parameter in options_of(method).items():
        default = "must be given" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
        lines.append(f"| `{option}` | {default} | {says[option]} |")
    lines += ["", "Checked against", ""]
    for reference, tests in checks[module.__name__.rpartition(".")[2]].items():
        lines.append(f"- {reference}: {'; '.join(map(_sentence, tests))}")
    return "\n".join(lines) + "\n"


def part(doc: str, heading: str) -> str:
    """What stands under a heading of a module's docstring, as one line."""
    found = re.search(rf"\*\*{heading}\*\* (.*?)(?=\n\*\*|\n\n|\Z)", doc, re.DOTALL)
    assert found is not None, f"no {heading} in: {doc[:80]}"
    return " ".join(found[1].split())


def told(doc: str) -> dict[str, str]:
    """`parameter -> what its docstring says`, from a numpy-style section."""
    section = doc.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    says: dict[str, str] = {}
    for names, text in re.findall(r"^(\w+(?:, \w+)*): (.*(?:\n .*)*)", section, re.MULTILINE):
        says |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return says


def _sentence(test: str) -> str:
    """`tests/numerics/test_x.py::test_it_is_so` as a link that reads "it is so"."""
    path, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
