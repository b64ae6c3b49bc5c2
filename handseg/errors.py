"""The errors a user can meet, and the exit code of each."""


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


class TimedOut(HandsegError):
    """A stated time limit was reached; what was done so far is kept in a checkpoint."""

    exit_code = 4


class NonFiniteLoss(HandsegError):
    """The loss became NaN or infinite; the message names the batch's images."""

    exit_code = 5


class Terminated(HandsegError):
    """SIGTERM arrived; the state was saved first."""

    exit_code = 143
