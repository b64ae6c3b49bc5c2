"""Modules that import, or hold, what they may not."""

from collections.abc import Callable, Collection

from tests.contract.source_tree import Module, modules

MODULES = modules()
BY_NAME = {module.name: module for module in MODULES}


def is_within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def ours(names: set[str]) -> set[str]:
    """Those that are modules of the project; an imported object stands for its module."""
    found = set()
    for name in names:
        if name in BY_NAME:
            found.add(name)
        elif name.rpartition(".")[0] in BY_NAME:
            found.add(name.rpartition(".")[0])
    return found


def libraries(module: Module) -> set[str]:
    return {name.split(".")[0] for name in module.imports | module.late_imports}


def offenders(wrong: Callable[[Module], Collection[str]], *packages: str) -> dict[str, set[str]]:
    """What is wrong in each module of the packages (all by default) where anything is."""
    looked_at = [m for m in MODULES if not packages or is_within(m.name, *packages)]
    found = {module.name: set(wrong(module)) for module in looked_at}
    return {name: what for name, what in found.items() if what}
