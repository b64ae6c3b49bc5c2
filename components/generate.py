"""`python -m components.generate`: each component's README.md, from its stage and settings."""

import ast
import dataclasses
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import docstring_parser
import yaml

from components import wiring
from handseg import settings as all_settings

_HERE = Path(__file__).parent
_HEAD = "<!-- Made by `python -m components.generate`; change the stage's docstring instead. -->"

_PLAIN = {
    "String": "text",
    "Float": "number",
    "Dict[String, Any]": "mapping",
    "List[Float]": "list of numbers",
}


def readme(name: str) -> str:
    """The text of a component's README.md."""
    metadata = read_metadata(name)
    spec = import_module(f"components.{name}.component").__dict__[name].component_spec
    meanings = {**_meanings(name), **metadata["only_here"]}
    stages = " and ".join(f"`handseg.stages.{stage}`" for stage in metadata["stages"])
    commands = " and ".join(f"`handseg {stage} --help`" for stage in metadata["stages"])
    by_hand = f". By hand: {commands}." if commands else "."
    parts = [
        f"# {name}\n\n{_HEAD}\n\n{_purpose(name)}",
        f"Runs {stages or 'alone'} in the image `handseg-{metadata['image']}`{by_hand}",
        _section("Inputs", _ports(spec.inputs or {}, meanings)),
        _section("Outputs", _ports(spec.outputs or {}, meanings)),
    ]
    parts += _settings_sections(metadata["stages"])
    return "\n\n".join(part for part in parts if part) + "\n"


def read_metadata(name: str) -> dict[str, Any]:
    """A component's metadata.yaml."""
    text = (_HERE / name / "metadata.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def _purpose(name: str) -> str:
    texts = [_docstring(stage) for stage in read_metadata(name)["stages"]]
    if not texts:
        return ast.get_docstring(wiring.component_function(name)) or ""
    return "\n\n".join((text.description or "").strip() for text in texts)


def _docstring(stage: str) -> docstring_parser.Docstring:
    return docstring_parser.parse(ast.get_docstring(wiring.stage_function(stage)) or "")


def _meanings(name: str) -> dict[str, str]:
    """What each input and output is: the docstrings of the parameters that it reaches."""
    found: dict[str, list[str]] = {}
    for call in wiring.calls(name):
        texts = {p.arg_name: p.description or "" for p in _docstring(call.stage).params}
        for parameter, ports in call.wires.items():
            for port in ports:
                found.setdefault(port, []).append(_meaning(call, parameter, texts))
    return {port: " ".join(dict.fromkeys(filter(None, texts))) for port, texts in found.items()}


def _meaning(call: wiring.Call, parameter: str, texts: dict[str, str]) -> str:
    text = " ".join(texts.get(parameter, "").split())
    shared = len([ports for ports in call.wires.values() if ports == call.wires[parameter]]) > 1
    return f"`{parameter}`: {text}" if shared else text


def _ports(ports: dict[str, Any], meanings: dict[str, str]) -> list[tuple[str, ...]]:
    rows = []
    for port, spec in ports.items():
        kind = spec.type.split("@")[0].removeprefix("system.")
        kind = _PLAIN.get(kind, kind)
        kind = f"list of {kind}" if getattr(spec, "is_artifact_list", False) else kind
        meaning = meanings.get(port, "")
        rows.append((f"`{port}`", kind, meaning[:1].upper() + meaning[1:]))
    return [("name", "type", "meaning"), *rows] if rows else []


def _settings_sections(stages: list[str]) -> list[str]:
    """One section for each settings class, under the stages that take it."""
    takers: dict[str, list[str]] = {}
    for stage in stages:
        arguments = wiring.stage_function(stage).args
        for argument in [*arguments.args, *arguments.kwonlyargs]:
            if argument.arg == "settings" and argument.annotation:
                takers.setdefault(ast.unparse(argument.annotation), []).append(stage)
    head = ("name", "type", "default", "meaning")
    return [
        _section(
            f"Settings of {' and '.join(named)}",
            [head, *_setting_rows(getattr(all_settings, cls), "")],
        )
        for cls, named in takers.items()
    ]


def _setting_rows(cls: type, prefix: str) -> list[tuple[str, ...]]:
    texts = {p.arg_name: p.description for p in docstring_parser.parse_from_object(cls).params}
    rows: list[tuple[str, ...]] = []
    default = cls()
    for field in dataclasses.fields(cls):
        value = getattr(default, field.name)
        if dataclasses.is_dataclass(value):
            rows += _setting_rows(type(value), f"{prefix}{field.name}.")
            continue
        kind = getattr(field.type, "__name__", "") if field.type in (int, float, str, bool) else ""
        kind = kind or str(field.type).replace("typing.", "")
        meaning = " ".join((texts.get(field.name) or "").split())
        rows.append((f"`{prefix}{field.name}`", f"`{kind}`", f"`{value!r}`", meaning))
    return rows


def _section(title: str, rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    head, *body = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    rule = " | ".join("---" for _ in rows[0])
    return "\n".join([f"## {title}", "", *(f"| {line} |" for line in (head, rule, *body))])


def main() -> None:
    """Write every README.md."""
    for name in wiring.STAGES:
        path = _HERE / name / "README.md"
        path.write_text(readme(name), encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
