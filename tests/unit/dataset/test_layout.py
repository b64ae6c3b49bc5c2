import os
import shutil
from pathlib import Path

import pytest

from handseg.dataset import layout
from handseg.errors import BadInput, MissingInput
from tests.drawing import write_tiny_dataset


@pytest.fixture
def data(tmp_path: Path) -> Path:
    root = tmp_path / "data"
    write_tiny_dataset(root, people=3, test_people=1, size=(24, 24), seed=0)
    return root


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def bare(root: Path, *files: str) -> Path:
    for file in files:
        touch(root / file)
    return root


def faults(root: Path) -> dict[str, str]:
    """Fault by the last two parts of its path."""
    return {"/".join(Path(f.path).parts[-2:]): f.fault for f in layout.survey(root).faults}


def test_train_comes_before_test_and_each_part_is_sorted(tmp_path: Path) -> None:
    pairs = ["ID2/b", "ID1/z", "ID10/a"]
    images = [f"train/DCM/{pair}.png" for pair in pairs]
    annotations = [f"train/outputs_json/{pair}.json" for pair in pairs]
    root = bare(tmp_path, *images, *annotations, "test/DCM/A/t2.png", "test/DCM/A/t1.png")
    records = layout.scan(root)
    found = [(record.part, record.person, record.name) for record in records]
    assert found == [
        ("train", "ID1", "z.png"),
        ("train", "ID10", "a.png"),
        ("train", "ID2", "b.png"),
        ("test", "A", "t1.png"),
        ("test", "A", "t2.png"),
    ]
    assert records[0].image_path == root / "train/DCM/ID1/z.png"
    assert records[0].annotation_path == root / "train/outputs_json/ID1/z.json"


def test_annotations_of_the_test_part_are_not_seen(data: Path) -> None:
    image = next((data / "test" / "DCM").rglob("*.png"))
    touch(data / "test" / "outputs_json" / image.parent.name / f"{image.stem}.json")
    tests = [record for record in layout.scan(data) if record.part == "test"]
    assert [record.annotation_path for record in tests] == [None, None]


def test_a_test_part_may_be_missing(data: Path) -> None:
    shutil.rmtree(data / "test")
    assert {record.part for record in layout.scan(data)} == {"train"}


def test_no_train_folder_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match=r"train/DCM: no such folder .* holds train/"):
        layout.scan(tmp_path)


def test_the_part_given_as_the_data_is_told_from_it(data: Path) -> None:
    with pytest.raises(MissingInput, match=f"give its parent {data}"):
        layout.scan(data / "train")


def test_an_empty_train_part_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train" / "DCM").mkdir(parents=True)
    with pytest.raises(BadInput, match="train/DCM: no images"):
        layout.scan(tmp_path)


def test_images_without_annotation_and_annotations_without_image_are_both_listed(
    data: Path,
) -> None:
    images = sorted((data / "train" / "DCM").rglob("*.png"))
    annotation = data / "train" / "outputs_json" / "ID001" / f"{images[0].stem}.json"
    annotation.unlink()
    images[3].unlink()
    with pytest.raises(BadInput) as refusal:
        layout.scan(data)
    assert f"{images[0]}: image without annotation" in str(refusal.value)
    assert f"{images[3].stem}.json: annotation without image" in str(refusal.value)


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("train/DCM/loose.png", "not in a person's folder"),
        ("train/DCM/ID001/scan.jpg", "not a .png file"),
        ("train/DCM/ID001/scan.PNG", "not a .png file"),
        ("train/DCM/ID001/deeper/scan.png", "not a .png file"),
        ("train/outputs_json/ID001/notes.txt", "not a .json file"),
        ("test/DCM/ID004/=1+1.png", "refused name"),
        ("test/DCM/ID004/-rf.png", "refused name"),
        ("test/DCM/ID004/@b.png", "refused name"),
        ("test/DCM/ID004/a b.png", "refused name"),
        ("test/DCM/ID004/a,b.png", "refused name"),
        ("test/DCM/ID004/a\nb.png", "refused name"),
        ("test/DCM/ID004/h\u00e4nd.png", "refused name"),
        ("test/DCM/+4/a.png", "refused name"),
    ],
)
def test_what_does_not_belong_is_named(data: Path, file: str, fault: str) -> None:
    touch(data / file)
    found = layout.survey(data).faults
    assert [f.fault for f in found] == [fault]
    assert found[0].remedy
    with pytest.raises(BadInput, match=fault):
        layout.scan(data)


