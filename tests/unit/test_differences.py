from hypothesis import given
from hypothesis import strategies as st

from handseg import differences

_JSON = st.recursive(
    st.integers() | st.text("xyz") | st.booleans() | st.lists(st.integers()),
    lambda inner: st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text("abc", min_size=1), _JSON, max_size=4))
def test_only_values_that_differ_are_listed(settings: dict[str, object]) -> None:
    assert differences.between({"settings": settings}, {"settings": settings}) == []
    more = {**settings, "new": "x"}
    expected = ["settings.new: (none) -> x"]
    assert differences.between({"settings": settings}, {"settings": more}) == expected


@given(
    st.dictionaries(st.text(), st.text() | st.lists(st.integers()), max_size=60),
    st.dictionaries(st.text(), st.integers()),
)
def test_changes_are_printable_lines_of_bounded_number_and_length(
    then: dict[str, object], now: dict[str, object]
) -> None:
    lines = differences.between({"x" * 10**5: "y" * 10**5, **then}, now)
    assert len(lines) <= differences.MOST + 1
    assert all(line.isprintable() and len(line) < 600 for line in lines)


def test_many_changes_are_counted() -> None:
    lines = differences.between({}, {f"{number:03d}": number for number in range(45)})
    assert lines[39:] == ["039: (none) -> 39", "and 5 more"]
