"""YAML as people write it: 3e-4 is a number, a date is text, no key stands twice in one mapping.

What is read holds what JSON can, and no more than MOST_VALUES with its anchors unfolded: a few
lines can unfold to billions.
"""

import re
from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from handseg.errors import BadInput, shown, told

_PLAIN = {type(None), bool, int, float, str, list, dict}
MOST_VALUES = 100_000
"""Of a document with its anchors unfolded; the longest table of this package has a thousand."""
# YAML 1.1, which PyYAML reads, wants 3.0e-4; every user writes 3e-4 and would be given text.
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+$")


class _Loader(yaml.SafeLoader):
    """SafeLoader with plain exponents; a repeated key is an error, not a silent choice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable) or key in seen:
                fault = "stands twice" if isinstance(key, Hashable) else "is no plain value"
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {shown(key)} {fault}", node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+.0123456789"))


def load(text: str) -> Any:
    """Read one YAML document.

    Raises:
        yaml.YAMLError: the text is no YAML, a key stands twice in one mapping, or the document is
            nested too deeply or unfolds to too much.
    """
    try:
        value = yaml.load(text, Loader=_Loader)  # nosec B506 # a SafeLoader
    except RecursionError:
        raise yaml.YAMLError("nested too deeply") from None
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
        # What SafeLoader's constructors raise of 0x_, !!timestamp x, !!bool x or 1e999:0.
        raise yaml.YAMLError(f"a value that is none of its type: {error}") from error
    for number, one in enumerate(_values(value)):
        if number >= MOST_VALUES:
            raise yaml.YAMLError(f"more than {MOST_VALUES} values, its anchors unfolded")
        if type(one) not in _PLAIN:
            raise yaml.YAMLError(f"a {type(one).__name__}, which no setting is")
    return value


def _values(value: Any) -> Iterator[Any]:
    """Every value of a document, one that several anchors name as often as they do."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        yield here
        if isinstance(here, list):
            waiting.extend(here)
        elif isinstance(here, dict):
            waiting.extend(here.values())


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
        raise BadInput(f"{where}: not YAML ({told(error)}); mend it") from error
    if values is None:
        return {}
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise BadInput(f"{where}: expected a mapping of settings, got {shown(values)}")
    return values


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _whole(entry) for key, entry in value.items()}
    return value
