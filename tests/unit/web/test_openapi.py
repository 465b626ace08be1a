"""The API does what its description says, whatever is sent to it (schemathesis)."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from made_review import BASE
from sempairs.web.security import Guard

EXAMPLES = 25
OPERATIONS = [
    ("/api/tasks", "POST"), ("/api/decisions", "POST"), ("/api/history", "GET"), ("/api/progress", "GET"),
    ("/api/project", "GET"), ("/api/gallery", "GET"), ("/api/people", "POST"), ("/images/{image}", "GET"),
]  # fmt: skip


def test_all_operations_are_described(ada: TestClient) -> None:
    paths = ada.get("/openapi.json").json()["paths"]
    assert sorted(OPERATIONS) == sorted((path, method.upper()) for path in paths for method in paths[path])


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_one_that_is_described(ada: TestClient, app: Guard, path: str, method: str) -> None:
    schema = schemathesis.openapi.from_dict(ada.get("/openapi.json").json())
    schema.app = app
    headers = {"origin": BASE, "sec-fetch-site": "same-origin", "host": BASE.removeprefix("http://")}
    # Which characters of a name are printable, no schema can say.
    but = [positive_data_acceptance] if path == "/api/people" else []

    @given(case=schema[path][method].as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(base_url=BASE, headers=headers, cookies=dict(ada.cookies), excluded_checks=but)

    check()
