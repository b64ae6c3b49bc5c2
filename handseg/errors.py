"""The errors a user can meet, the exit code of each, and how they show what may be anything."""

_SHOWN = 80
_TOLD = 300


class HandsegError(Exception):
    """Broken data or wrong use; the message names the file or id, the value and the remedy."""

    exit_code = 2


class BadInput(HandsegError, ValueError):
    """A value or file that is there but cannot be right."""


class MissingInput(HandsegError, FileNotFoundError):
    """A file, folder, bucket or key that should be there and is not."""


class DiskFull(HandsegError):
    """A disk is too small for what is to be written; what was there before is as it was."""


class OutOfGpuMemory(HandsegError):
    """The accelerator's memory is too small for the batch; the message gives a size hint."""

    exit_code = 3


class WorkerLost(HandsegError):
    """A process that prepares images for a training died; what was saved before is as it was."""


class TimedOut(HandsegError):
    """A stated time limit was reached; what was done so far is kept in a checkpoint."""

    exit_code = 4


class NonFiniteLoss(HandsegError):
    """The loss became NaN or infinite; the message names the batch's images."""

    exit_code = 5


class Terminated(HandsegError):
    """SIGTERM arrived; the state was saved first."""

    exit_code = 143


def shown(value: object) -> str:
    """A value that may be anything, as printable text of bounded length, as Python writes it."""
    # A slice first: the repr of a list of a million points would take seconds.
    text = ascii(value[:_SHOWN] if isinstance(value, str | list) else value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def told(said: object) -> str:
    """What a library's error says, or a name, as one printable line of bounded length."""
    line = " ".join(str(said)[:_TOLD].split())
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    return text if len(text) < _TOLD else f"{text[: _TOLD - 3]}..."
