import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from handseg.errors import BadInput
from handseg.presets import plain_yaml


@pytest.mark.parametrize("text", ["3e-4", "3E-4", "3.0e-4", "+3e-4", ".3e-3", "3.e-4"])
def test_exponents_are_numbers_however_they_are_written(text: str) -> None:
    assert plain_yaml.load(text) == pytest.approx(3e-4)


@pytest.mark.parametrize("text", ["e-4", "3e", "ds2048", "1e4x", "image1e4.png"])
def test_text_with_an_e_in_it_stays_text(text: str) -> None:
    assert plain_yaml.load(text) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_python_writes_is_read_back(value: float) -> None:
    assert plain_yaml.load(repr(value)) == value


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(yaml.YAMLError, match="'a' stands twice"):
        plain_yaml.load("x: {a: 1, b: 2, a: 3}")


def test_a_python_object_is_refused() -> None:
    with pytest.raises(yaml.YAMLError):
        plain_yaml.load("!!python/object/apply:os.getcwd []")


def test_whole_floats_become_ints_everywhere() -> None:
    found = plain_yaml.load_whole("{a: 40.0, b: [1.0, 2.5], c: {d: 3.0}, e: .inf}")
    assert found == {"a": 40, "b": [1, 2.5], "c": {"d": 3}, "e": math.inf}
    assert type(found["a"]) is int
    assert type(found["c"]["d"]) is int


@pytest.mark.parametrize("text", ["[1, 2]", "3", "{1: 2}", "a: b: c"])
def test_what_is_no_mapping_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BadInput, match=r"^my\.yaml: "):
        plain_yaml.load_mapping(text, where="my.yaml")


def test_an_empty_document_is_an_empty_mapping() -> None:
    assert plain_yaml.load_mapping("# nothing\n", where="x") == {}
