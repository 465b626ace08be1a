"""What each method is checked against, observed and not declared: docs/method_checks.json, for the page of methods.

python docs/method_checks.py

Runs the tests of methods and notes, for each that passes, whose code ran in it: which method's own file, and which
independent reference. So nothing is listed that did not happen.
"""

import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FILE = Path(__file__).with_suffix(".json")
FOLDERS = ("numerics", "unit/methods")

# Part of a path of code, and what it is as a reference.
ORACLES = {
    "tests/numerics/references": "slow loops written from the paper's equations",
    "site-packages/lightly/": "lightly",
    "site-packages/pytorch_metric_learning/": "pytorch-metric-learning",
    "site-packages/sklearn/": "scikit-learn",
    "torch/autograd/gradcheck.py": "finite differences",
}
THEORY = "theory: closed forms, invariances, properties"

Checks = dict[str, dict[str, list[str]]]


class Observer:
    """A pytest plugin: after a session, `checks` is `module -> reference -> tests`."""

    def __init__(self) -> None:
        self.checks: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        """Run a test under observation; one that fails or is skipped raises, and leaves no note."""
        files: set[str] = set()

        def note(frame: FrameType, event: str, _: object) -> None:
            if event == "call":
                files.add(frame.f_code.co_filename)

        sys.setprofile(note)
        try:
            result = yield
        finally:
            sys.setprofile(None)
        seen = [Path(file).as_posix() for file in files]
        modules = {Path(file).stem for file in seen if "/sempairs/methods/" in file} - {"base", "__init__"}
        oracles = {name for part, name in ORACLES.items() if any(part in file for file in seen)} or {THEORY}
        for module in modules:
            for oracle in oracles:
                self.checks[module][oracle].add(item.nodeid.partition("[")[0])
        return result


def observe() -> Checks:
    """Run the tests of methods. Raises SystemExit if one fails."""
    os.chdir(ROOT)
    paths = sorted(path for folder in FOLDERS for path in (ROOT / "tests" / folder).glob("test_*.py"))
    chosen = [str(path) for path in paths if {"sempairs.methods", "made_views"} & set(_words(path))]
    observer = Observer()
    if code := pytest.main(["-q", "-p", "no:cacheprovider", *chosen], plugins=[observer]):
        raise SystemExit(code)
    order = [*ORACLES.values(), THEORY]
    return {
        module: {oracle: sorted(found[oracle]) for oracle in order if oracle in found}
        for module, found in sorted(observer.checks.items())
    }


def _words(path: Path) -> list[str]:
    """What a file imports from, up to the family."""
    lines = path.read_text(encoding="utf-8").splitlines()
    names = [line.split()[1] for line in lines if line.startswith(("from ", "import "))]
    return [".".join(name.split(".")[:2]) for name in names]


if __name__ == "__main__":
    FILE.write_text(json.dumps(observe(), indent=1) + "\n", encoding="utf-8")
