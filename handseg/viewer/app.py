"""The viewer's web application: a page, and what it asks for, all read-only and by name."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from handseg import bones
from handseg.errors import BadInput, HandsegError, MissingInput
from handseg.masks import bitfield
from handseg.viewer import layers, shapes
from handseg.viewer.layers import Layer
from handseg.viewer.scoring import Scoring
from handseg.viewer.source import Source

_STATIC = Path(__file__).parent / "static"
_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
"""Names a browser may know this server by: others would be a page elsewhere that reaches for it."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_KEPT = {"Cache-Control": "private, max-age=3600"}
"""Of pictures, which do not change while the viewer runs."""


class _Application:
    """Answers requests about one source."""

    def __init__(self, source: Source, scoring: Scoring) -> None:
        self._source = source
        self._scoring = scoring

    def routes(self) -> list[Route | Mount]:
        """Every address there is."""
        image = "/api/images/{name}"
        return [
            Route("/", self.page),
            Route("/api/images", self.images),
            Route(image, self.image),
            Route(f"{image}/xray.png", self.xray),
            Route(f"{image}/probability.png", self.probability),
            Route(f"{image}/difference.png", self.difference),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ]

    def page(self, _request: Request) -> Response:
        return FileResponse(_STATIC / "index.html")

    def images(self, _request: Request) -> Response:
        named = [
            {"id": class_id, "name": name, "short": short, "colour": colour}
            for class_id, (name, short, colour) in enumerate(
                zip(bones.NAMES, bones.SHORT, bones.COLOURS, strict=True)
            )
        ]
        about = {"title": self._source.title, "bones": named, "groups": bones.GROUPS}
        return JSONResponse({**about, **self._scoring.rows()})

    def image(self, request: Request) -> Response:
        name = self._name(request)
        by = request.query_params.get("by") or None
        if by is not None:
            self._check_predictor(name, by)
        return JSONResponse(shapes.of_image(self._source, name, by))

    def xray(self, request: Request) -> Response:
        png = layers.xray(self._source.image(self._name(request)).pixels)
        return Response(png, media_type="image/png", headers=_KEPT)

    def probability(self, request: Request) -> Response:
        name, by, chosen = self._asked(request)
        return _picture(layers.probability(self._source.probabilities(name, by), chosen))

    def difference(self, request: Request) -> Response:
        name, by, chosen = self._asked(request)
        image = self._source.image(name)
        if not image.polygons:
            raise BadInput(f"{name}: has no truth to differ from")
        shape = (image.pixels.shape[0], image.pixels.shape[1])
        truth = bitfield.class_runs(image.polygons, shape)
        predicted = self._source.predicted(name, by)
        return _picture(layers.difference(predicted, truth, chosen, shape))

    def _asked(self, request: Request) -> tuple[str, str, list[int]]:
        name, by = self._name(request), request.query_params.get("by", "")
        self._check_predictor(name, by)
        return name, by, _class_ids(request.query_params.get("bones", ""))

    def _name(self, request: Request) -> str:
        # Looked up among the names there are: nothing that is asked for becomes a path.
        name = str(request.path_params["name"])
        if name not in self._source.images:
            raise MissingInput(f"{name!r}: no image of this name")
        return name

    def _check_predictor(self, name: str, by: str) -> None:
        known = self._source.images[name].predictors
        if by not in known:
            raise MissingInput(
                f"{name}: not predicted by {by!r}; by {', '.join(known) or 'nobody'}"
            )


def _class_ids(text: str) -> list[int]:
    """Class ids from `0,3,4`."""
    words = [word for word in text.split(",") if word]
    if not all(word.isascii() and word.isdecimal() for word in words):
        raise BadInput(f"bones={text[:80]}: give class ids parted by commas")
    found = [int(word) for word in words if len(word) < 4]
    if len(found) < len(words) or any(class_id >= bones.COUNT for class_id in found):
        raise BadInput(f"bones={text[:80]}: class ids are 0 to {bones.COUNT - 1}")
    return found


def _picture(layer: Layer | None) -> Response:
    if layer is None:
        return Response(status_code=204, headers=_KEPT)
    box = ",".join(map(str, layer.box))
    return Response(layer.png, media_type="image/png", headers={**_KEPT, "X-Box": box})


async def _secured(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers.update(_HEADERS)
    return response


def _refused(_request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, MissingInput) else 422
    return JSONResponse({"error": str(error)}, status_code=status)


def build(source: Source, scoring: Scoring) -> Starlette:
    """Make the application.

    Args:
        source: what to show.
        scoring: of the same source.
    """
    handlers: Mapping[Any, Any] = {HandsegError: _refused}
    middleware: Sequence[Middleware] = [
        Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS),
        Middleware(BaseHTTPMiddleware, dispatch=_secured),
    ]
    return Starlette(
        routes=_Application(source, scoring).routes(),
        middleware=middleware,
        exception_handlers=handlers,
    )
