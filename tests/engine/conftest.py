"""Both images, built once from this checkout."""

import pytest

from tests.engine.containers import call


@pytest.fixture(scope="session", autouse=True)
def commit() -> str:
    """The commit that `make images` built; where no engine answers, the test fails and says so."""
    words = "git describe --always --abbrev=40 --exclude * --dirty"
    found = call(*words.split()).strip()
    call("make", "--no-print-directory", "images")
    return found
