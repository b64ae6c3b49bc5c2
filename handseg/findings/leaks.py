"""Whom a member knows: the same images or people on both sides of a fold, or in its past."""

from collections.abc import Mapping, Sequence

from handseg.findings import fingerprint
from handseg.findings.finding import Finding

Known = Mapping[str, Sequence[str]]
"""Person's id -> what that person's images are known by; see `fingerprint`."""


def across_fold(training: Known, held_out: Known) -> list[Finding]:
    """People held out of whom an image is also trained on, under whatever name.

    Returns:
        One finding for each person held out: same pixels, or same annotation (the image was saved
        anew, or another image carries a copy of its outlines).
    """
    owners = {mark: person for person, marks in training.items() for mark in marks}
    findings = []
    for person, marks in held_out.items():
        shared = {mark[0]: owners[mark] for mark in marks if mark in owners}
        if shared:
            what = "pixels" if "p" in shared else "annotation"
            other = shared.get("p") or shared["t"]
            findings.append(
                Finding(
                    name="leaking folds",
                    about=f"person {person}",
                    detail=f"is held out, and an image of person {other} with the same {what} is "
                    "trained on",
                )
            )
    return findings


def hashed(known: Known) -> dict[str, list[str]]:
    """With people's ids hashed, as a card keeps them."""
    return {fingerprint.of_person(person): sorted(set(marks)) for person, marks in known.items()}


def joined(one: Known, other: Known) -> dict[str, list[str]]:
    """Everyone that either knows, with all that they are known by."""
    people = sorted({*one, *other})
    return {p: sorted({*one.get(p, ()), *other.get(p, ())}) for p in people}


def seen_again(held_out: Known, seen: Known) -> dict[str, str]:
    """People held out whom an earlier training saw.

    Args:
        held_out: by id.
        seen: by hashed id, as a card keeps them.

    Returns:
        Person -> by what: id, pixels or annotation. An id counts by itself: another image of the
        same person is no new person.
    """
    marks = {mark for found in seen.values() for mark in found}
    again = {}
    for person, own in held_out.items():
        shared = {mark[0] for mark in own if mark in marks}
        if shared:
            again[person] = "same pixels" if "p" in shared else "same annotation"
        elif fingerprint.of_person(person) in seen:
            again[person] = "same id"
    return again
