import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handseg.dataset import crossings as module
from handseg.dataset.crossings import crossings
from handseg.masks.polygons import Points


def polygon(*points: tuple[int, int]) -> Points:
    return np.array(points, np.int32)


def circle(count: int) -> Points:
    angles = np.arange(count) * 2 * np.pi / count
    points = 1000 + 500 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(points.round(), np.int32)


def test_a_bow_tie_crosses_in_its_middle() -> None:
    found = crossings(polygon((0, 0), (4, 4), (4, 0), (0, 4)))
    assert found.tolist() == [[2.0, 2.0]]


def test_a_star_crosses_itself_five_times() -> None:
    # a pentagram: every edge meets the two it shares no corner with
    star = polygon((50, 0), (79, 90), (2, 35), (98, 35), (21, 90))
    assert len(crossings(star)) == 5


@pytest.mark.parametrize(
    "outline",
    [
        polygon((0, 0), (4, 0), (4, 4), (0, 4)),
        polygon((0, 0), (8, 0), (8, 8), (4, 2), (0, 8)),
        polygon((0, 0), (4, 4), (4, 4), (0, 4)),  # a point twice
        polygon((0, 0), (4, 0), (8, 0), (4, 0), (4, 4)),  # there and back: a spike
        polygon((0, 0), (4, 0), (4, 4), (2, 0), (0, 4)),  # touches an edge with a corner
    ],
)
def test_outlines_that_do_not_cross_have_no_crossings(outline: Points) -> None:
    assert crossings(outline).shape == (0, 2)


def test_a_loop_of_an_otherwise_simple_outline_is_found() -> None:
    outline = circle(300)
    outline[[100, 110]] = outline[[110, 100]]
    assert len(crossings(outline)) >= 1
    assert len(crossings(circle(300))) == 0


@st.composite
def outlines(draw: st.DrawFn) -> Points:
    points = st.tuples(st.integers(0, 12), st.integers(0, 12))
    return polygon(*draw(st.lists(points, min_size=3, max_size=9)))


def brute_force(outline: Points) -> int:
    """Pairs of edges that cross, by the side each end lies on of the other edge."""
    edges = [(outline[i], outline[(i + 1) % len(outline)]) for i in range(len(outline))]

    def side(a: Points, b: Points, c: Points) -> int:
        return int(np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])))

    return sum(
        side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
        for i, (a, b) in enumerate(edges)
        for c, d in edges[:i]
    )


@given(outlines())
def test_the_sweep_finds_what_comparing_all_pairs_finds(outline: Points) -> None:
    assert len(crossings(outline)) == brute_force(outline)


@given(outlines(), st.integers(0, 8))
def test_neither_start_nor_direction_matters(outline: Points, start: int) -> None:
    expected = sorted(map(tuple, crossings(outline).round(6).tolist()))
    for changed in (np.roll(outline, start, axis=0), outline[::-1]):
        assert sorted(map(tuple, crossings(changed).round(6).tolist())) == expected


def test_edges_are_compared_a_block_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    outline = np.random.default_rng(0).integers(0, 100, (60, 2)).astype(np.int32)
    whole = crossings(outline)
    monkeypatch.setattr(module, "_PAIRS", 50)
    assert np.array_equal(crossings(outline), whole)
    assert len(whole) == brute_force(outline)
