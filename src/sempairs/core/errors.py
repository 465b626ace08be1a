"""The one error a user can cause: what was wrong, what came, what to do."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """Something the user can mend. The command line prints it without a traceback and exits with code 2.

    Parameters
    ----------
    problem: what was wrong, in one sentence.
    got: what came instead of what was expected.
    todo: what to do about it.
    """

    def __init__(self, problem: str, *, got: object = None, todo: str | None = None) -> None:
        self.problem, self.got, self.todo = problem, got, todo
        lines = [problem]
        if got is not None:
            lines.append(f"got: {got}")
        if todo is not None:
            lines.append(f"to do: {todo}")
        super().__init__("\n  ".join(lines))


def suggest(name: str, known: Iterable[str]) -> str:
    """The sentence that helps with a wrong name: the nearest valid one, then all of them."""
    known = sorted(set(known))
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return (f"did you mean {near[0]!r}? " if near else "") + "valid names: " + (", ".join(known) or "none")
