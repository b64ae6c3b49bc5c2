from dataclasses import replace

from handseg.report import summary
from handseg.report.facts import Facts


def test_the_first_figure_is_the_dice(facts: Facts) -> None:
    assert summary.text(facts).startswith(f"# Dice {facts.dice:.4f}\n")


def test_members_and_folds_are_tables(facts: Facts) -> None:
    lines = summary.text(facts).splitlines()
    assert f"| first | 0 | {facts.members[0].dice:.4f} | 1 | 4 | 20 min |" in lines
    assert "| 0 | 2 | 4 |" in lines


def test_a_name_cannot_break_out_of_its_table(facts: Facts) -> None:
    first = facts.members[0]
    card = replace(first.card, name="a|b <b>*[x](y)")
    text = summary.text(replace(facts, members=(replace(first, card=card),)))
    assert "| a\\|b &lt;b>\\*\\[x\\](y) | 0 |" in text
