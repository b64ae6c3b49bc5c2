"""Changes of a safetensors file: a length of eight bytes, JSON, and the tensors' bytes."""

import json

from tests.fuzz.changes import trees
from tests.fuzz.dice import Dice

_TYPES = (("F4", 4), ("F6_E2M3", 6), ("F8_E8M0", 8), ("U16", 16), ("BF16", 16), ("C64", 64))
_LENGTHS = (0, 1, 2, 2**31, 2**40, 2**63, 2**64 - 1)


def change(content: bytes, dice: Dice) -> bytes:
    """Change the header as JSON, the JSON inside it, the length of it, or bytes."""
    length = int.from_bytes(content[:8], "little")
    header, rest = content[8 : 8 + length], content[8 + length :]
    which = dice.random.random()
    if which < 0.1:
        return dice.random.choice(_LENGTHS).to_bytes(8, "little") + header + rest
    if which < 0.15:
        header = _of_another_type(header, dice)
        return len(header).to_bytes(8, "little") + header + rest
    if which < 0.2:
        rest = dice.changed(rest, len(rest) + 8)
    elif which < 0.6:
        header = _inner(header, dice)
    else:
        header = trees.change(header, dice)
    return len(header).to_bytes(8, "little") + header + rest


def _of_another_type(header: bytes, dice: Dice) -> bytes:
    """The same bytes as a tensor of values of another size."""
    try:
        tree = json.loads(header)
        name = dice.random.choice(sorted(key for key in tree if key != "__metadata__"))
        begin, end = tree[name]["data_offsets"]
        kind, bits = dice.random.choice(_TYPES)
        tree[name] |= {"dtype": kind, "shape": [(end - begin) * 8 // bits]}
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return trees.change(header, dice)
    return json.dumps(tree).encode()


def _inner(header: bytes, dice: Dice) -> bytes:
    """JSON that stands in the header as text."""
    try:
        tree = json.loads(header)
        notes = tree["__metadata__"]
        key = dice.random.choice(sorted(notes))
        notes[key] = trees.change(notes[key].encode(), dice).decode("utf-8", "replace")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return trees.change(header, dice)
    return json.dumps(tree).encode()
