"""One input, given to one reader."""

from importlib import import_module
from pathlib import Path

from handseg.errors import HandsegError
from tests.fuzz.oracle import check_refusal
from tests.fuzz.target import Target


def target(name: str) -> Target:
    """The target of a name, or of a module; imports all that it takes."""
    module = name if "." in name else f"tests.fuzz.readers.{name}"
    found: Target = import_module(module).TARGET
    return found


def names() -> list[str]:
    """Every target there is, sorted."""
    folder = Path(__file__).with_name("readers")
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def refusal(target: Target, content: bytes, work: Path) -> HandsegError | None:
    """Give an input to a reader: how it was refused, or None where it was taken.

    Args:
        target: the reader.
        content: the input.
        work: a folder of its own; files that are there go first.

    Raises:
        BaseException: whatever else left the reader, and `oracle.Wrong`.
    """
    for old in work.rglob("*"):
        # Another file of the same name, as a memory map of the one before may still be open.
        if old.is_file():
            old.unlink()
    try:
        target.read(content, work)
    except HandsegError as error:
        check_refusal(error, target.names)
        return error
    return None
