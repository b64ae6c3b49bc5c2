"""The report's first figures as Markdown, for places that show text."""

from handseg import bones
from handseg.plain_text import in_markdown
from handseg.report import records, warnings, wording
from handseg.report.facts import Facts

_HARDEST = 5


def text(facts: Facts) -> str:
    """Sum up the report in Markdown; texts from the data cannot break out of their table."""
    lines = [
        f"# Dice {wording.dice(facts.dice)}",
        "",
        f"{wording.OUT_OF_FOLD} "
        f"Mean over {wording.count(len(facts.scores), 'image')} and {bones.COUNT} bones; "
        f"{wording.interval(facts.intervals)} (of {facts.scored_people}).",
        "",
        "| member | held-out fold | Dice | weight | images | training |",
        "|---|---|---|---|---|---|",
        *(
            f"| {in_markdown(m.name)} | {m.card.fold} | {wording.dice(m.dice)} | {m.weight:.4g} "
            f"| {m.images} | {wording.duration(m.seconds)} |"
            for m in facts.members
        ),
        "",
        f"Hardest bones: {_hardest(facts)}.",
        "",
        f"Warnings: {_warnings(facts)}.",
        "",
        "| fold | people | images |",
        "|---|---|---|",
        *(f"| {fold.fold} | {fold.people} | {fold.images} |" for fold in facts.balance),
        "",
        f"Test images: {facts.test.images if facts.test else 'none'}. "
        f"Computing time: {wording.duration(facts.seconds)}. "
        f"Commit: {', '.join(records.commits(facts.runs))}.",
    ]
    return "\n".join(lines) + "\n"


def _hardest(facts: Facts) -> str:
    order = facts.overall.argsort(kind="stable")[:_HARDEST].tolist()
    return ", ".join(f"{bones.NAMES[c]} {wording.dice(float(facts.overall[c]))}" for c in order)


def _warnings(facts: Facts) -> str:
    found = [f"{group.name} ({group.count})" for group in warnings.groups(facts)]
    return ", ".join(found) or "none"
