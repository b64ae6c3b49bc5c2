"""Work on images that several tasks share, and the task that joins what they made."""

from collections.abc import Callable
from typing import Any, NamedTuple

from kfp import dsl

from components.ensemble.component import ensemble
from components.infer.component import infer
from components.merge.component import merge
from components.tally.component import tally
from components.vote.component import vote

Settle = Callable[[list[dsl.PipelineTask]], None]
"""Gives tasks their images and what they ask of the cluster."""


class Outputs(NamedTuple):
    """What a run gives."""

    submission: dsl.Dataset
    report: dsl.HTML


def inferred(
    shards: int, *, at_once: int, made_from: str, member: Any, **asked: Any
) -> list[dsl.PipelineTask]:
    """A member's tasks of inference; the last gives the store.

    Args:
        shards: how many tasks share the images.
        at_once: how many of them run at a time; 0 is all.
        made_from: lineage of what they leave.
        member: whose they are.
        asked: the other inputs of `infer` but the shard.
    """
    if shards == 1:
        return [infer(**asked, member=member)]
    with dsl.ParallelFor(_shares(shards), parallelism=at_once) as share:
        dealt = infer(**asked, member=member, shard=share)
    stores = dsl.Collected(dealt.outputs["store"])
    return [dealt, merge(shards=stores, member=member, lineage=made_from)]


def vote_of(
    shards: int, settle: Settle, *, at_once: int, **how: Any
) -> Callable[..., dsl.PipelineTask]:
    """Make what adds the vote to a graph, from the other inputs of `ensemble`.

    Args:
        shards: how many tasks share the images.
        settle: called with every task made.
        at_once: how many tasks run at a time; 0 is all.
        how: weights and settings.

    Returns:
        A function, whose task gives submission and report.
    """
    if shards > 1:
        votes: Callable[..., dsl.PipelineTask] = _votes(shards, settle, at_once, **how)
        return votes

    def alone(**asked: Any) -> dsl.PipelineTask:
        task = ensemble(**asked, **how)
        settle([task])
        return task

    return alone


def _votes(
    shards: int, settle: Settle, at_once: int, **how: Any
) -> dsl.base_component.BaseComponent:
    # A graph of its own: KFP compiles no loop over tasks that take what another loop collected.
    @dsl.pipeline(name="votes")
    def votes(
        stores: dsl.Input[list[dsl.Dataset]],
        cache: dsl.Input[dsl.Dataset],
        folds: dsl.Input[dsl.Dataset],
        checkpoints: dsl.Input[list[dsl.Model]],
        oof: dsl.Input[list[dsl.Dataset]],
        run_name: str,
        no_images: bool,
        lineage: str,
    ) -> Outputs:
        members = {"cache": cache, "folds": folds, "checkpoints": checkpoints, "oof": oof}
        with dsl.ParallelFor(_shares(shards), parallelism=at_once) as share:
            dealt = vote(stores=stores, **members, **how, shard=share, lineage=lineage)
        parts = dsl.Collected(dealt.outputs["submission"])
        told = {"run_name": run_name, "no_images": no_images, "lineage": lineage}
        joined = tally(shards=parts, stores=stores, **members, **told)
        settle([dealt, joined])
        return Outputs(submission=joined.outputs["submission"], report=joined.outputs["report"])

    return votes


def _shares(shards: int) -> list[str]:
    return [f"{number}/{shards}" for number in range(1, shards + 1)]
