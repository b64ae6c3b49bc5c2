import re
from pathlib import Path

import pytest

from handseg import plain_text
from handseg.errors import BadInput


def test_what_is_no_utf_8_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(b"{\xff}")
    said = f"^{re.escape(str(path))}: not text \\(.*0xff.*\\); train again$"
    with pytest.raises(BadInput, match=said):
        plain_text.read_json(path, remedy="train again")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", r"no JSON \(Expecting property name"),
        (b"\xff", r"no JSON \(.*invalid start byte"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, r"no JSON \(Exceeds the limit"),
    ],
)
def test_what_is_no_json_is_refused_with_its_source(text: str | bytes, fault: str) -> None:
    with pytest.raises(BadInput, match=f"^s3://a/b: {fault}.*; make it again$") as refusal:
        plain_text.json_of(text, "s3://a/b", remedy="make it again")
    assert len(str(refusal.value)) < 400


def test_json_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"é": [1, 2.5]}', encoding="utf-8")
    assert plain_text.read_json(path, remedy="") == {"é": [1, 2.5]}


def test_text_stays_text_in_markdown() -> None:
    assert plain_text.in_markdown("fold 0") == "fold 0"
    assert plain_text.in_markdown("<b>|[a](x)\n`_*&") == r"&lt;b>\|\[a\](x) \`\_\*&amp;"
