"""One line of the doctor's answer."""

from dataclasses import dataclass
from typing import Literal

from handseg.errors import HandsegError

State = Literal["ok", "warning", "failed", "not asked for"]


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found, and what to do about it."""

    name: str
    state: State
    """`failed` keeps what was asked for from working; a warning does not."""
    found: str
    remedy: str = ""
    """Empty where there is nothing to do."""


def ok(name: str, found: str) -> Check:
    """All is well."""
    return Check(name, "ok", found)


def warning(name: str, found: str, remedy: str) -> Check:
    """Worth a look."""
    return Check(name, "warning", found, remedy)


def failed(name: str, found: str, remedy: str) -> Check:
    """It will not work like this."""
    return Check(name, "failed", found, remedy)


def not_asked(name: str, found: str, remedy: str = "") -> Check:
    """Nothing that was asked for needs it."""
    return Check(name, "not asked for", found, remedy)


def short_of(name: str, found: str, remedy: str, *, is_needed: bool) -> Check:
    """A lack: `failed` where it is needed, else a warning."""
    return (failed if is_needed else warning)(name, found, remedy)


def of_error(name: str, error: HandsegError) -> Check:
    """Take a message apart that says `what is wrong; remedy`."""
    found, _, remedy = str(error).partition("; ")
    return failed(name, found, remedy)
