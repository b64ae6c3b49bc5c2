"""People under keyed hashes instead of their ids, where a secret key is given.

With HANDSEG_PERSON_KEY in the environment a person is called `p` and 16 hex digits of HMAC-SHA256
from the moment the raw data are listed, so that nothing made from them holds an id. The same key
gives the same hashes, in other data sets too; without it nobody can compute them, nor try ids out.
Records hold the key's fingerprint, by which another key is refused. Names of images stay: they are
the user's own.
"""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from handseg.errors import BadInput

VARIABLE = "HANDSEG_PERSON_KEY"
"""Environment variable with the key; unset or empty leaves people their ids."""
RECORDED = "person_key"
"""The fingerprint's name among an artifact's parents; absent where people keep their ids."""
_LEAST_LENGTH = 32
"""Of a key in characters. Ids are short and follow patterns: with a key that can be guessed, they
can be tried out as if there were none."""
_DIGITS = 16
"""Hex digits that are kept: 64 bits tell a million people apart."""
_PREFIX = "p"
"""A spreadsheet would take 16 hex digits like 12345678901234e5 for a number."""


@dataclass(frozen=True)
class Pseudonyms:
    """How people are called in everything that is written."""

    _key: bytes = field(default=b"", repr=False)

    @property
    def fingerprint(self) -> str:
        """What tells the key from others and says nothing of it; empty without a key."""
        return self._hash(b"fingerprint") if self._key else ""

    def of(self, person: str) -> str:
        """What a person is called."""
        return _PREFIX + self._hash(b"person " + person.encode()) if self._key else person

    def recorded(self) -> dict[str, str]:
        """What an artifact's record names among its parents."""
        return {RECORDED: self.fingerprint} if self._key else {}

    def check(self, place: object, parents: Mapping[str, object] | None) -> None:
        """Refuse to go on with what was made under another key, or under none.

        Args:
            place: the artifact, named in the message.
            parents: of its record; None where there is no artifact, which is no fault.

        Raises:
            BadInput: says which key it was made with, by its fingerprint, and which one this is.
        """
        then = self.fingerprint if parents is None else str(parents.get(RECORDED, ""))
        if then == self.fingerprint:
            return
        if then:
            raise BadInput(
                f"{place}: people are called by hashes there, of the key with fingerprint {then}, "
                f"and {self._now}; set {VARIABLE} to that key, or make it anew elsewhere"
            )
        raise BadInput(
            f"{place}: people are called by their ids there, and {self._now}; unset {VARIABLE}, or "
            "make it anew elsewhere"
        )

    def expect(self, fingerprint: str | None) -> None:
        """Refuse another key than the one expected.

        Args:
            fingerprint: of that key, empty if there is to be none; None takes any.

        Raises:
            BadInput: names both.
        """
        if fingerprint is not None and fingerprint != self.fingerprint:
            wanted = f"one with fingerprint {fingerprint}" if fingerprint else "no key"
            raise BadInput(
                f"{RECORDED}: {wanted} is expected, and {self._now}; give the right key, or expect "
                f"{self.fingerprint or 'none'}"
            )

    @property
    def _now(self) -> str:
        if not self._key:
            return f"{VARIABLE} is not set"
        return f"{VARIABLE} holds one with fingerprint {self.fingerprint}"

    def _hash(self, message: bytes) -> str:
        return hmac.digest(self._key, message, "sha256").hex()[:_DIGITS]


def from_environment() -> Pseudonyms:
    """Take the key from HANDSEG_PERSON_KEY.

    Raises:
        BadInput: it is too short to be a secret; the message does not repeat it.
    """
    key = os.environ.get(VARIABLE, "").strip()
    if key and len(key) < _LEAST_LENGTH:
        raise BadInput(
            f"{VARIABLE}: has {len(key)} characters; give at least {_LEAST_LENGTH} that nobody can "
            "guess, such as `openssl rand -hex 32` prints"
        )
    return Pseudonyms(key.encode())
