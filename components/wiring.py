"""How a component's inputs and outputs reach its stage's parameters, read from its source."""

import ast
from dataclasses import dataclass
from pathlib import Path

STAGES = ("split", "preprocess", "train", "infer", "merge", "ensemble", "vote", "tally", "conclude")
_HERE = Path(__file__).parent
_LIBRARY = _HERE.parent / "handseg"


@dataclass(frozen=True)
class Call:
    """A component's call of a stage function."""

    stage: str
    """The function's name, which is its module's in handseg.stages as well."""
    wires: dict[str, list[str]]
    """Parameter of the stage -> the component's inputs and outputs that its value is made of."""


def component_function(name: str) -> ast.FunctionDef:
    """The source of a component's function, which has the component's name."""
    return _function(component_path(name), name)


def component_path(name: str) -> Path:
    """The file a component is written in."""
    return _HERE / name / "component.py"


def stage_function(stage: str) -> ast.FunctionDef:
    """The source of a stage; parsed rather than imported, since importing torch takes seconds."""
    return _function(_LIBRARY / "stages" / f"{stage}.py", stage)


def parameters(function: ast.FunctionDef) -> list[str]:
    """The names of a function's parameters, in order."""
    arguments = function.args
    return [a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]


def calls(name: str) -> list[Call]:
    """The stage calls in a component's body, in order."""
    function = component_function(name)
    own = parameters(function)
    aliases = _stage_aliases(function)
    assigned: dict[str, list[str]] = {}
    found = []
    for statement in function.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            assigned[statement.targets[0].id] = _sources(statement.value, own, assigned)
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                stage = aliases.get(node.func.id)
                if stage:
                    wires = {k.arg or "**": _sources(k.value, own, assigned) for k in node.keywords}
                    found.append(Call(stage, wires))
    return found


def _function(path: Path, name: str) -> ast.FunctionDef:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise ValueError(f"{path}: no function {name}; a stage's module has one of its own name")


def _stage_aliases(function: ast.FunctionDef) -> dict[str, str]:
    return {
        alias.asname or alias.name: alias.name
        for node in function.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("handseg.stages.")
        for alias in node.names
    }


def _sources(value: ast.expr, own: list[str], assigned: dict[str, list[str]]) -> list[str]:
    used: list[str] = []
    for node in ast.walk(value):
        if isinstance(node, ast.Name):
            used += [node.id] if node.id in own else assigned.get(node.id, [])
    return list(dict.fromkeys(used))
