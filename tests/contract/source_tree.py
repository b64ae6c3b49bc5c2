"""The project's modules as syntax trees, for the contract tests that read them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("handseg", "components", "pipeline")


@dataclass(frozen=True)
class Module:
    """One Python file."""

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        """Its source."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> set[str]:
        """Full names of everything imported when it is; names of objects are among them."""
        return set(_imported(self.tree, inside_functions=False))

    @cached_property
    def late_imports(self) -> set[str]:
        """Full names of what a function of it imports."""
        return set(_imported(self.tree, inside_functions=True)) - self.imports


def modules() -> list[Module]:
    """Every module of the three packages, sorted."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found.append(Module(name.removesuffix(".__init__"), path))
    return found


def _imported(tree: ast.Module, *, inside_functions: bool) -> Iterator[str]:
    for node in _nodes(tree, inside_functions=inside_functions):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _nodes(node: ast.AST, *, inside_functions: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if _is_for_types_only(child) or (is_function and not inside_functions):
            continue
        yield child
        yield from _nodes(child, inside_functions=inside_functions)


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
