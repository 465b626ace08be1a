"""docs/methods.md, made from the methods' own files, the observed checks and the study `methods_learn`.

python docs/method_checks.py       when tests of methods have changed (minutes)
python docs/make_methods_page.py
"""

import inspect
import json
import re
from pathlib import Path
from statistics import fmean
from typing import Any

from sempairs.core.settings import options_of
from sempairs.methods import METHODS

FOLDER = Path(__file__).parent
PAGE, CHECKS = FOLDER / "methods.md", FOLDER / "method_checks.json"
RESULTS = FOLDER.parent / "studies" / "methods_learn.jsonl"
HEAD = """# Methods

Made by `make methods-page` from the methods' own files, from their tests and from `studies/methods_learn.jsonl`; not
written by hand.

Every method builds from its settings, gives finite named terms, sends gradient to all that is trained and to no
teacher, does not see the order of the batch, and is saved and loaded exactly with its queues and teachers
(`tests/contracts`). On two processes it is the same as on one, loss, gradients and state, in float64
(`tests/distributed`), and it keeps the losses of 20 steps that were reviewed (`tests/golden`). What else each is
checked against was observed, not declared: a test is listed under a reference if it passed and the code of both ran.

## After a short training

`python studies/methods_learn.py`, whose first lines say how: Fashion-MNIST, semantic pairs, 30,000 pairs seen.
Accuracies in % on 10,000 held-out images, means over seeds; beside them those of random weights of the same network.

| method | seeds | 5-way 5-shot | random | gain | k-NN | random | collapsed |
|---|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    checks = json.loads(CHECKS.read_text(encoding="utf-8"))
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    rows = [_learned(name, [line for line in lines if line["method"] == name]) for name in METHODS]
    return "\n".join([HEAD + "\n".join(rows) + "\n", *(_method(name, checks) for name in METHODS)])


def _learned(name: str, lines: list[dict[str, Any]]) -> str:
    """A method's row in the table of short trainings: its newest settings, the newest run of each seed."""
    if not lines:
        return f"| {name} | not measured yet |" + " |" * 6
    runs = {line["seed"]: line for line in lines if line["otherwise"] == lines[-1]["otherwise"]}
    shot, random_shot, knn, random_knn = (
        fmean(run[of][score] for run in runs.values())
        for score in ("5-way 5-shot", "knn")
        for of in ("scores", "random")
    )
    seeds, collapsed = ", ".join(map(str, sorted(runs))), sum(run["collapse"] is not None for run in runs.values())
    gain = f"{shot - random_shot:+.1f}"
    return (
        f"| {name} | {seeds} | {shot:.1f} | {random_shot:.1f} | {gain} | {knn:.1f} | {random_knn:.1f} | {collapsed} |"
    )


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
        lines += [f"**{heading}** {_part(doc, heading)}", ""]
    recipe = ", ".join(f"{option} {value}" for option, value in method.recipe.items())
    lines += [f"**Training options where none are given** {recipe}", ""] if recipe else []
    told = _told(inspect.getdoc(method) or "")
    lines += ["| option | default | |", "|---|---|---|"]
    for option, parameter in options_of(method).items():
        default = "must be given" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
        lines.append(f"| `{option}` | {default} | {told[option]} |")
    lines += ["", "Checked against", ""]
    for reference, tests in checks[module.__name__.rpartition(".")[2]].items():
        lines.append(f"- {reference}: {'; '.join(map(_sentence, tests))}")
    return "\n".join(lines) + "\n"


def _part(doc: str, heading: str) -> str:
    """What stands under a heading of a module's docstring, as one line."""
    found = re.search(rf"\*\*{heading}\*\* (.*?)(?=\n\*\*|\n\n|\Z)", doc, re.DOTALL)
    assert found is not None, f"no {heading} in: {doc[:80]}"
    return " ".join(found[1].split())


def _told(doc: str) -> dict[str, str]:
    """`parameter -> what its docstring says`, from a numpy-style section."""
    section = doc.partition("Parameters\n----------\n")[2].partition("\n\n")[0]
    told: dict[str, str] = {}
    for names, text in re.findall(r"^(\w+(?:, \w+)*): (.*(?:\n .*)*)", section, re.MULTILINE):
        told |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return told


def _sentence(test: str) -> str:
    """`tests/numerics/test_x.py::test_it_is_so` as a link that reads "it is so"."""
    path, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{path})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
