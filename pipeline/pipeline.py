"""The graph: split -> preprocess -> per member train and infer -> ensemble and report.

Images may be dealt to several tasks: merge joins a member's shards, tally those of the vote.
"""

from kfp import dsl

from components.conclude.component import conclude
from handseg.errors import BadInput
from handseg.presets.catalogue import Preset
from pipeline.fan_out import Outputs
from pipeline.images import Images
from pipeline.layout import Given, Layout
from pipeline.options import ClusterOptions


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
        part of the cache's key), run_name, part ("test" or "oof": whose predictions count),
        states_uri (s3://bucket/prefix where trainings keep their states, to go on in another pod),
        person_key (fingerprint of the key that hides people's ids; empty where they are not
        hidden) and no_images (whether the report is to show no X-ray).
        Locally it gives submission and report; on a cluster it ends by saying how it ended.

    Raises:
        BadInput: shards is under 1, or a member's batches cannot be shared by its accelerators.
    """
    if shards < 1:
        raise BadInput(f"shards is {shards}; give 1 or more")
    if cluster and options:
        _check_batches(preset, options.nodes.accelerator.count)
    layout = Layout(
        preset=preset,
        images=images or Images(),
        shards=shards,
        options=options or ClusterOptions(),
        cluster=cluster,
    )
    name = f"handseg-{preset.name.replace('_', '-')}"
    return _concluded(name, layout) if cluster else _alone(name, layout)


def _check_batches(preset: Preset, accelerators: int) -> None:
    for member in preset.members:
        if member.train.device != "cpu" and member.train.batch_size % accelerators:
            raise BadInput(
                f"gpu count is {accelerators}, and {member.name}'s batch_size "
                f"{member.train.batch_size} is no multiple of it; change one of them"
            )


def _alone(name: str, layout: Layout) -> dsl.base_component.BaseComponent:
    vote = layout.vote()

    @dsl.pipeline(name=name)
    def graph(
        data_uri: str,
        data_hash: str = "",
        run_name: str = "",
        part: str = "test",
        states_uri: str = "",
        person_key: str = "",
        no_images: bool = False,
    ) -> Outputs:
        given = Given(
            data_uri=data_uri,
            data_hash=data_hash,
            run_name=run_name,
            part=part,
            states_uri=states_uri,
            person_key=person_key,
            no_images=no_images,
        )
        voted = layout.tasks(vote, given)
        return Outputs(submission=voted.outputs["submission"], report=voted.outputs["report"])

    return graph


def _concluded(name: str, layout: Layout) -> dsl.base_component.BaseComponent:
    vote = layout.vote()
    ttl = dsl.PipelineConfig(ttl_seconds_after_finished=layout.options.keep_s)

    # A pipeline gives nothing from inside an exit handler, and on a cluster nobody takes it.
    @dsl.pipeline(name=name, pipeline_config=ttl)
    def graph(
        data_uri: str,
        data_hash: str = "",
        run_name: str = "",
        part: str = "test",
        states_uri: str = "",
        person_key: str = "",
        no_images: bool = False,
    ) -> None:
        given = Given(
            data_uri=data_uri,
            data_hash=data_hash,
            run_name=run_name,
            part=part,
            states_uri=states_uri,
            person_key=person_key,
            no_images=no_images,
        )
        end = conclude(
            run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            run_name=run_name,
            data_uri=data_uri,
            lineage=layout.lineage(given),
            states_uri=states_uri,
        )
        layout.settle([end])
        end.set_caching_options(False)
        with dsl.ExitHandler(end, name="run"):
            layout.tasks(vote, given)

    return graph
