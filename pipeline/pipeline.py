"""The graph: split -> preprocess -> per member train and infer -> ensemble and report.

Images may be dealt to several tasks: merge joins a member's shards, tally those of the vote.
"""

from dataclasses import asdict, dataclass
from typing import Any

from kfp import dsl

from components.images import CPU_IMAGE, GPU_IMAGE
from components.preprocess.component import preprocess
from components.split.component import split
from components.train.component import train
from handseg.errors import BadInput
from handseg.presets.catalogue import Member, Preset
from pipeline import fan_out, resources
from pipeline.fan_out import Outputs
from pipeline.nodes import Nodes
from pipeline.options import ClusterOptions


@dataclass(frozen=True, kw_only=True)
class Images:
    """The two images that the tasks run in."""

    cpu: str = CPU_IMAGE
    gpu: str = GPU_IMAGE

    @property
    def are_pinned(self) -> bool:
        """Whether both are named by digest."""
        return all("@sha256:" in image for image in (self.cpu, self.gpu))


def build(
    preset: Preset,
    *,
    images: Images | None = None,
    cluster: bool = True,
    shards: int = 1,
    options: ClusterOptions | None = None,
) -> dsl.base_component.BaseComponent:
    """Build a preset's pipeline; the settings and members become constants of it.

    Args:
        preset: complete, checked settings.
        images: where the tasks run; the default is this version's images by tag.
        cluster: whether to ask for resources, retries and time limits, which a local runner has
            no use for: it would wait a minute before it tries a failed task again.
        shards: how many tasks infer each member's images, and vote; no more than there are batches.
        options: what is chosen of the cluster, if there is one.

    Returns:
        A pipeline of data_uri (a folder in the competition's layout, local or s3://), data_hash (a
        part of the cache's key), run_name, and part ("test" or "oof": whose predictions count).

    Raises:
        BadInput: shards is under 1.
    """
    how = options or ClusterOptions()
    members = [_loop_item(member) for member in preset.members]
    if shards < 1:
        raise BadInput(f"shards is {shards}; give 1 or more")

    def settle(tasks: list[dsl.PipelineTask]) -> None:
        _choose_images(tasks, images or Images(), caching=how.caching)
        if cluster:
            _ask(tasks, preset, how.nodes)

    vote = fan_out.vote_of(
        shards, settle, weights=preset.weights or [], settings=asdict(preset.ensemble)
    )

    @dsl.pipeline(name=f"handseg-{preset.name.replace('_', '-')}")
    def graph(
        data_uri: str, data_hash: str = "", run_name: str = "", part: str = "test"
    ) -> Outputs:
        table = split(data_uri=data_uri, data_hash=data_hash, settings=asdict(preset.split))
        folds = table.outputs["folds"]
        kind = asdict(preset.preprocess)
        cached = preprocess(data_uri=data_uri, data_hash=data_hash, folds=folds, settings=kind)
        cache = cached.outputs["cache"]
        with dsl.ParallelFor(members) as member:
            trained = train(cache=cache, folds=folds, member=member)
            asked = {"cache": cache, "folds": folds, "part": part, "settings": asdict(preset.infer)}
            inferred = fan_out.inferred(shards, checkpoint=trained.outputs["checkpoint"], **asked)
        voted = vote(
            stores=dsl.Collected(inferred[-1].outputs["store"]),
            cache=cache,
            folds=folds,
            checkpoints=dsl.Collected(trained.outputs["checkpoint"]),
            oof=dsl.Collected(trained.outputs["oof"]),
            run_name=run_name,
        )
        settle([table, cached, trained, *inferred])
        return Outputs(submission=voted.outputs["submission"], report=voted.outputs["report"])

    return graph


def _loop_item(member: Member) -> dict[str, Any]:
    # Not "name": kfp's loop variable has an attribute of that name, and compiling fails on it.
    return {"member_name": member.name, "fold": member.fold, "settings": asdict(member.train)}


def _choose_images(tasks: list[dsl.PipelineTask], images: Images, *, caching: bool) -> None:
    for task in tasks:
        task.set_container_image(images.gpu if task.name in ("train", "infer") else images.cpu)
        # The cache's key holds an image's name and no content: a tag can come to mean other code.
        task.set_caching_options(caching and images.are_pinned)


def _ask(tasks: list[dsl.PipelineTask], preset: Preset, nodes: Nodes) -> None:
    trained_on = {member.train.device for member in preset.members}
    devices = {"train": trained_on, "infer": {preset.infer.device}}
    for task in tasks:
        accelerated = devices.get(task.name, {"cpu"}) != {"cpu"}
        wanted = resources.of_stage(task.name, accelerated=accelerated, nodes=nodes)
        resources.apply(task, wanted, nodes)
