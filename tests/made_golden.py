"""The losses of 20 steps on fixed data as text, for every method: `make golden` writes them again.

A change of a method's arithmetic shows as a diff of tests/golden/METHOD.txt that a reviewer reads. In float64 and with
clipped gradients, so that another processor's rounding stays far below the five digits that are kept: first weights
moved by 1e-7 of themselves move no loss by more than 6e-6 of itself. Steps of any length are chaos for some methods.
"""

from pathlib import Path

import torch

from made_views import crops, known, made, views
from sempairs.methods import METHODS

FOLDER = Path(__file__).parent / "golden"
STEPS, LEARNING_RATE = 20, 0.05


def golden_losses(name: str) -> str:
    """A line for each step of plain SGD, a column for each term of the loss."""
    method = made(name).double()
    optimizer = torch.optim.SGD([p for p in method.parameters() if p.requires_grad], lr=LEARNING_RATE)
    lines = []
    for step in range(STEPS):
        batch = crops(step) if method.takes_crops else views(step)
        terms = method.loss(*method(*(view.double() for view in batch)), known=known())
        if not lines:
            lines.append("step " + " ".join(term.replace(" ", "_") for term in terms))
        lines.append(f"{step:4} " + " ".join(f"{term.item():.5g}" for term in terms.values()))
        optimizer.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(method.parameters(), 1.0)
        optimizer.step()
        method.after_step((step + 1) / STEPS)
    return "\n".join(lines) + "\n"


def write() -> None:
    """Write the file of every registered method and remove those of methods that are gone."""
    for path in FOLDER.glob("*.txt"):
        if path.stem not in METHODS:
            path.unlink()
    for name in METHODS:
        (FOLDER / f"{name}.txt").write_text(golden_losses(name), encoding="utf-8")


if __name__ == "__main__":
    write()
