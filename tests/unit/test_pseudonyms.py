import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg import pseudonyms
from handseg.errors import BadInput
from handseg.pseudonyms import VARIABLE, Pseudonyms

KEY, OTHER = b"k" * 32, b"o" * 32
IDS = st.text("IDabc019._-", min_size=1, max_size=8)


def test_a_person_is_called_by_the_start_of_an_hmac() -> None:
    whole = hmac.new(KEY, b"person ID001", hashlib.sha256).hexdigest()
    assert Pseudonyms(KEY).of("ID001") == f"p{whole[:16]}"


def test_without_a_key_people_keep_their_ids_and_records_say_nothing() -> None:
    nobody = Pseudonyms()
    assert (nobody.of("ID001"), nobody.fingerprint, nobody.recorded()) == ("ID001", "", {})


@given(IDS, IDS)
def test_two_people_keep_two_names_and_another_key_gives_others(one: str, other: str) -> None:
    people = Pseudonyms(KEY)
    assert (people.of(one) == people.of(other)) == (one == other)
    assert people.of(one) != Pseudonyms(OTHER).of(one)


def test_the_key_shows_in_no_text_of_it() -> None:
    people = Pseudonyms(b"canary" * 8)
    assert "canary" not in f"{people} {people!r} {people.recorded()}"


def test_the_key_comes_from_the_environment_without_blanks_around(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, f" {KEY.decode()}\n")  # a secret's file ends in a newline
    assert pseudonyms.from_environment() == Pseudonyms(KEY)
    monkeypatch.setenv(VARIABLE, " ")
    assert pseudonyms.from_environment() == Pseudonyms()
    monkeypatch.delenv(VARIABLE)
    assert pseudonyms.from_environment() == Pseudonyms()


def test_a_key_that_could_be_guessed_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "hunter2")
    with pytest.raises(BadInput, match=r"has 7 characters; give at least 32 .*openssl") as refused:
        pseudonyms.from_environment()
    assert "hunter2" not in str(refused.value)


def test_what_was_made_with_this_key_or_is_not_there_is_fine() -> None:
    for people in (Pseudonyms(), Pseudonyms(KEY)):
        people.check("folds.csv", None)
        people.check("folds.csv", {"train_part": "0" * 64, **people.recorded()})


@pytest.mark.parametrize(
    ("then", "now", "message"),
    [
        (Pseudonyms(KEY), Pseudonyms(OTHER), f"{VARIABLE} holds one with fingerprint"),
        (Pseudonyms(KEY), Pseudonyms(), f"{VARIABLE} is not set; set {VARIABLE} to that key"),
        (Pseudonyms(), Pseudonyms(KEY), f"by their ids there, and .*; unset {VARIABLE}"),
    ],
)
def test_what_was_made_otherwise_is_refused_with_both_fingerprints(
    then: Pseudonyms, now: Pseudonyms, message: str
) -> None:
    with pytest.raises(BadInput, match=rf"folds\.csv: people are called .*{message}") as refused:
        now.check("folds.csv", then.recorded())
    for people in (then, now):
        assert people.fingerprint in str(refused.value)


def test_a_key_can_be_expected() -> None:
    people = Pseudonyms(KEY)
    people.expect(None)
    people.expect(people.fingerprint)
    Pseudonyms().expect("")
    with pytest.raises(BadInput, match="no key is expected, and .* expect " + people.fingerprint):
        people.expect("")
    with pytest.raises(BadInput, match=f"fingerprint abc is expected, and {VARIABLE} is not set"):
        Pseudonyms().expect("abc")
