"""Text and JSON of files that anyone may have written, refused with one kind of error."""

import json
from pathlib import Path
from typing import Any

from handseg.errors import BadInput, told


def read(path: Path, *, remedy: str) -> str:
    """Read a file of UTF-8.

    Args:
        path: the file; it is there.
        remedy: ends the message.

    Raises:
        BadInput: it is no such text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: not text ({told(error)}); {remedy}") from error


def json_of(text: str | bytes, source: str, *, remedy: str) -> Any:
    """Read one JSON document.

    Args:
        text: the document; UTF-8 where it is bytes.
        source: names it in the message.
        remedy: ends the message.

    Raises:
        BadInput: it is none, is nested too deeply, or holds a number of thousands of digits.
    """
    try:
        return json.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
    except RecursionError:
        raise BadInput(f"{source}: nested too deeply; {remedy}") from None
    except ValueError as error:
        raise BadInput(f"{source}: no JSON ({told(error)}); {remedy}") from error


def read_json(path: Path, *, remedy: str) -> Any:
    """Read a file of one JSON document; see `read` and `json_of`."""
    return json_of(read(path, remedy=remedy), str(path), remedy=remedy)


def in_markdown(text: str) -> str:
    """One line of text that Markdown takes for nothing but text, in a table too."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
    return "".join(f"\\{c}" if c in r"\`*_[]|" else c for c in safe)
