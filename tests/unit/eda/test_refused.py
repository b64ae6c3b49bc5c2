from handseg.dataset.fault import Fault
from handseg.eda import refused
from handseg.eda.outlier import Outlier, label_score

PATH = "data/train/outputs_json/ID007/a.json"


def test_missing_bones_are_named_and_no_path_that_holds_a_person() -> None:
    fault = Fault(PATH, "bones missing", "finger-5, Ulna", "draw them")
    assert refused.of_faults("a.png", [fault]) == [
        Outlier(
            image_name="a.png",
            bones=("finger-5", "Ulna"),
            reason="refused: bones missing (finger-5, Ulna); draw them",
            score=1.0,
        )
    ]


def test_a_fault_of_one_bone_names_it() -> None:
    fault = Fault(f"{PATH}: finger-3", "points outside the image", "9 px", "give points inside")
    (only,) = refused.of_faults("a.png", [fault])
    assert only.bones == ("finger-3",)
    assert only.reason == ("refused: finger-3, points outside the image (9 px); give points inside")
    assert only.is_fault and not only.is_label


def test_of_many_faults_the_first_are_told_and_the_others_counted() -> None:
    found = refused.of_faults("a.png", [Fault(PATH, "odd", str(n), "mend") for n in range(29)])
    assert [one.reason for one in found[2:]] == [
        "refused: odd (2); mend",
        "26 more faults; `handseg check` lists them all",
    ]
    assert refused.of_faults("a.png", []) == []


def test_no_label_however_far_off_is_a_fault() -> None:
    assert label_score(1e9) < 1
