"""What only the command line or only a test may do: print, swallow every exception, assert."""

import ast

from tests.contract.layers import LAYERS
from tests.contract.offenders import offenders
from tests.contract.source_tree import Module


def calls(module: Module) -> set[str]:
    nodes = ast.walk(module.tree)
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


def test_nothing_below_the_command_line_prints() -> None:
    below = [name for name, level in LAYERS.items() if name != "handseg" and level < 4]
    assert not offenders(lambda module: calls(module) & {"print"}, *below)


def test_no_assert_outside_tests() -> None:
    def asserts(module: Module) -> list[str]:
        nodes = ast.walk(module.tree)
        return [ast.unparse(node) for node in nodes if isinstance(node, ast.Assert)]

    assert not offenders(asserts)


def test_only_the_command_line_swallows_every_exception() -> None:
    def swallowed(module: Module) -> set[str]:
        if module.name == "handseg.cli":
            return set()
        handlers = [node for node in ast.walk(module.tree) if isinstance(node, ast.ExceptHandler)]
        silent = [h for h in handlers if not any(isinstance(n, ast.Raise) for n in ast.walk(h))]
        caught = {"" if h.type is None else ast.unparse(h.type) for h in silent}
        return caught & {"", "Exception", "BaseException"}

    assert not offenders(swallowed)
