import json
import re
from dataclasses import replace

from handseg.eda import films, page, summary
from handseg.eda.demographics import Demographics
from tests.unit.eda.drawn import SPOILED, drawn, measured, with_spoiled
from tests.unit.findings.hands import exchanged

PERSON = "<script>alert(1)</script>"
PIXELS, POLYGONS = drawn(SPOILED)
FOUND = summary.of_images(
    with_spoiled(exchanged("Radius", "Ulna", POLYGONS)), data_name=PERSON, demographics=None
)


def test_facts_are_json_with_outliers_worst_first() -> None:
    facts = json.loads(json.dumps(page.to_json(FOUND), allow_nan=False))
    scores = [one["score"] for one in facts["outliers"]]
    assert scores == sorted(scores, reverse=True)
    assert set(facts["outliers"][0]) == {"image_name", "bones", "reason", "score"}
    assert facts["outliers"][0]["reason"] == "labels exchanged: Radius and Ulna"
    assert facts["images"] == {"train": len(measured())}
    assert facts["sides"] == {"both hands": len(measured()) // 2}
    assert [row["name"] for row in facts["bones"]][:2] == ["finger-1", "finger-2"]
    assert {one["name"] for one in facts["train_against_test"]} >= {"wrist tilt", "sharpness"}


def test_the_pair_that_overlaps_most_is_the_one_that_does_in_hands() -> None:
    assert set(FOUND.overlaps[0].bones) == {"Triquetrum", "Pisiform"}
    assert 0 < FOUND.overlapping_fraction < 0.1


def test_the_page_escapes_what_the_data_says_and_asks_for_nothing() -> None:
    worst = FOUND.outliers[0]
    film = films.of_image(worst.image_name, PERSON, [worst], PIXELS, POLYGONS)
    html = page.render(FOUND, [film])
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    addresses = set(re.findall(r"(?:src|href)=\"(?!data:|#)([^\"]+)\"", html))
    assert not addresses
    assert "labels exchanged: Radius and Ulna" in html


def test_of_one_image_and_one_finding_the_page_speaks_in_the_singular() -> None:
    html = page.render(replace(FOUND, outliers=FOUND.outliers[:1]), films=[])
    assert "<dd>1<small>image whose annotation is probably wrong</small>" in html
    assert "The one finding" in html
    assert "for which other commands refuse" not in html


def test_people_are_told_of_where_they_are_known() -> None:
    known = Demographics(people=9, unknown=0, sexes={"female": 5, "male": 4}, ages=[30.0] * 9)
    html = page.render(
        summary.of_images(measured(), data_name="hands", demographics=known), films=[]
    )
    assert "female 5, male 4" in html
    assert "age, years" in html


def test_the_named_bones_lie_above_the_others() -> None:
    film = films.of_image("a.png", "ID1", FOUND.outliers[:1], PIXELS, POLYGONS)
    assert {one.name for one in film.outlines[-2:]} == {"Radius", "Ulna"}
    assert [one.is_named for one in film.outlines].count(True) == 2
