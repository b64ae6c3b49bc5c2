"""eda.html, one file that needs nothing else, and eda.json beside it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from handseg import bones
from handseg.eda import figures
from handseg.eda.demographics import Demographics
from handseg.eda.films import Film
from handseg.eda.summary import TILTED_DEGREES, Distribution, Summary
from handseg.report import wording

_REPORT = Path(__file__).parents[1] / "report"
_LISTED = 300
"""Outliers in the page's table; eda.json has all."""


def render(summary: Summary, films: Sequence[Film], *, with_images: bool = True) -> str:
    """Lay out the page.

    Args:
        summary: of the data set.
        films: the oddest images, worst first.
        with_images: whether they are shown as pictures.

    Returns:
        A complete HTML document; every text of the data is escaped.
    """
    environment = Environment(
        # The report's style and script serve here as well.
        loader=FileSystemLoader([Path(__file__).parent, _REPORT]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(group=lambda number: f"{number:,}")
    return environment.get_template("eda.html").render(
        summary=summary,
        films=films,
        with_images=with_images,
        plots=[
            (one, Markup(figures.histogram(one)))
            for one in summary.distributions
            if one.train or one.test
        ],
        people_plots=_people_plots(summary.demographics),
        listed=summary.outliers[:_LISTED],
        wrong=[one for one in summary.outliers if one.is_label],
        faulty=len({one.image_name for one in summary.outliers if one.is_fault}),
        tilted_degrees=TILTED_DEGREES,
        bones=bones,
        wording=wording,
    )


def _people_plots(known: Demographics | None) -> list[Markup]:
    if known is None:
        return []
    rows = (
        (known.ages, "age, years"),
        (known.heights_cm, "height, cm"),
        (known.weights_kg, "weight, kg"),
    )
    return [
        Markup(figures.numbers(values, label=label, salt=label)) for values, label in rows if values
    ]


def to_json(summary: Summary) -> dict[str, Any]:
    """What the page says, for programs: JSON-shaped.

    Returns:
        `outliers`: every one, worst first, as {"image_name", "bones", "reason", "score"}; and
        `images`, `people`, `sizes`, `sides`, `bones`, `overlaps`, `train_against_test`,
        `tilted_fraction` and `demographics`.
    """
    return {
        "data": summary.data_name,
        "images": summary.images,
        "people": summary.people,
        "sizes": summary.sizes,
        "images_per_person": {str(k): v for k, v in summary.images_per_person.items()},
        "sides": summary.sides,
        "tilted_fraction": summary.tilted_fraction,
        "train_against_test": [_plain(one) for one in summary.distributions],
        "bones": [{"name": row.name, **asdict(row)} for row in summary.bone_rows],
        "overlaps": [asdict(row) for row in summary.overlaps],
        "overlapping_fraction": summary.overlapping_fraction,
        "demographics": None if summary.demographics is None else asdict(summary.demographics),
        "outliers": [asdict(one) for one in summary.outliers],
    }


def _plain(one: Distribution) -> dict[str, object]:
    return {
        "name": one.name,
        "unit": one.unit,
        "train_median": _median(one.train),
        "test_median": _median(one.test),
        "shift": one.shift,
        "p_value": one.p_value,
        "is_shifted": one.is_shifted,
    }


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None
