from hypothesis import given
from hypothesis import strategies as st

from handseg.errors import shown, told


def test_values_are_shown_printable_and_short() -> None:
    assert shown("a\nb\u202e") == r"'a\nb\u202e'"
    assert shown([1, 2]) == "[1, 2]"
    assert len(shown("x" * 10**7)) == 80
    assert len(shown([[1.0, 2.0]] * 10**6)) == 80


def test_what_an_error_says_is_told_as_one_line() -> None:
    assert told(ValueError("line 3:\n   no é")) == "line 3: no é"
    assert told("a\u202eb\0") == r"a\u202eb\x00"
    assert len(told("word" * 10**6)) == 300


@given(st.text())
def test_anything_is_told_in_printable_text_of_bounded_length(text: str) -> None:
    assert told(text).isprintable()
    assert len(told(text)) <= 300
