"""Every check, one after another; a module that cannot be loaded is a finding itself."""

from collections.abc import Iterator, Sequence
from importlib import import_module

from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, of_error
from handseg.errors import HandsegError

MODULES = (
    "versions",
    "opencv",
    "gpu",
    "cores",
    "memory",
    "shared_memory",
    "process",
    "temporary",
    "compiling",
    "disk",
    "store",
    "cluster",
    "engine",
)
"""Each has `look`; by name, so that a package that is missing takes one check with it."""


def examine(asked: Asked) -> Iterator[Sequence[Check]]:
    """The checks of each module, in turn."""
    for name in MODULES:
        yield _looked(name, asked)


def _looked(name: str, asked: Asked) -> list[Check]:
    try:
        return list(import_module(f"handseg.doctor.{name}").look(asked))
    except ImportError as error:
        return [failed(name, str(error), "install what handseg asks for: pip install handseg")]
    except HandsegError as error:
        return [of_error(name, error)]
