"""TensorBoard: event files in the run's folder, so that `tensorboard --logdir RUNS` shows every run by its hash.

**Resume** by the library's own: each start says from which step on it writes anew (`purge_step`), and TensorBoard
forgets what the files of earlier starts have from there on. It knows their order by the clock, in whole seconds.
"""

import json
import textwrap
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.training.trackers.base import numbers


class TensorBoard:
    """Scalars by step; settings and result as texts."""

    def __init__(self) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise UserError("TensorBoard is not installed", todo="pip install 'sempairs[tensorboard]'") from None
        self._open: Any = SummaryWriter
        self._writer: Any = None
        self._step = 0

    def begin(self, name: str, title: str, settings: dict[str, Any], folder: Path, resumed_at: int) -> None:
        """Open a new event file. The settings are written at step 0, which a resume leaves as it is."""
        self._step = resumed_at
        self._writer = self._open(str(folder), purge_step=resumed_at + 1 if resumed_at else 0)
        if not resumed_at:
            self._text("settings", {"title": title, **settings})

    def log(self, line: dict[str, Any]) -> None:
        """Write the numbers of a line, to the disk at once: a run that is killed resumes after its last checkpoint."""
        self._step = line["step"]
        for name, value in numbers(line).items():
            self._writer.add_scalar(name, value, self._step)
        self._writer.flush()

    def end(self, result: dict[str, Any] | None) -> None:
        """Write the result and close the file."""
        if result is not None:
            self._text("result", result)
        self._writer.close()

    def _text(self, name: str, value: dict[str, Any]) -> None:
        # Four spaces are a block of code to TensorBoard, which reads texts as Markdown.
        self._writer.add_text(name, textwrap.indent(json.dumps(value, indent=2), "    "), self._step)
