"""Changes of text by lines, words and characters that mean something to a reader of text."""

from collections.abc import Callable, Sequence

from tests.fuzz.dice import Dice

_WORDS: tuple[bytes, ...] = (
    *(b",", b'"', b"\n", b"\r", b"\r\n", b" ", b"\t", b"\0", b":", b"- ", b"'", b"#", b"/", b"//"),
    *(b"0", b"-1", b"1e999", b"NaN", b"9" * 25, b"9" * 5000, b"1_0", b"0x1f", b"\xd9\xa1", b"\xb2"),
    *(
        b"\xef\xbb\xbf",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xe2\x80\xae",
        b"\xe2\x80\xa8",
        b"\x85",
        b"\x1b[",
    ),
    *(b"../", b"\\", b"%s", b"{}", b"[]", b"[" * 1500, b"{a: " * 300, b"\x0c", b"\x1c"),
)


def change(content: bytes, dice: Dice, words: Sequence[bytes] = ()) -> bytes:
    """Change text in one place or more.

    Args:
        content: the text.
        dice: chance.
        words: what means something in this kind of text.
    """
    for _ in range(dice.random.choice((1, 1, 1, 2, 3))):
        content = dice.random.choice(_CHANGES)(content, dice, words)
    return content


def _put(content: bytes, dice: Dice, words: Sequence[bytes]) -> bytes:
    begin, end = _span(content, dice)
    word = dice.random.choice([*words, *_WORDS] if dice.falls(0.5) else [*words, *_WORDS[:12]])
    return content[:begin] + word + content[begin if dice.falls(0.6) else end :]


def _cut(content: bytes, dice: Dice, words: Sequence[bytes]) -> bytes:
    begin, end = _span(content, dice)
    return content[:begin] + content[end:]


def _repeat(content: bytes, dice: Dice, words: Sequence[bytes]) -> bytes:
    begin, end = _span(content, dice)
    times = dice.random.choice((2, 2, 3, 40))
    return content[:begin] + content[begin:end] * times + content[end:]


def _lines(content: bytes, dice: Dice, words: Sequence[bytes]) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    here, there = (dice.random.randrange(len(lines)) for _ in range(2))
    if dice.falls(0.4):
        lines[here], lines[there] = lines[there], lines[here]
    elif dice.falls(0.5):
        lines.insert(there, lines[here])
    else:
        del lines[here]
    return b"".join(lines)


def _plain(content: bytes, dice: Dice, words: Sequence[bytes]) -> bytes:
    return dice.changed(content, len(content) + 32)


def _span(content: bytes, dice: Dice) -> tuple[int, int]:
    begin = dice.random.randint(0, len(content))
    return begin, begin + dice.random.choice((1, 1, 2, 4, 16, 64))


_CHANGES: tuple[Callable[[bytes, Dice, Sequence[bytes]], bytes], ...] = (
    _put,
    _put,
    _cut,
    _repeat,
    _lines,
    _plain,
)
