"""What fell out of a reader: a kind of finding, its trace, and the smallest input that shows it."""

import hashlib
import traceback
from dataclasses import dataclass
from pathlib import Path

import handseg
from tests.fuzz.oracle import Wrong

_SHOWN = 200
_HANDSEG = Path(handseg.__file__).parent
_INPUT, _TRACE = ".input", ".txt"


@dataclass(frozen=True)
class Found:
    """One kind of finding, with an input."""

    what: str
    """The same for inputs that fail in the same way."""
    trace: str
    content: bytes

    @property
    def name(self) -> str:
        """Names its kind in a file's name."""
        return hashlib.sha256(self.what.encode()).hexdigest()[:8]

    def keep(self, folder: Path) -> None:
        """Write it, unless a smaller input of its kind is there."""
        path = folder / f"{self.name}{_INPUT}"
        if not path.is_file() or path.stat().st_size > len(self.content):
            self.write(path)

    def write(self, path: Path) -> None:
        """Write the input to a file, and the trace beside it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = f"{self.what}\n\n{self.trace}"
        path.with_suffix(_TRACE).write_text(text, encoding="utf-8", errors="backslashreplace")
        path.write_bytes(self.content)


def signature(error: BaseException) -> str:
    """A kind of finding: what was raised, and where in handseg it, or the refusal, came from."""
    is_wrong = isinstance(error, Wrong)
    origin = error.__context__ if is_wrong and error.__context__ else error
    places = [
        f"{Path(frame.filename).name}:{frame.name}"
        for frame in traceback.extract_tb(origin.__traceback__)
        if Path(frame.filename).is_relative_to(_HANDSEG)
    ]
    what = str(error) if is_wrong else type(error).__name__
    return ascii(f"{what}, from {places[-1] if places else 'the target'}")[1:-1][:_SHOWN]


def read(folder: Path) -> list[Found]:
    """What a child has kept."""
    found = []
    for path in sorted(folder.glob(f"*{_INPUT}")):
        what, _, trace = path.with_suffix(_TRACE).read_text(encoding="utf-8").partition("\n\n")
        found.append(Found(what, trace, path.read_bytes()))
    return found
