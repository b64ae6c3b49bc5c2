"""No module lets a file or a text that it is given run a program: by its calls and their switches,
and by its words. What happens to a file that tries is a row of tests/faults (58)."""

import ast
import re
import subprocess

from tests.contract.source_tree import ROOT, Module, modules

MODULES = modules()
RUNS_PROGRAMS = re.compile(
    r"(pickle|cPickle|dill|cloudpickle|joblib|shelve|marshal)\.(load|loads|Unpickler|open)\b"
    r"|\b(torch|np|numpy)\.load\b|\btorch\.(hub|jit)\.load|read_pickle|from_pickle"
    r"|yaml\.(load|load_all|full_load|unsafe_load)\b|yaml\.(Full|Unsafe)?Loader\b"
    r"|os\.(system|popen)\b|\b(eval|exec|compile|__import__)\b"
)
SWITCHES = {"allow_pickle", "weights_only", "trust_remote_code"}
PICKLED = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".npy", ".npz", ".joblib", ".ckpt")
LOADER = "handseg.presets.plain_yaml"
"""It gives PyYAML its own SafeLoader, by name."""


def _calls(module: Module) -> set[str]:
    nodes = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    return {ast.unparse(node.func) for node in nodes}


def _switches(module: Module) -> set[str]:
    nodes = (node for node in ast.walk(module.tree) if isinstance(node, ast.keyword))
    return {node.arg for node in nodes if node.arg} & SWITCHES


def test_no_call_runs_what_it_reads() -> None:
    found = {m.name: {c for c in _calls(m) if RUNS_PROGRAMS.fullmatch(c)} for m in MODULES}
    assert found.pop(LOADER) <= {"yaml.load"}
    assert not {name: calls for name, calls in found.items() if calls}


def test_the_one_loader_of_yaml_makes_plain_values_alone() -> None:
    (module,) = [m for m in MODULES if m.name == LOADER]
    bases = [
        ast.unparse(base)
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    ]
    assert bases == ["yaml.SafeLoader"]
    loads = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "yaml.load"
    ]
    loaders = [word for node in loads for word in node.keywords if word.arg == "Loader"]
    assert len(loaders) == len(loads)
    assert {ast.unparse(word.value) for word in loaders} == {"_Loader"}


def test_no_call_has_a_switch_for_it() -> None:
    found = {module.name: _switches(module) for module in MODULES}
    assert not {name: switches for name, switches in found.items() if switches}


def test_no_file_of_the_repository_can_hold_a_pickle() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not [name for name in listed.stdout.splitlines() if name.endswith(PICKLED)]
