"""What may leave a reader: its result, or a refusal that a person can use; nothing else."""

from handseg.dataset.fault import Fault
from handseg.errors import BadInput, HandsegError, MissingInput

MOST_LINES = 45
"""Twenty faults or forty differences, one a line, and how many more there are."""
MOST_OF_A_LINE = 800
"""A path, what a library says (300), a value (80), and a list of all settings."""
MOST_CPU_S = 2.0


class Wrong(Exception):  # noqa: N818 - says what it is
    """A reader took what it should have refused, or said something that nobody can use."""


def must(condition: bool, message: str) -> None:
    """Raise Wrong with the message unless the condition holds; -O does not take it away."""
    if not condition:
        raise Wrong(message)


def check_refusal(error: HandsegError, names: str) -> None:
    """Hold a refusal to its form.

    Args:
        error: what a reader raised.
        names: what its message must name.

    Raises:
        Wrong: of another kind than bad or missing input, without the name, unprintable or long.
    """
    must(type(error) in (BadInput, MissingInput), f"a refusal of type {type(error).__name__}")
    text = str(error)
    must(names in text, f"a refusal that does not name {names}")
    check_text(text)


def check_text(text: str) -> None:
    """Hold a message to printable lines of bounded number and length."""
    lines = text.split("\n")
    must(len(lines) <= MOST_LINES, "a message of too many lines")
    must(all(len(line) <= MOST_OF_A_LINE for line in lines), "a message with a long line")
    must(all(line.isprintable() for line in lines), "a message that cannot be printed")


def check_fault(fault: Fault) -> None:
    """Hold a fault to the form of a message."""
    for text in (fault.path, fault.fault, fault.value, fault.remedy):
        check_text(text)
        must("\n" not in text, "a fault of several lines")
