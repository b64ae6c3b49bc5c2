"""A command's flags, read from its function: signature, docstring and settings dataclasses.

`--settings.learning_rate 3e-4` sets one field, `--settings FILE.yaml` several, `--config FILE.yaml`
every argument. Dashes and underscores are alike in a flag's name, `--stores A B C` fills a list,
`--json` alone is true, and 40.0 passes for an int.
"""

import dataclasses
import inspect
import re
from argparse import ArgumentError
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args, get_type_hints

import docstring_parser
from jsonargparse import SUPPRESS, ArgumentParser, set_loader, set_parsing_settings

from handseg import flag_words
from handseg.errors import BadInput
from handseg.presets import plain_yaml
from handseg.settings_codec import from_dict
from handseg.storage import location
from handseg.storage.location import Location
from handseg.terminal import FORMATS, LEVELS, LogSettings

Function = Callable[..., object]
_MODE = "handseg"
_PRINT = "--print_config"


def parse(
    command: str, function: Function, positional: Sequence[str], argv: Sequence[str]
) -> tuple[dict[str, Any], LogSettings]:
    """Turn a command's arguments into the keyword arguments of its function.

    Args:
        command: the command's name.
        function: its function; every parameter is a flag unless positional names it.
        positional: parameters given without a flag, in order.
        argv: the arguments after the command.

    Returns:
        What was given (what was not keeps the function's default), and how to log.

    Raises:
        BadInput: a flag is unknown or missing, or a value cannot be right.
        SystemExit: help was asked for and printed.
    """
    hints = _hints(function)
    parser = _parser(command, function, hints, positional)
    try:
        words = flag_words.tidy(argv, hints, _option_names(parser))
        # What was not given keeps its function's default; printed, it stands among the rest.
        is_printed = any(word.startswith(_PRINT) for word in words)
        given = parser.parse_args(words, defaults=is_printed).as_dict()
    except ArgumentError as error:
        raise BadInput(f"{_plain(error)} (see handseg {command} --help)") from error
    logs = {
        name: given.pop(f"log_{name}") for name in ("level", "format") if f"log_{name}" in given
    }
    given.pop("config", None)
    return {name: _value(hints[name], name, given[name]) for name in given}, LogSettings(**logs)


@dataclasses.dataclass(frozen=True)
class Option:
    """One flag of a command, or one argument without a flag."""

    words: tuple[str, ...]
    """Its spellings with their dashes; the name alone where it has none."""
    help: str
    choices: tuple[str, ...] | None


def options(command: str, function: Function, positional: Sequence[str]) -> list[Option]:
    """Everything that a command takes, in order; see `parse`."""
    parser = _parser(command, function, _hints(function), positional)
    found = []
    for action in parser._actions:
        words = tuple(action.option_strings) or (action.dest,)
        choices = tuple(map(str, action.choices)) if action.choices else None
        text = "" if action.help in (None, SUPPRESS) else " ".join(str(action.help).split())
        found.append(Option(words, text, choices))
    return found


def _hints(function: Function) -> dict[str, Any]:
    hints = get_type_hints(function, include_extras=True)
    hints.pop("return", None)
    return {name: _without_none(hint) for name, hint in hints.items()}


def _without_none(hint: Any) -> Any:
    inner = [part for part in get_args(hint) if part is not type(None)]
    return inner[0] if type(None) in get_args(hint) and len(inner) == 1 else hint


def _parser(
    command: str, function: Function, hints: Mapping[str, Any], positional: Sequence[str]
) -> ArgumentParser:
    set_parsing_settings(docstring_parse_attribute_docstrings=True)
    set_loader(_MODE, plain_yaml.load_whole, exceptions=(Exception,))
    words = docstring_parser.parse(function.__doc__ or "")
    places = " ".join(name.upper() for name in positional)
    parser = ArgumentParser(
        prog=f"handseg {command}",
        usage=" ".join(f"handseg {command} {places} [flags]".split()),
        description="\n\n".join(filter(None, (words.short_description, words.long_description))),
        exit_on_error=False,
        parser_mode=_MODE,
    )
    parser.add_argument("--config", action="config", help="YAML file with any of these arguments.")
    parser.add_argument(
        "--log_level", default="info", choices=LEVELS, help="Least important log line to show."
    )
    parser.add_argument(
        "--log_format", default="text", choices=FORMATS, help="Log lines for people, or as JSON."
    )
    texts = {param.arg_name: param.description or "" for param in words.params}
    for name, parameter in inspect.signature(function).parameters.items():
        _add(parser, parameter, hints[name], texts.get(name, ""), name in positional)
    return parser


def _add(
    parser: ArgumentParser, parameter: inspect.Parameter, hint: Any, text: str, placed: bool
) -> None:
    name, kind = parameter.name, _plain_type(hint)
    settings, partial = flag_words.settings_class(hint)
    if settings is not None:
        parser.add_class_arguments(settings, name, help=text)
        if partial:
            _hide_defaults(parser, f"{name}.")
    elif placed:
        parser.add_argument(name, type=kind, help=text)
    elif parameter.default is inspect.Parameter.empty:
        parser.add_argument(f"--{name}", type=kind, required=True, help=text)
    else:
        parser.add_argument(f"--{name}", type=kind, default=parameter.default, help=text)


def _hide_defaults(parser: ArgumentParser, prefix: str) -> None:
    # What is left out of an override is the preset's, not the dataclass's default.
    for action in parser._actions:
        if action.dest.startswith(prefix):
            action.default = SUPPRESS


def _plain_type(hint: Any) -> Any:
    if hint is Location:
        return str
    return list[str] if hint == list[Location] else hint


def _option_names(parser: ArgumentParser) -> list[str]:
    return [name for action in parser._actions for name in action.option_strings]


def _plain(error: ArgumentError) -> str:
    text = re.sub(r"<class '(\w+)'>", r"\1", str(error)).replace("typing.", "")
    text = re.sub(r'Parser key "([\w.]+)":', r"--\1:", text)
    text = re.sub(r"Expected a (.+)\. Got value: (.*)", r"expected \1, got \2", text)
    text = text.partition("\n  - --")[0]  # the cause of a bad file repeats the message
    return " ".join(text.split())


def _value(hint: Any, name: str, value: Any) -> Any:
    settings, partial = flag_words.settings_class(hint)
    if settings is not None:
        plain = _without_paths(value)
        return plain if partial else from_dict(settings, plain, where=name)
    if hint is Location:
        return location.parse(value)
    if hint == list[Location]:
        return [location.parse(text) for text in value]
    return value


def _without_paths(value: Any) -> Any:
    """Without the note jsonargparse leaves of the file that values came from."""
    if not isinstance(value, dict):
        return value
    return {key: _without_paths(entry) for key, entry in value.items() if key != "__path__"}
