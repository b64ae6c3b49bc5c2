"""YAML as people write it: 3e-4 is a number, and no key stands twice in one mapping."""

import re
from collections.abc import Hashable
from typing import Any

import yaml

from handseg.errors import BadInput

# YAML 1.1, which PyYAML reads, wants 3.0e-4; every user writes 3e-4 and would be given text.
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$")


class _Loader(yaml.SafeLoader):
    """SafeLoader with plain exponents; a repeated key is an error, not a silent choice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = {key for key in keys if keys.count(key) > 1}
        if repeated:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {sorted(map(str, repeated))[0]!r} stands twice", node.start_mark
            )
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))


def load(text: str) -> Any:
    """Read one YAML document.

    Raises:
        yaml.YAMLError: the text is no YAML, or a key stands twice in one mapping.
    """
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader


def load_whole(text: str) -> Any:
    """The same, with every whole float as an int, which also passes where a float is meant."""
    return _whole(load(text))


def load_mapping(text: str, *, where: str) -> dict[str, Any]:
    """Read a YAML document that must be a mapping with text keys; an empty one is {}.

    Args:
        text: the document.
        where: the file's name, for messages.

    Raises:
        BadInput: it is something else.
    """
    try:
        values = load(text)
    except yaml.YAMLError as error:
        raise BadInput(f"{where}: not YAML ({' '.join(str(error).split())})") from error
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise BadInput(f"{where}: expected a mapping of settings, got {values!r:.80}")
    return values


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _whole(entry) for key, entry in value.items()}
    return value
