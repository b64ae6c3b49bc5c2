import numpy as np

from handseg import bones
from handseg.images import sheet
from handseg.images.sheet import Panel


def panel(title: str = "one", value: int = 80, classes: int = 1) -> Panel:
    """64 px of one grey, a square of bones in the middle of its left half."""
    field = np.zeros((64, 64), np.int32)
    field[20:40, 4:24] = classes
    return Panel(title, np.full((64, 64), value, np.uint8), field)


def test_panels_stand_in_rows_under_their_titles() -> None:
    drawn = sheet.draw([panel(value=v) for v in (10, 90, 170)], columns=2)
    # 2 rows of 20 + 64 + 4 px, 2 columns of 64 + 4 px, and a gap of 4 px
    assert drawn.shape == (2 * 88 + 4, 2 * 68 + 4, 3)
    corners = [drawn[4 + 20 + 63, 4 + 63], drawn[87, 4 + 68 + 63], drawn[88 + 87, 67]]
    assert [corner.tolist() for corner in corners] == [[10] * 3, [90] * 3, [170] * 3]


def test_a_title_is_written_above_its_panel_and_nowhere_else() -> None:
    named, blank = (sheet.draw([panel(title)], columns=1) for title in ("x" * 40, ""))
    changed = (named != blank).any(axis=2)
    assert changed[:24].any() and not changed[24:].any() and not changed[:, 68:].any()


def test_a_bone_is_tinted_and_outlined_in_its_colour() -> None:
    picture = sheet.overlaid(panel().image, panel().field)
    # 0.75 * 80 + 0.25 * (203, 191, 0), of #cbbf00
    assert bones.COLOURS[0] == "#cbbf00"
    assert picture[30, 14].tolist() == [111, 108, 60]
    assert picture[20, 14].tolist() == [203, 191, 0]
    assert picture[30, 30].tolist() == [80, 80, 80]


def test_where_bones_overlap_both_can_be_seen() -> None:
    one, both = (
        sheet.overlaid(panel().image, panel(classes=bits).field)[30, 14] for bits in (1, 1 | 1 << 6)
    )
    assert not np.array_equal(one, both)


def test_drawing_changes_no_panel() -> None:
    shown = panel()
    sheet.draw([shown], columns=1)
    assert (shown.image == 80).all()
