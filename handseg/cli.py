"""`handseg COMMAND ...`: finds a command, reads flags from its function, sets the exit code.

Nothing but the standard library is loaded before a command is known: torch alone takes seconds.
"""

import atexit
import errno
import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module, metadata
from types import ModuleType

from handseg import terminal
from handseg.errors import BadInput, HandsegError, MissingInput

DONE, INTERNAL_ERROR, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
# What the user's paths, permissions or disk cause, rather than a mistake of this program.
_USERS_ERRORS = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOTDIR}


@dataclass(frozen=True)
class Command:
    """Where a command's function is, what it is for, and which parameters need no flag."""

    target: str
    help: str
    positional: tuple[str, ...] = ()
    extra: str = ""
    """What of `pip install 'handseg[EXTRA]'` it needs beside the core."""
    hands_only: bool = False
    """Whether it is about hands, whatever bones HANDSEG_BONES names."""


COMMANDS = {
    "demo-data": Command(
        "handseg.commands.demo_data:demo_data",
        "draw synthetic hands in the competition's layout",
        ("out",),
        hands_only=True,
    ),
    "check": Command(
        "handseg.commands.check:check", "report every fault of a data folder", ("data",)
    ),
    "eda": Command("handseg.stages.eda:eda", "a look at the data: oddest images first", ("data",)),
    "doctor": Command(
        "handseg.commands.doctor:doctor", "what this machine lacks, and what to do about it"
    ),
    "plan": Command(
        "handseg.commands.forecast:plan", "what a run would take here", ("preset",), "train"
    ),
    "run": Command("handseg.commands.run:run", "all stages on this machine; goes on where it was"),
    "split": Command("handseg.stages.split:split", "people -> fold table"),
    "preprocess": Command("handseg.stages.preprocess:preprocess", "images -> image cache"),
    "train": Command(
        "handseg.stages.train:train", "train one member on all folds but one", extra="train"
    ),
    "infer": Command(
        "handseg.stages.infer:infer", "a member's probabilities -> probability store", extra="train"
    ),
    "select": Command(
        "handseg.stages.select:select", "out-of-fold stores -> how members are to vote"
    ),
    "merge": Command("handseg.stages.merge:merge", "shards of a store or a CSV -> the whole"),
    "ensemble": Command("handseg.stages.ensemble:ensemble", "probability stores -> RLE CSV"),
    "report": Command("handseg.stages.report:report", "one HTML file about a run"),
    "view": Command(
        "handseg.commands.view:view", "a local page over a run or its data", ("run",), "view"
    ),
    "score": Command("handseg.commands.score:score", "Dice of a CSV against the truth"),
    "validate": Command("handseg.commands.validate:validate", "report every fault of a CSV"),
    "import-dicom": Command(
        "handseg.commands.import_dicom:import_dicom",
        "DICOM X-rays -> a data folder",
        ("source",),
        "medical",
    ),
    "export-masks": Command(
        "handseg.commands.export_masks:export_masks",
        "masks as PNG, NIfTI, COCO or LabelMe",
        extra="medical",
    ),
    "measure": Command(
        "handseg.commands.measure:measure", "area, place and axes of each bone, in px and mm"
    ),
    "verify": Command(
        "handseg.commands.verify:verify", "every hash of a run, computed again", ("run",)
    ),
    "experiment": Command(
        "handseg.commands.experiment:experiment",
        "a table of arms, trained and compared",
        ("table",),
        "train",
    ),
    "tune": Command(
        "handseg.commands.tune:tune", "search settings for the best Dice", ("search",), "train"
    ),
    "show-augmentations": Command(
        "handseg.commands.show_augmentations:show_augmentations",
        "one hand under every adjustment and augmentation, as a PNG",
        extra="train",
    ),
    "completion": Command(
        "handseg.commands.completion:completion",
        "what a shell needs to complete all this",
        ("shell",),
    ),
    "bench": Command(
        "handseg.commands.bench:bench", "handseg against what users write today", hands_only=True
    ),
    "export": Command(
        "handseg.commands.export:export", "checkpoint -> ONNX, checked against torch", extra="train"
    ),
    "models": Command(
        "handseg.commands.models:models", "the networks there are, and their sizes", extra="train"
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; by default the process's own.

    Returns:
        0 done, 1 internal error, 2 wrong use, bad input or a failed check, 3 out of GPU memory,
        4 time-out, 5 non-finite loss, 143 SIGTERM (and 130 for Ctrl-C).
    """
    words = list(sys.argv[1:] if argv is None else argv)
    # Looking for garbage once more took 0.9 of the 1.1 s in which a process with torch ends; after
    # SIGTERM there are ten in all.
    atexit.register(gc.freeze)
    try:
        code = _answered(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has left (`| head`); Python itself may not complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERNAL_ERROR
    return code


def _answered(words: Sequence[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return DONE if words else WRONG_USE
    if words[0] == "--version":
        print(f"handseg {metadata.version('handseg')}")
        return DONE
    name = words[0].replace("_", "-")
    if name not in COMMANDS:
        near = get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else "see handseg --help"
        return _refuse(f"handseg: {words[0]}: unknown command; {hint}", WRONG_USE)
    return _ended(name, words[1:])


def overview() -> str:
    """The commands, one line each."""
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{width}}{command.help}" for name, command in COMMANDS.items()]
    return "\n".join(
        [
            "usage: handseg COMMAND [flags]",
            "",
            "Segments the 29 bones of the hand in X-rays. Paths are local or s3://bucket/prefix.",
            "",
            *lines,
            "",
            "handseg COMMAND --help explains a command's flags, with units and defaults.",
        ]
    )


def _ended(name: str, argv: Sequence[str]) -> int:
    try:
        return _run(name, argv)
    except HandsegError as error:
        return _refuse(f"handseg {name}: {error}", error.exit_code)
    except KeyboardInterrupt:
        return _refuse(f"handseg {name}: interrupted", INTERRUPTED)
    except SystemExit as request:  # --help and --print_config end this way
        return request.code if isinstance(request.code, int) else int(request.code is not None)
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno in _USERS_ERRORS and error.filename is not None:
            return _refuse(f"handseg {name}: {error.filename}: {error.strerror}", WRONG_USE)
        terminal.tell_mistake()
    except Exception:
        terminal.tell_mistake()
    return INTERNAL_ERROR


def _run(name: str, argv: Sequence[str]) -> int:
    # Flags load jsonargparse, a command numpy, cv2 or torch: neither is needed for an overview.
    # Arrow's own allocator keeps what several threads have freed: voting on 288 images by 5 members
    # took 260 MB with it, and 150 MB with the system's, in the same time.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    flags = import_module("handseg.flags")
    command = COMMANDS[name]
    if command.hands_only and os.environ.get("HANDSEG_BONES"):
        raise BadInput("it is about hands alone; unset HANDSEG_BONES")
    module, _, attribute = command.target.partition(":")
    with terminal.ending_on_sigterm():
        function = getattr(_imported(module, command), attribute)
        arguments, logs = flags.parse(name, function, command.positional, argv)
        terminal.set_up_logging(logs)
        code = function(**arguments)
    return code if isinstance(code, int) else DONE


def _imported(module: str, command: Command) -> ModuleType:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if not command.extra or (error.name or "").startswith("handseg"):
            raise
        raise MissingInput(
            f"{error.name} is not installed; pip install 'handseg[{command.extra}]'"
        ) from error


def _refuse(message: str, code: int) -> int:
    terminal.tell_error(message)
    return code


if __name__ == "__main__":
    sys.exit(main())
