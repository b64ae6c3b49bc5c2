import re
import xml.etree.ElementTree as ET

from handseg.report import curves
from handseg.report.curves import Series

LINE = Series(x=[1, 2, 3], y=[0.5, 0.7, 0.8], mark=(2, 0.7))


def draw(*series: Series) -> str:
    return curves.draw(series, x_label="epochs", y_label="Dice", salt="dice", top=1.0)


def test_a_figure_is_one_svg_element_and_nothing_else() -> None:
    assert ET.fromstring(draw(LINE)).tag.endswith("svg")


def test_colours_are_those_of_the_page() -> None:
    svg = draw(LINE, LINE)
    assert "var(--series-1)" in svg and "var(--series-2)" in svg
    assert "currentColor" in svg and "var(--rule)" in svg
    assert "var(--series-3)" not in svg
    assert "#0102" not in svg


def test_labels_are_text_that_the_page_can_set_in_its_own_size() -> None:
    assert re.search(r"<text [^>]*>epochs</text>", draw(LINE))


def test_the_same_curves_give_the_same_bytes() -> None:
    assert draw(LINE) == draw(LINE)


def test_nothing_to_draw_leaves_empty_axes() -> None:
    assert "epochs" in draw(Series(x=[], y=[])) and "epochs" in draw()


def test_the_eighth_line_is_dashed() -> None:
    assert "stroke-dasharray" not in draw(*[LINE] * 7)
    assert "stroke-dasharray" in draw(*[LINE] * 8)
