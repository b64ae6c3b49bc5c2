"""How a preset's tasks are laid out, from the split to the report."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from kfp import dsl

from components.preprocess.component import preprocess
from components.split.component import split
from components.train.component import train
from handseg import program
from handseg.presets.catalogue import Member, Preset
from pipeline import fan_out, lineage, resources
from pipeline.images import Images
from pipeline.nodes import Nodes
from pipeline.options import ClusterOptions

Vote: TypeAlias = Callable[..., dsl.PipelineTask]


@dataclass(frozen=True, kw_only=True)
class Given:
    """A run's parameters, as its tasks are to be given them; see `pipeline.build`."""

    data_uri: str
    data_hash: str
    run_name: str
    part: str
    states_uri: str
    person_key: str
    no_images: bool


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a preset's tasks are laid out."""

    preset: Preset
    images: Images
    shards: int
    options: ClusterOptions
    cluster: bool

    def vote(self) -> Vote:
        """What adds the vote; made before the graph, since it may be a graph of its own."""
        return fan_out.vote_of(
            self.shards,
            self.settle,
            at_once=self.options.parallelism,
            weights=self.preset.weights or [],
            settings=asdict(self.preset.ensemble),
        )

    def tasks(self, vote: Vote, given: Given) -> dsl.PipelineTask:
        """Add them to the graph that is being built; the last gives submission and report."""
        preset, at_once = self.preset, self.options.parallelism
        raw = {"data_uri": given.data_uri, "person_key": given.person_key}
        table = split(
            **raw,
            no_images=given.no_images,
            lineage=given.data_hash,
            settings=asdict(preset.split),
        )
        folds, kind = table.outputs["folds"], asdict(preset.preprocess)
        of_cache = lineage.of_cache(preset, self.images.both)
        origin = f"{given.data_hash}:{of_cache}:{given.person_key}"
        cached = preprocess(**raw, folds=folds, settings=kind, lineage=origin)
        read = {"cache": cached.outputs["cache"], "folds": folds}
        with dsl.ParallelFor(list(map(_loop_item, preset.members)), parallelism=at_once) as member:
            trained = train(
                **read,
                member=member,
                states_uri=given.states_uri,
                limit_minutes=resources.training_minutes() if self.cluster else 0.0,
                lineage=origin,
            )
            inferred = fan_out.inferred(
                self.shards,
                at_once=at_once,
                made_from=self.lineage(given),
                checkpoint=trained.outputs["checkpoint"],
                part=given.part,
                settings=asdict(preset.infer),
                member=member,
                lineage=origin,
                **read,
            )
        self.settle([table, cached, trained, *inferred])
        return vote(
            stores=dsl.Collected(inferred[-1].outputs["store"]),
            checkpoints=dsl.Collected(trained.outputs["checkpoint"]),
            oof=dsl.Collected(trained.outputs["oof"]),
            run_name=given.run_name,
            no_images=given.no_images,
            lineage=self.lineage(given),
            **read,
        )

    def lineage(self, given: Given) -> str:
        """What a run is made from."""
        of_run = lineage.of_run(self.preset, self.images.both)
        return f"{given.data_hash}:{given.part}:{of_run}:{given.person_key}"

    def settle(self, tasks: list[dsl.PipelineTask]) -> None:
        """Give tasks their images, and what they ask of the cluster."""
        _choose_images(tasks, self.images, caching=self.options.caching)
        if self.cluster:
            _tell_images(tasks)
            _ask(tasks, self.preset, self.options.nodes)


def _loop_item(member: Member) -> dict[str, Any]:
    # Not "name": kfp's loop variable has an attribute of that name, and compiling fails on it.
    return {"member_name": member.name, "fold": member.fold, "settings": asdict(member.train)}


def _choose_images(tasks: list[dsl.PipelineTask], images: Images, *, caching: bool) -> None:
    for task in tasks:
        task.set_container_image(images.gpu if task.name in ("train", "infer") else images.cpu)
        # The cache's key holds an image's name and no content: a tag can come to mean other code.
        task.set_caching_options(caching and images.are_pinned)


def _tell_images(tasks: list[dsl.PipelineTask]) -> None:
    """Let each task's record name its image, by digest where that is how it is pinned."""
    for task in tasks:
        spec = task.container_spec
        if spec is not None:
            task.set_env_variable(program.IMAGE_VARIABLE, spec.image)


def _ask(tasks: list[dsl.PipelineTask], preset: Preset, nodes: Nodes) -> None:
    trained_on = {member.train.device for member in preset.members}
    devices = {"train": trained_on, "infer": {preset.infer.device}}
    for task in tasks:
        accelerated = devices.get(task.name, {"cpu"}) != {"cpu"}
        wanted = resources.of_stage(task.name, accelerated=accelerated, nodes=nodes)
        resources.apply(task, wanted, nodes)
