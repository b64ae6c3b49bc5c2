"""Everything the report says, gathered before any of it is laid out."""

from collections.abc import Mapping
from dataclasses import dataclass

from handseg.ensemble.choice import Choice, Interval
from handseg.ensemble.rule import Rule
from handseg.findings import mistaken
from handseg.findings.finding import Finding
from handseg.report import calibration
from handseg.report.balance import FoldBalance
from handseg.report.card import MemberCard
from handseg.report.disagreement import Disagreement
from handseg.report.hand_map import HandMap
from handseg.report.overlays import Overlay
from handseg.report.records import StageRun
from handseg.report.scores import ImageScore, PerBone


@dataclass(frozen=True, kw_only=True)
class MemberFacts:
    """One member of the ensemble."""

    card: MemberCard
    weight: float
    images: int
    """Images it held out and was scored on."""
    per_bone: PerBone
    """Dice over those images."""
    run: StageRun
    """How it was trained; its content hash is the checkpoint's."""

    @property
    def name(self) -> str:
        """Its name."""
        return self.card.name

    @property
    def dice(self) -> float:
        """Mean Dice over its held-out images and all bones."""
        return float(self.per_bone.mean())

    @property
    def seconds(self) -> float:
        """Training time, over all resumptions."""
        return self.run.seconds


@dataclass(frozen=True, kw_only=True)
class TestFacts:
    """Predictions of images without truth."""

    images: int
    missing: Mapping[str, int]
    """Images with an empty prediction, by bone; bones that were always found are left out."""
    overlays: tuple[Overlay, ...]
    findings: tuple[Finding, ...] = ()
    """About all of these predictions."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the report says."""

    run_name: str
    members: tuple[MemberFacts, ...]
    rule: Rule
    """Of the vote."""
    choice: Choice | None
    """What the vote followed, where it was chosen on out-of-fold predictions."""
    train_images: int
    people: int
    balance: tuple[FoldBalance, ...]
    scores: tuple[ImageScore, ...]
    """Of every image that some member held out, worst first."""
    overall: PerBone
    """Dice of the vote over those images."""
    intervals: tuple[Interval, ...]
    """Of their mean, then of each bone, over people; empty for fewer than `LEAST_PEOPLE`."""
    mistaken: mistaken.Counts
    """Pixels of the vote over those images, by true and by predicted bone."""
    calibration: Mapping[str, calibration.Counts]
    """Pixels of those images by probability, of each member that held any out."""
    disagreement: Disagreement | None
    """Between members; None where no image has probabilities by two of them."""
    hand_map: HandMap
    typical: str
    """Name of the image the map shows."""
    with_images: bool = True
    """Whether X-rays are shown."""
    worst: tuple[Overlay, ...]
    best: tuple[Overlay, ...]
    test: TestFacts | None
    """None where the predictions are of the training images."""
    preprocess: Mapping[str, object]
    """Settings of the image cache."""
    runs: tuple[StageRun, ...]
    """Every artifact the report was made from."""
    commands: tuple[str, ...]

    @property
    def dice(self) -> float:
        """Out-of-fold mean Dice of the vote, over images and bones."""
        return float(self.overall.mean())

    @property
    def scored_people(self) -> int:
        """People whose images were scored."""
        return len({score.person for score in self.scores})

    @property
    def seconds(self) -> float:
        """Computing time of all these stages together, over all resumptions."""
        return sum(run.seconds for run in self.runs)
