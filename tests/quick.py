"""The cases of a list that `make test` takes; `make test-all` takes all."""

from collections.abc import Iterable
from typing import Any

import pytest


def alone(names: Iterable[str], *chosen: str) -> list[Any]:
    """All names as a test's parameters, all but the chosen marked `long`."""
    long = pytest.mark.long
    return [name if name in chosen else pytest.param(name, marks=long) for name in names]
