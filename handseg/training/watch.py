"""Named warnings in a training's log, when they are news."""

import logging
from collections.abc import Sequence

from handseg.findings import course, image
from handseg.findings.finding import MEANING, Finding
from handseg.training.resume import Progress

logger = logging.getLogger(__name__)
_SHOWN = 3
_MATURE_DICE = 0.8
"""A network below it is wrong everywhere: no warning about single images helps before the end."""


def warn(member: str, findings: Sequence[Finding]) -> None:
    """Say what was found, one line for each name."""
    for name, meaning in MEANING.items():
        found = [finding for finding in findings if finding.name == name]
        if found:
            logger.warning("%s: %s: %s", member, name, image.shown(found, most=_SHOWN))
            logger.debug("%s: %s", name, meaning)


def after_validation(member: str, state: Progress, in_images: Sequence[Finding]) -> None:
    """Warn of what the last validation found.

    At the end of all there is; before, of over-training and the like when it begins, and of
    mistakes in images when a grown network had none of the kind at the validation before.

    Args:
        member: its name.
        state: with the validation as the last line of its history.
        in_images: what was found in the predictions of the held-out images.
    """
    *earlier, last = state.history
    known: set[str] = {finding.name for finding in course.of_history(member, earlier)}
    if earlier:
        known.update(earlier[-1].found)
    if last.dice is None or last.dice < _MATURE_DICE:
        known.update(last.found)
    if last.step == state.plan.total:
        known = set()
    findings = [*course.of_history(member, state.history), *in_images]
    warn(member, [finding for finding in findings if finding.name not in known])
