"""KFP's REST API as the published client package describes it: what is not there is refused.

Paths, query parameters and the types of bodies and answers are read from the source that the
OpenAPI generator made; requests are held to the models' fields, and answers are built from models.
"""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import kfp_server_api
from kfp_server_api import models

_API = kfp_server_api.ApiClient()
# An int64 is declared as text, and may be sent as a number.
_PLAIN: dict[str, type | tuple[type, ...]] = {
    "str": (str, int),
    "datetime": str,
    "int": int,
    "bool": bool,
}


class Refused(Exception):
    """A request that the published API does not know; the message says what of it."""


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    """Names that its query may hold."""
    body: str
    """The model of its body; empty where it takes none."""
    files: frozenset[str]
    """Names of the files it takes."""
    answer: str
    """The model of its answer."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> "Operation":
        """Read a generated method, such as RunServiceApi.run_service_get_run."""
        owner = inspect.getmodule(function)
        text = inspect.getsource(
            next(
                value
                for name, value in _methods(owner)
                if name == f"{function.__name__}_with_http_info"
            )
        )
        path, method = re.findall(r"'(/apis/[^']+)', '([A-Z]+)'", text)[0]
        body = re.findall(r"body_params = local_var_params\['(\w+)'\]", text)
        return cls(
            method=method,
            path=re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/:]+)", path)),
            query=frozenset(re.findall(r"query_params\.append\(\('([\w.]+)'", text)),
            body=re.findall(rf":type {body[0]}: (\w+)", text)[0] if body else "",
            files=frozenset(re.findall(r"local_var_files\['(\w+)'\]", text)),
            answer=re.findall(r"response_type='(\w+)'", text)[0],
        )

    def read(self, query: Mapping[str, str], body: bytes) -> Any:
        """A request's body as its model, every field of it known.

        Raises:
            Refused: a name in the query or a field of the body is unknown.
        """
        unknown = set(query) - self.query
        if unknown:
            raise Refused(f"{self.path.pattern}: no query parameter {sorted(unknown)}")
        if not self.body:
            return None
        data = json.loads(body)
        check(data, self.body)
        return _API.deserialize(SimpleNamespace(data=body), self.body)

    def write(self, answer: Any) -> bytes:
        """An answer, which is of this operation's model, as JSON."""
        assert type(answer).__name__ == self.answer
        data = _API.sanitize_for_serialization(answer)
        check(data, self.answer)
        return json.dumps(data).encode()


def check(data: Any, kind: str) -> None:
    """Hold JSON to a model: every field known, every value of its field's type.

    Raises:
        Refused: it is not.
    """
    if data is None or kind == "object":
        return
    if found := re.fullmatch(r"list\[(.+)\]", kind):
        for item in _of(data, list, kind):
            check(item, found[1])
    elif found := re.fullmatch(r"dict\(str, (.+)\)", kind):
        for item in _of(data, dict, kind).values():
            check(item, found[1])
    elif kind in _PLAIN:
        _of(data, _PLAIN[kind], kind)
    else:
        _check_model(data, getattr(models, kind))


def _check_model(data: Any, model: Any) -> None:
    if not model.openapi_types:  # an enumeration
        if data not in model.allowable_values:
            raise Refused(f"{model.__name__}: no value {data!r}")
        return
    fields = {model.attribute_map[name]: kind for name, kind in model.openapi_types.items()}
    unknown = set(_of(data, dict, model.__name__)) - set(fields)
    if unknown:
        raise Refused(f"{model.__name__}: no field {sorted(unknown)}")
    for name, value in data.items():
        check(value, fields[name])


def _of(data: Any, kind: type | tuple[type, ...], wanted: str) -> Any:
    if not isinstance(data, kind):
        raise Refused(f"{data!r} is no {wanted}")
    return data


def _methods(module: Any) -> list[tuple[str, Any]]:
    classes = [value for name, value in vars(module).items() if name.endswith("Api")]
    return [item for cls in classes for item in inspect.getmembers(cls, inspect.isfunction)]
