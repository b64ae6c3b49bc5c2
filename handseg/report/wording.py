"""Numbers as a person reads them, and the sentences that page and summary share."""

from collections.abc import Mapping, Sequence

from handseg.ensemble.choice import Interval
from handseg.ensemble.interval import LEAST_PEOPLE, MANY_PEOPLE

OUT_OF_FOLD = (
    "Every figure of Dice here is out-of-fold: an image is scored with the members that never saw "
    "its person in training."
)
NO_IMAGES = "No X-ray is shown: this page was asked for without images (--no-images)."
SATURATION = (
    "Saturation changes nothing on an X-ray: its three channels are equal, so its colours are grey "
    "already, and on three equal channels the adjustment is the identity. Nothing was altered to "
    "give it an effect."
)


def dice(value: float | None) -> str:
    """Four digits, or a dash where there is none."""
    return "–" if value is None or value != value else f"{value:.4f}"


def percent(part: float | None) -> str:
    """A part of one in whole percent, or a dash where there is none."""
    return "–" if part is None else f"{100 * part:.0f} %"


def duration(seconds: float) -> str:
    """Seconds under two minutes, minutes under two hours, else hours.

    Older records are to the second: a whole number is said without a decimal that nobody measured.
    """
    if seconds < 0.1:
        return "under 0.1 s" if seconds else "under 1 s"
    if seconds < 120:
        is_whole = seconds >= 10 or seconds == round(seconds)
        return f"{seconds:.0f} s" if is_whole else f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def memory(number: int | None) -> str:
    """Bytes in MB under a GB, else in GB, of 10^6 and 10^9; or a dash where there are none."""
    if number is None:
        return "–"
    return f"{number / 1e6:,.0f} MB" if number < 1e9 else f"{number / 1e9:.1f} GB"


def bounds(found: Interval) -> str:
    """The ends of an interval of Dice."""
    return f"{dice(found.low)}–{dice(found.high)}"


def interval(found: Sequence[Interval]) -> str:
    """What is known of how far the mean Dice may be off; the first is the mean's."""
    if not found:
        return f"no interval: it takes {LEAST_PEOPLE} people or more"
    return f"95 % interval over people {bounds(found[0])}"


def people(number: int) -> str:
    """What intervals over so many people are, or why there are none."""
    if number < LEAST_PEOPLE:
        return (
            f"There are no intervals: {count(number, 'person')} had images that were scored, and "
            f"of fewer than {LEAST_PEOPLE} an interval would mean nothing."
        )
    few = (
        f" Of so few people such an interval holds the truth rather in 80 to 92 of 100 cases than "
        f"in 95, which takes more than {MANY_PEOPLE}."
    )
    return (
        f"Intervals are over people: {number:,} people are drawn anew from the {number:,}, each "
        "with all their images, 2,000 times; 95 % of the means lie within."
        + (few if number < MANY_PEOPLE else "")
    )


def leaning(excess: float) -> str:
    """Whether probabilities promise too much (above 0) or too little."""
    if abs(excess) < 0.005:
        return "they lean to neither side"
    return "they promise too much" if excess > 0 else "they promise too little"


def some(names: Sequence[str], most: int = 6) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 image, 1,200 images; a person, two people."""
    plural = "people" if noun == "person" else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def preprocessing(settings: Mapping[str, object]) -> str:
    """What was done to the pixels, in one sentence."""
    done = [
        f"{name} {float(str(settings[name])):g}"
        for name in ("sharpness", "gamma", "saturation", "contrast", "brightness")
        if name in settings and float(str(settings[name])) != 1
    ]
    if not done:
        return "The pixels were taken as they are."
    return f"At full size, before any resize: {', '.join(done)}; every other factor is 1."
