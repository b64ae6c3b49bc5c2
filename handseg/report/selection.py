"""How the members voted, and why, in words and rows."""

from dataclasses import dataclass

from handseg.ensemble.choice import Choice, Interval
from handseg.ensemble.rule import Rule
from handseg.report.facts import Facts


@dataclass(frozen=True, kw_only=True)
class Share:
    """One member or family of the choice."""

    name: str
    family: str
    """Of a member; empty for a family."""
    given: float
    weight: float


def how(rule: Rule) -> str:
    """The rule of a vote in a few words."""
    low, high = min(rule.thresholds), max(rule.thresholds)
    level = f"threshold {low:g}" if low == high else f"thresholds {low:g} to {high:g}"
    cleaned = ", largest region only" if rule.largest_component else ""
    return f"{rule.voting} voting, {level}{cleaned}"


def why(facts: Facts) -> str:
    """Where the members' weights come from, in a sentence."""
    if len(facts.members) == 1:
        return "One member decides alone: its weight counts for nothing."
    if facts.choice is not None:
        return (
            "The weights were chosen on out-of-fold predictions; “Selection” below has the "
            "evidence."
        )
    voted = next(run for run in facts.runs if run.stage == "ensemble")
    if isinstance(voted.settings.get("weights"), list):
        return "The weights were given by hand."
    return (
        "No weights were given, so each member has its validation Dice: that on the fold it held "
        "out, which needs no test image. Members of nearly the same Dice vote nearly alike."
    )


def gain(interval: Interval) -> str:
    """A difference of Dice with its interval."""
    return f"{interval.mean:+.4f} ({interval.low:+.4f} to {interval.high:+.4f})"


def verdict(choice: Choice) -> str:
    """What the evidence comes to, in a sentence."""
    told = choice.evidence
    if not told.helps:
        return "Nothing that was tried helps together, so the vote stays as it was."
    if told.gain.low > 0:
        return "The interval lies above 0."
    return "The interval holds 0: the gain may be chance."


def shares(choice: Choice) -> list[Share]:
    """The families, each followed by its members, with weights before and after."""
    rows = []
    for family in choice.families:
        rows.append(Share(name=family.name, family="", given=family.given, weight=family.weight))
        rows += [
            Share(name=m.name, family=family.name, given=m.given, weight=m.weight)
            for m in choice.members
            if m.family == family.name
        ]
    return rows
