"""A compiled pipeline on the cluster: the same content is uploaded once, under its hash."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import kfp_server_api
import yaml

from pipeline.submit.cluster import Cluster, explained

_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class Package:
    """A compiled pipeline, ready for upload."""

    file: Path

    @property
    def pipeline(self) -> str:
        """Name of the pipeline, the same for every version."""
        spec = next(yaml.safe_load_all(self.file.read_text(encoding="utf-8")))
        return str(spec["pipelineInfo"]["name"])

    @property
    def version(self) -> str:
        """Name of the version: the pipeline's and the start of the content's SHA-256."""
        digest = hashlib.sha256(self.file.read_bytes()).hexdigest()
        return f"{self.pipeline}-{digest[:_DIGITS]}"


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version that the cluster has."""

    pipeline_id: str
    version_id: str
    is_new: bool
    """Whether it was uploaded now."""


def find_or_upload(cluster: Cluster, package: Package) -> Version:
    """Find the version with the package's content, or upload it.

    Raises:
        Unreachable: the cluster refuses, or does not answer.
    """
    with explained(cluster.host):
        pipeline_id = _find_pipeline(cluster, package.pipeline) or _create(cluster, package)
        found = _find_version(cluster, pipeline_id, package.version)
        if found:
            return Version(pipeline_id=pipeline_id, version_id=found, is_new=False)
        made = cluster.client.upload_pipeline_version(
            str(package.file), package.version, pipeline_id=pipeline_id
        )
    return Version(pipeline_id=pipeline_id, version_id=made.pipeline_version_id, is_new=True)


def _find_pipeline(cluster: Cluster, name: str) -> str | None:
    # Not get_pipeline_id, which looks through the pipelines that all namespaces share.
    answer = cluster.client.list_pipelines(filter=_named(name), namespace=cluster.namespace or None)
    return answer.pipelines[0].pipeline_id if answer.pipelines else None


def _create(cluster: Cluster, package: Package) -> str:
    # Not upload_pipeline, which makes a version by the pipeline's own name as well.
    pipeline = kfp_server_api.V2beta1Pipeline(
        display_name=package.pipeline,
        name=package.pipeline,
        namespace=cluster.namespace or None,
    )
    made = cluster.client.pipelines.pipeline_service_create_pipeline(pipeline)
    return str(made.pipeline_id)


def _find_version(cluster: Cluster, pipeline_id: str, name: str) -> str | None:
    answer = cluster.client.list_pipeline_versions(pipeline_id, filter=_named(name))
    versions = answer.pipeline_versions
    return versions[0].pipeline_version_id if versions else None


def _named(name: str) -> str:
    """KFP's filter for one display name."""
    predicate = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [predicate]})
