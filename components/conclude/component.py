"""The end of a run as KFP sees it: it is told whether the run succeeded, and always does itself."""

from kfp import dsl

from components.images import CPU_IMAGE


@dsl.component(base_image=CPU_IMAGE, install_kfp_package=False)
def conclude(
    ended: dsl.PipelineTaskFinalStatus,
    run_id: str,
    run_name: str,
    data_uri: str,
    lineage: str,
    states_uri: str,
    markdown: dsl.Output[dsl.Markdown],
) -> None:
    """Say how a run ended, and what to do where it failed."""
    from handseg import durable, summary
    from handseg.storage import location

    text = summary.of_end(
        state=ended.state,
        error=ended.error_message,
        facts={
            "run": run_id,
            "name": run_name,
            "data": data_uri,
            "made from": lineage,
            "states of training": states_uri,
        },
    )
    durable.write_text(location.parse(markdown.path).path, text)
