"""A run's folder as the stages leave it, with toy hands, made through the real codecs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from handseg import bones, provenance
from handseg.ensemble import submission, voting
from handseg.ensemble.rule import Rule
from handseg.folds import FoldRow, FoldTable
from handseg.images.cache import CachedImage, CacheWriter, ImageCache
from handseg.inference.store import Store, StoreCard, StoreWriter
from handseg.inference.tiles import ImageTiles
from handseg.masks.polygons import Polygons
from handseg.provenance import Origin
from handseg.report import card, records
from handseg.report.inputs import Inputs, MemberInputs
from handseg.report.records import StageRun
from handseg.settings import ModelSettings, PreprocessSettings, SplitSettings, TrainSettings
from handseg.stages.report import report
from handseg.storage import artifact
from handseg.storage.location import Location
from tests.unit.report.toy_hands import images, predict

STARTED = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class MadeRun:
    """Where everything is."""

    folder: Path
    members: Sequence[str]

    def place(self, name: str) -> Location:
        return Location(str(self.folder / name))

    def report(
        self,
        out: Path,
        markdown: Path | None = None,
        *,
        no_images: bool = False,
        voters: bool = False,
    ) -> None:
        """Run the stage on it; with the stores that voted, where a test part has some."""
        report(
            cache=self.place("cache"),
            folds=self.place("folds.csv"),
            members=[self.place(f"members/{name}") for name in self.members],
            stores=[self.place(f"stores/{name}/oof") for name in self.members],
            submission=self.place("submission.csv"),
            voters=[self.place(f"stores/{name}/test") for name in self.members] if voters else None,
            out=Location(str(out)),
            markdown=None if markdown is None else Location(str(markdown)),
            no_images=no_images,
        )

    def inputs(self, *, voters: bool = False) -> Inputs:
        """All of it opened, as the stage does."""
        tests = {name: self.folder / "stores" / name / "test" for name in self.members}
        voted = self._run("submission.csv")
        return Inputs(
            run_name="toy",
            cache=ImageCache(self.folder / "cache"),
            table=FoldTable.read(self.folder / "folds.csv"),
            members=[
                MemberInputs(
                    card=card.read(self.folder / "members" / name),
                    store=Store(self.folder / "stores" / name / "oof"),
                    weight=voted.weights[name],
                    trained=self._run(f"members/{name}", name),
                    predicted=self._run(f"stores/{name}/oof", name),
                    test_store=Store(tests[name]) if voters else None,
                    inferred=self._run(f"stores/{name}/test", name) if voters else None,
                )
                for name in self.members
            ],
            submission=submission.read(self.folder / "submission.csv"),
            rule=Rule.at(0.5),
            choice=None,
            split=self._run("folds.csv"),
            preprocessed=self._run("cache"),
            voted=voted,
        )

    def _run(self, name: str, member: str = "") -> StageRun:
        record = provenance.read(self.folder / name)
        content = artifact.content_hash(self.folder / name)
        return records.parse(record, artifact=name, content=content, member=member)


def make_run(
    folder: Path,
    *,
    members: Mapping[str, int],
    people: Sequence[str] = ("ID001", "ID002", "ID003", "ID004"),
    test_people: Sequence[str] = ("ID900",),
    side: int = 128,
    errors_px: Sequence[int] = (1, 2),
) -> MadeRun:
    """Make a run of two folds.

    Args:
        folder: where; it need not exist.
        members: name -> held-out fold.
        people: of the training part, alternately in fold 0 and 1; two images each.
        test_people: of the test part; two images each.
        side: of the square images, in pixels.
        errors_px: how far each member's predictions are off, in turn; worse for later images.
    """
    run = MadeRun(folder, list(members))
    train = images(people, "train", side)
    test = images(test_people, "test", side)
    rows = [FoldRow(image.name, image.person, people.index(image.person) % 2) for image, _ in train]
    _write_folds(run, FoldTable(tuple(rows)))
    _write_cache(run, [image for image, _ in train + test])
    for number, (name, fold) in enumerate(members.items()):
        error = errors_px[number % len(errors_px)]
        held = [pair for pair, row in zip(train, rows, strict=True) if row.fold == fold]
        _write_member(run, name, fold, number)
        for part, predicted in _predictions(held, test, error).items():
            _write_store(run, name, fold, part, predicted)
    _write_submission(
        run, [predict(image, polygons, error_px=1) for image, polygons in test or train]
    )
    return run


Pairs = Sequence[tuple[CachedImage, Polygons]]
Part = Literal["oof", "test"]


def _predictions(held: Pairs, test: Pairs, error: int) -> dict[Part, list[ImageTiles]]:
    def predictions(pairs: Pairs) -> list[ImageTiles]:
        return [
            predict(image, polygons, error_px=error + place)
            for place, (image, polygons) in enumerate(pairs)
        ]

    return {"oof": predictions(held), "test": predictions(test)}


def _record(stage: str, settings: Mapping[str, object], **parents: str) -> dict[str, object]:
    record = provenance.record(
        stage=stage,
        settings=settings,
        parents=parents,
        origin=Origin(data=("d" * 64,)),
        started=STARTED,
    )
    return {**record, "ended": (STARTED + timedelta(seconds=75)).isoformat(timespec="seconds")}


def _hash(run: MadeRun, name: str) -> str:
    return artifact.content_hash(run.folder / name)


def _write_folds(run: MadeRun, table: FoldTable) -> None:
    with artifact.writing(run.place("folds.csv"), folder=False) as path:
        table.write(path)
        provenance.write(path, _record("split", asdict(SplitSettings(folds=2)), data="d" * 64))


def _write_cache(run: MadeRun, images: Sequence[CachedImage]) -> None:
    with artifact.writing(run.place("cache"), folder=True) as path:
        with CacheWriter(path, {}, "none") as writer:
            for image in images:
                writer.add(image)
        parents = {"data": "d" * 64, "folds": _hash(run, "folds.csv")}
        provenance.write(path, _record("preprocess", asdict(PreprocessSettings()), **parents))


def _write_member(run: MadeRun, name: str, fold: int, number: int) -> None:
    settings = replace(
        TrainSettings(), seed=number, model=ModelSettings(name="unet", input_px=128, output_px=256)
    )
    history = [
        {
            "step": 50 * epoch,
            "epoch": float(epoch),
            "loss": 0.9**epoch + 0.02 * number,
            "learning_rate": 1e-4,
            "input_px": 128,
            "dice": 0.95 - 0.8**epoch - 0.01 * number,
        }
        for epoch in range(1, 21)
    ]
    written = {
        "name": name,
        "fold": fold,
        "train": asdict(settings),
        "cache": _hash(run, "cache"),
        "folds": _hash(run, "folds.csv"),
        "prior": [0.01] * 29,
        "steps": 1000,
        "parameters": 1_234_567,
        "classes": list(bones.NAMES),
        "best_step": 950,
        "mean_dice": 0.9,
        "dice_per_class": dict.fromkeys(bones.NAMES, 0.9),
        "history": history,
        "format": 2,
    }
    with artifact.writing(run.place(f"members/{name}"), folder=True) as path:
        (path / "card.json").write_text(json.dumps(written), encoding="utf-8")
        parents = {"cache": _hash(run, "cache"), "folds": _hash(run, "folds.csv")}
        record = _record("train", {**asdict(settings), "fold": fold}, **parents)
        laps = [{"step": line["step"], "seconds": 60.0 * line["epoch"]} for line in history]
        provenance.write(path, {**record, "seconds": 1201.5, "laps": laps})


def _write_store(
    run: MadeRun, name: str, fold: int, part: Part, images: Sequence[ImageTiles]
) -> None:
    store_card = StoreCard(
        member=name,
        fold=fold,
        part=part,
        classes=list(bones.NAMES),
        dice=0.9,
        cut_level=8,
        checkpoint=_hash(run, f"members/{name}"),
        cache=_hash(run, "cache"),
        folds=_hash(run, "folds.csv"),
    )
    order = ImageCache(run.folder / "cache").names("test" if part == "test" else "train")
    with artifact.writing(run.place(f"stores/{name}/{part}"), folder=True) as path:
        with StoreWriter(path, store_card) as writer:
            for image in images:
                writer.add(image, order.index(image.name))
        provenance.write(path, _record("infer", {"batch_size": 1, "part": part}))


def _write_submission(run: MadeRun, images: Sequence[ImageTiles]) -> None:
    with artifact.writing(run.place("submission.csv"), folder=False) as path:
        rows = ((tiles.name, voting.vote([tiles], [1.0], 0.5)) for tiles in images)
        submission.write(path, rows)
        members = [
            {"name": name, "weight": float(number + 1)} for number, name in enumerate(run.members)
        ]
        settings = {"threshold": 0.5, "weights": [member["weight"] for member in members]}
        stores = {f"store_{n}": _hash(run, f"stores/{m}/test") for n, m in enumerate(run.members)}
        provenance.write(path, {**_record("ensemble", settings, **stores), "members": members})
