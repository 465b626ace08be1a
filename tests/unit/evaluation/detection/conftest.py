"""No progress bars in the tests of detection."""

import pytest

from sempairs.core.progress import quiet


@pytest.fixture(autouse=True)
def no_progress():
    with quiet():
        yield
