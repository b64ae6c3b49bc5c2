"""What differs between two JSON-shaped mappings, as lines for a person."""

from collections.abc import Mapping

from handseg.errors import told

MOST = 40
"""That are listed one by one: most of a training's settings."""
_SHOWN = 100
_NO_ENTRY = "(none)"


def between(then: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """List what differs, as `key.of.value: then -> now`, sorted by key.

    Values are shown in part where they are long; after MOST the others are counted.
    """
    before, after = _flat(then), _flat(now)
    keys = [
        key
        for key in sorted({*before, *after})
        if before.get(key, _NO_ENTRY) != after.get(key, _NO_ENTRY)
    ]
    lines = [
        f"{told(key)}: {_part(before.get(key, _NO_ENTRY))} -> {_part(after.get(key, _NO_ENTRY))}"
        for key in keys[:MOST]
    ]
    return lines + ([f"and {len(keys) - MOST} more"] if len(keys) > MOST else [])


def _part(value: object) -> str:
    text = told(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _flat(values: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    # Not by recursion: a file may be nested as deeply as Python allows.
    waiting = [("", values)]
    while waiting:
        prefix, here = waiting.pop()
        for key, value in here.items():
            if isinstance(value, Mapping):
                waiting.append((f"{prefix}{key}.", value))
            else:
                flat[prefix + key] = value
    return flat
