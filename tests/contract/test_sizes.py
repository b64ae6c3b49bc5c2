"""Modules and functions stay short, and no file is a drawer for what fits nowhere."""

import ast

from tests.contract.source_tree import modules

MODULE_LINES = 250
FUNCTION_LINES = 60
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc"}
MODULES = modules()


def test_modules_are_short() -> None:
    lines = {module.name: len(module.text.splitlines()) for module in MODULES}
    assert not {name: count for name, count in lines.items() if count > MODULE_LINES}


def test_functions_fit_on_a_screen() -> None:
    lines = {
        # By line as well: a module may have a function and a method of one name.
        f"{module.name}:{node.lineno} {node.name}": (node.end_lineno or node.lineno)
        - node.lineno
        + 1
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert not {name: count for name, count in lines.items() if count > FUNCTION_LINES}


def test_a_module_is_named_by_its_idea() -> None:
    assert not [module.name for module in MODULES if DRAWERS & set(module.name.split("."))]


def test_packages_say_nothing_by_themselves_but_that_no_library_may_call_anybody() -> None:
    packages = [module for module in MODULES if module.path.name == "__init__.py"]
    assert [module.name for module in packages if module.text] == ["handseg"]
