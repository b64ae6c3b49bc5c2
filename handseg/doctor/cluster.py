"""Whether the KFP API of a cluster answers."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from handseg.doctor import http
from handseg.doctor.asked import Asked
from handseg.doctor.check import Check, failed, not_asked, of_error, ok
from handseg.doctor.requirements import pinned
from handseg.errors import HandsegError

VARIABLE = "KF_PIPELINES_ENDPOINT"
_TOKEN_VARIABLE = "KF_PIPELINES_SA_TOKEN_PATH"  # nosec B105 # a variable's name
_HEALTH = "/apis/v2beta1/healthz"


def look(asked: Asked) -> Iterator[Check]:
    """Ask for its health, with the token that kfp's own client would send."""
    host = asked.kfp or os.environ.get(VARIABLE, "")
    if not host:
        yield not_asked("kfp", f"no --kfp and no {VARIABLE}")
        return
    try:
        yield _of(host, http.ask(host.rstrip("/") + _HEALTH, token=_token()))
    except HandsegError as error:
        yield of_error("kfp", error)


def _token() -> str:
    place = os.environ.get(_TOKEN_VARIABLE, "")
    if not place:
        return ""
    try:
        return Path(place).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise HandsegError(
            f"{place}: cannot be read ({error.strerror}); mount it, or unset {_TOKEN_VARIABLE}"
        ) from error


def _of(host: str, answer: http.Answer) -> Check:
    shown = http.shown(host)
    if answer.status in (401, 403):
        return failed(
            "kfp",
            f"{shown}: access denied ({answer.status})",
            f"name a file with a token in {_TOKEN_VARIABLE}; `pipeline submit` takes one as well",
        )
    if answer.status != 200 or not _is_health(answer.body):
        return failed(
            "kfp",
            f"{shown}: answers {answer.status}, and not as KFP's API 2 does",
            "give the URL under which /apis/v2beta1/healthz answers, as `kubectl port-forward` "
            "of ml-pipeline-ui gives it",
        )
    version = pinned("kfp").rpartition(".")[0]
    return ok("kfp", f"{shown}: answers; pipelines are compiled by kfp {version}, for KFP 2")


def _is_health(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False
