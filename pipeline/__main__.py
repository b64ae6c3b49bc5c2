"""`python -m pipeline compile | local | submit`: the pipeline's programs."""

import sys

from pipeline import compile as compiling
from pipeline import local
from pipeline.submit import command

PROGRAMS = {"compile": compiling.main, "local": local.main, "submit": command.main}


def main(arguments: list[str]) -> None:
    """Run the program that the first argument names with the others."""
    if not arguments or arguments[0] not in PROGRAMS:
        sys.exit(f"usage: python -m pipeline {{{','.join(PROGRAMS)}}} ...; --help explains each")
    PROGRAMS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
