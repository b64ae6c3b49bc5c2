"""`handseg completion`: what a shell needs to complete commands and flags."""

import argparse
from importlib import import_module
from typing import Literal

import shtab

from handseg import cli, flags
from handseg.errors import MissingInput

Shell = Literal["bash", "zsh", "tcsh"]


def completion(shell: Shell) -> int:
    """Print a completion script: `eval "$(handseg completion bash)"` in the shell's own profile.

    Args:
        shell: bash, zsh or tcsh.

    Returns:
        0.
    """
    print(shtab.complete(_parser(), shell))
    return 0


def _parser() -> argparse.ArgumentParser:
    """Every command with its flags, as plain argparse has them."""
    parser = argparse.ArgumentParser(prog="handseg")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers()
    for name, command in cli.COMMANDS.items():
        added = commands.add_parser(name, help=command.help)
        for option in _options(name, command):
            if option.words != ("-h", "--help"):
                added.add_argument(*option.words, choices=option.choices, help=option.help)
    return parser


def _options(name: str, command: cli.Command) -> list[flags.Option]:
    module, _, attribute = command.target.partition(":")
    try:
        function = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if not command.extra:
            raise MissingInput(f"{error.name} is not installed; pip install it") from error
        return []  # a command whose extra is not installed has no flags to complete
    return flags.options(name, function, command.positional)
