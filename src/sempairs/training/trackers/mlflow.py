"""MLflow: a run of the experiment "sempairs", in the folder `mlruns` beside the runs unless MLFLOW_TRACKING_URI is set.

**Resume** by the library's own: the MLflow run that has this run's name in its tags is opened again. What it has of a
metric is not logged again, since a resumed training repeats the same numbers.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from sempairs.core.errors import UserError
from sempairs.training.trackers.base import flat, numbers

TAG = "sempairs.run"


class MLflow:
    """Metrics by step, settings as parameters, the result as a tag."""

    def __init__(self) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nothing is sent unless asked for
        try:
            import mlflow
        except ImportError:
            raise UserError("MLflow is not installed", todo="pip install 'sempairs[mlflow]'") from None
        self._mlflow: Any = mlflow
        self._client: Any = None
        self._id = ""
        self._last: dict[str, int] = {}  # the last step that is there of each metric

    def begin(self, name: str, title: str, settings: dict[str, Any], folder: Path, resumed_at: int) -> None:
        """Make the MLflow run, or open it again. A tracking server or store that the user has set is used."""
        store = None
        if not self._mlflow.is_tracking_uri_set():
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow 3 wants this said
            store = (folder.parent / "mlruns").absolute().as_uri()
        self._client = self._mlflow.MlflowClient(tracking_uri=store)
        experiment = self._experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", "sempairs"))
        found = self._client.search_runs([experiment], f"tags.`{TAG}` = '{name}'")
        run = found[0] if found else self._client.create_run(experiment, run_name=title, tags={TAG: name})
        self._id = run.info.run_id
        self._last = {metric: self._last_step(metric) for metric in run.data.metrics}
        self._client.update_run(self._id, status="RUNNING")
        for option, value in flat(settings).items():
            self._client.log_param(self._id, option, value)

    def log(self, line: dict[str, Any]) -> None:
        """Log the numbers of a line that are not there."""
        now, step = int(time.time() * 1000), line["step"]
        metrics = [
            self._mlflow.entities.Metric(name, value, now, step)
            for name, value in numbers(line).items()
            if step > self._last.get(name, -1)
        ]
        self._client.log_batch(self._id, metrics=metrics)

    def end(self, result: dict[str, Any] | None) -> None:
        """Say how the run ended."""
        if result is not None:
            self._client.set_tag(self._id, "sempairs.result", json.dumps(result))
        self._client.set_terminated(self._id, "KILLED" if result is None else "FINISHED")

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))

    def _last_step(self, metric: str) -> int:
        return max(int(entry.step) for entry in self._client.get_metric_history(self._id, metric))
