"""A connection to a Kubeflow cluster, by kfp's own client and settings."""

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import kfp
import kfp_server_api
from kfp import client as kfp_client
from kfp.client import client as kfp_settings
from kfp.client.set_volume_credentials import ServiceAccountTokenVolumeCredentials
from urllib3.exceptions import HTTPError

from handseg.errors import BadInput, HandsegError


class Unreachable(HandsegError):
    """The cluster gave no answer, or one that says it cannot do what was asked."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A connected client and what it was connected with."""

    client: kfp.Client
    host: str
    """URL of the KFP API, without a slash at its end."""
    namespace: str
    """The user's; empty where the installation has one for all."""

    def link(self, run_id: str) -> str:
        """The page of a run."""
        page = os.environ.get(kfp_settings.KF_PIPELINES_UI_ENDPOINT_ENV) or self.host
        return f"{page.rstrip('/')}/#/runs/details/{run_id}"


def connect(host: str, *, namespace: str = "", token: str = "", ca: str = "") -> Cluster:
    """Connect as kfp's settings say where no argument does.

    Args:
        host: URL of the KFP API; empty takes KF_PIPELINES_ENDPOINT.
        namespace: the user's; empty takes the one of ~/.config/kfp/context.json, and in a pod the
            pod's own.
        token: a bearer token; empty reads the file that KF_PIPELINES_SA_TOKEN_PATH names, if set.
        ca: file of certificates to trust instead of the system's.

    Raises:
        BadInput: there is no host, or it is no http(s) URL.
        Unreachable: nobody answers there, or not as KFP does.
    """
    variable = kfp_settings.KF_PIPELINES_ENDPOINT_ENV
    host = (host or os.environ.get(variable, "")).rstrip("/")
    if not host.startswith(("http://", "https://")):
        raise BadInput(
            f"host {host or '(none)'}: give --host, or set {variable}, to the http(s) URL "
            "of the KFP API"
        )
    mounted = os.environ.get(kfp_client.KF_PIPELINES_SA_TOKEN_ENV)
    with explained(host), warnings.catch_warnings():
        # kfp says on every start which old servers it has left behind.
        warnings.filterwarnings("ignore", "This client only works with", FutureWarning)
        client = kfp.Client(
            host=host,
            existing_token=token or None,
            credentials=ServiceAccountTokenVolumeCredentials() if mounted else None,
            ssl_ca_cert=ca or None,
            **({"namespace": namespace} if namespace else {}),
        )
    return Cluster(
        client=client, host=host, namespace=namespace or client.get_user_namespace() or ""
    )


@contextmanager
def explained(host: str) -> Iterator[None]:
    """Within the block, say plainly what the API refused or that nobody answered.

    Raises:
        Unreachable: either of them.
    """
    try:
        yield
    except kfp_server_api.ApiException as error:
        raise Unreachable(f"{host}: {error.status} {error.reason}: {_message(error)}") from error
    except AttributeError as error:
        # kfp_server_api stumbles over its own error where TLS fails, which has no body.
        if not isinstance(error.__context__, kfp_server_api.ApiException):
            raise
        raise Unreachable(f"{host}: {error.__context__.reason}; check --ca") from error
    except (HTTPError, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise Unreachable(f"{host}: no answer ({type(reason).__name__}); check --host") from error


def _message(error: kfp_server_api.ApiException) -> str:
    """The sentence in an error's body, which is JSON from the API and anything from a proxy."""
    body = error.body or ""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return str(body)[:300].strip() or "no reason given; check --token and --namespace"