def test_an_empty_folder_of_a_person_is_named(data: Path) -> None:
    (data / "train" / "DCM" / "ID777").mkdir()
    assert faults(data) == {"DCM/ID777": "empty folder"}


def test_a_test_part_without_images_folder_is_named(data: Path) -> None:
    shutil.rmtree(data / "test" / "DCM")
    assert faults(data) == {"data/test": "test part without DCM"}


def test_an_image_name_used_twice_is_refused_across_people_and_parts(data: Path) -> None:
    image = next((data / "train" / "DCM" / "ID001").iterdir())
    copy = data / "test" / "DCM" / "ID004" / image.name
    copy.write_bytes(b"")
    found = layout.survey(data).faults
    assert [(f.path, f.fault) for f in found] == [(str(copy), "image name twice")]
    assert str(image) in found[0].value


def test_files_of_the_operating_system_are_passed_over(data: Path) -> None:
    before = layout.scan(data)
    touch(data / "train" / "DCM" / ".DS_Store")
    touch(data / "train" / "DCM" / "ID001" / "._image1.png")
    touch(data / "train" / "DCM" / "ID001" / "Thumbs.db")
    assert layout.scan(data) == before


def test_a_link_out_of_the_data_is_refused_wherever_it_lies(data: Path, tmp_path: Path) -> None:
    outside = touch(tmp_path / "elsewhere" / "secret.png").parent
    (data / "train" / "DCM" / "ID001" / "a.png").symlink_to(outside / "secret.png")
    (data / "train" / "DCM" / "ID009").symlink_to(outside)
    (data / "train" / "DCM" / "ID002" / "b.png").symlink_to(tmp_path / "nowhere")
    link = "link out of the data folder"
    assert faults(data) == {"ID001/a.png": link, "DCM/ID009": link, "ID002/b.png": link}


def test_a_whole_part_that_is_a_link_is_refused(data: Path, tmp_path: Path) -> None:
    (data / "test").rename(tmp_path / "test")
    (data / "test").symlink_to(tmp_path / "test")
    assert faults(data) == {"test/DCM": "link out of the data folder"}


def test_links_inside_the_data_and_to_the_data_work(data: Path, tmp_path: Path) -> None:
    person = data / "train" / "DCM" / "ID001"
    image = sorted(person.iterdir())[0]
    image.rename(data / image.name)
    image.symlink_to(os.path.relpath(data / image.name, person))
    (tmp_path / "link").symlink_to(data)
    assert len(layout.scan(tmp_path / "link")) == 8


def test_the_data_hash_follows_every_byte_that_a_stage_reads(data: Path) -> None:
    records = layout.scan(data)
    before = layout.data_hash(records)
    assert len(before) == 64
    assert layout.data_hash(layout.scan(data)) == before
    for path in (records[0].image_path, records[0].annotation_path, records[-1].image_path):
        assert path is not None
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        assert layout.data_hash(records) != before
        path.write_bytes(content)
    assert layout.data_hash(records) == before
    assert layout.data_hash(records[1:]) != before


def test_the_data_hash_follows_the_person(data: Path) -> None:
    before = layout.data_hash(layout.scan(data))
    for folder in ("DCM", "outputs_json"):
        (data / "train" / folder / "ID001").rename(data / "train" / folder / "ID000")
    assert layout.data_hash(layout.scan(data)) != before


def test_the_data_hash_does_not_follow_the_folder(data: Path, tmp_path: Path) -> None:
    before = layout.data_hash(layout.scan(data))
    assert layout.data_hash(layout.scan(data.rename(tmp_path / "moved"))) == before
