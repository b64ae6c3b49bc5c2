"""Enlargement and refinement of a class as one matrix product.

An output s times as large has s x s pixels in each native cell, its phases. Bilinear enlargement
and the two grouped convolutions are linear, and a phase depends on the cells around its own alone:
all output pixels of a class are a (phases, taps) matrix times every cell's neighbourhood.

The matrices are read from what the plain form answers to single cells, so they are its own by
construction. At the image's frame its zero padding makes others of them: these are kept as
differences, added over edges and then over corners.

Layout: planes in phases are (B, n, s * s, h, w); pixel (y, x) is phase (y % s) * s + x % s of cell
(y // s, x // s).
"""

import torch
import torch.nn.functional as F  # noqa: N812  torch's own convention
from torch import Tensor

from handseg.models.network import enlarge
from handseg.models.refine import Refine

_CELLS = (slice(0, 1), slice(None), slice(-1, None))
"""Along an axis: the first cell's difference, every cell, the last cell's difference."""
_ALL = 1
_REACH_PX = 2
"""How far two 3x3 convolutions see."""


def scale_of(native: tuple[int, int], size: tuple[int, int], refine: Refine | None) -> int | None:
    """The whole number s of this module's form; None where it has none.

    It has none for sides that grow by different or broken factors, and for a refinement on less
    than two cells, or whose frame is wider than a cell.
    """
    scale, rest = divmod(size[0], native[0])
    if rest or native[1] * scale != size[1]:
        return None
    if refine is not None and (scale < _REACH_PX or min(native) < 2):
        return None
    return scale


def radius(scale: int, refine: Refine | None) -> int:
    """Cells along an axis, either way, that a phase depends on."""
    # The lowest pixel that is seen lies (1/2 - 2) / s - 1/2 cells from the cell: -1 from s = 3 on.
    return 1 if refine is None or scale >= 3 else 2


def matrices(scale: int, refine: Refine | None, classes: int, like: Tensor) -> Tensor:
    """What `product` takes; differentiable by the refinement's parameters.

    Args:
        scale: of `scale_of`.
        refine: applied after enlargement, or None.
        classes: of the head.
        like: its dtype and device.

    Returns:
        float (3, 3, classes, scale**2, taps + 1) for the first, all and the last cells along each
        axis, the last tap being what is added to every cell; without a refinement
        (1, 1, 1, scale**2, taps).
    """
    reach = radius(scale, refine)
    cells = 2 * reach + 1
    taps, count = cells**2, classes if refine else 1
    impulses = torch.eye(taps, dtype=like.dtype, device=like.device).view(taps, 1, cells, cells)
    probes = F.pad(impulses, (0, 0, 0, 0, 0, 0, 0, 1)).expand(-1, count, -1, -1).contiguous()
    answers = enlarge(probes, (cells * scale, cells * scale), refine=refine)
    constant = answers[taps:]
    # (n, cell y, phase y, cell x, phase x, impulse y, impulse x), and room around the impulses
    shape = (cells, cells, count, cells, scale, cells, scale)
    seen = (answers[:taps] - constant).view(shape).permute(2, 3, 4, 5, 6, 0, 1)
    seen = F.pad(seen, (reach, reach, reach, reach))
    added = constant.view(shape[2:])
    if refine is None:
        middle = _taps(seen, reach, reach, cells)
        return middle.view(1, 1, 1, scale**2, taps)
    rows = [
        torch.stack([_with_constant(seen, added, y, x, cells) for x in (0, reach, 2 * reach)])
        for y in (0, reach, 2 * reach)
    ]
    return _differences(_differences(torch.stack(rows), 0), 1)


def _taps(seen: Tensor, y: int, x: int, cells: int) -> Tensor:
    """The matrix of one cell of the probes: (n, s * s, taps)."""
    found = seen[:, y, :, x, :, y : y + cells, x : x + cells]
    return found.reshape(found.shape[0], found.shape[1] ** 2, cells**2)


def _with_constant(seen: Tensor, added: Tensor, y: int, x: int, cells: int) -> Tensor:
    constant = added[:, y, :, x].flatten(1).unsqueeze(-1)
    return torch.cat([_taps(seen, y, x, cells), constant], dim=-1)


def _differences(found: Tensor, axis: int) -> Tensor:
    first, middle, last = found.unbind(axis)
    return torch.stack([first - middle, middle, last - middle], dim=axis)


def neighbourhoods(native: Tensor, reach: int, *, constant: bool) -> Tensor:
    """Every cell with those around it; the frame's cells go on beyond the frame.

    Args:
        native: float (B, n, h, w).
        reach: of `radius`.
        constant: add a tap of ones.

    Returns:
        float (B, n, taps or taps + 1, h, w).
    """
    images, classes, height, width = native.shape
    # By concatenation: the gradient of torch's own replicating pad differs from run to run on GPUs.
    top, bottom = native[..., :1, :], native[..., -1:, :]
    padded = torch.cat([*[top] * reach, native, *[bottom] * reach], dim=-2)
    left, right = padded[..., :1], padded[..., -1:]
    padded = torch.cat([*[left] * reach, padded, *[right] * reach], dim=-1)
    folded = padded.flatten(0, 1).unsqueeze(1)
    around = F.unfold(folded, 2 * reach + 1).view(images, classes, -1, height, width)
    if not constant:
        return around
    return torch.cat([around, torch.ones_like(around[:, :, :1])], dim=2)


def product(matrix: Tensor, around: Tensor) -> Tensor:
    """Enlarged, refined planes in phases: (B, n, s * s, h, w).

    Args:
        matrix: of `matrices`, these classes alone.
        around: of `neighbourhoods`.
    """
    whole = _multiply(_middle(matrix), around)
    for y, x in _edges(matrix):
        whole[..., _CELLS[y], _CELLS[x]] += _multiply(
            matrix[y, x], around[..., _CELLS[y], _CELLS[x]]
        )
    return whole


def adjoint(matrix: Tensor, around: Tensor, upstream: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of `product` on both of its arguments, given that on its result."""
    of_matrix = torch.zeros_like(matrix)
    of_around = _multiply(_middle(matrix).mT, upstream)
    if len(matrix) > 1:
        of_matrix[_ALL, _ALL] = _correlate(upstream, around)
    for y, x in _edges(matrix):
        cells = (..., _CELLS[y], _CELLS[x])
        of_around[cells] += _multiply(matrix[y, x].mT, upstream[cells])
        of_matrix[y, x] = _correlate(upstream[cells], around[cells])
    return of_matrix, of_around


def _middle(matrix: Tensor) -> Tensor:
    return matrix[len(matrix) // 2, len(matrix) // 2]


def _edges(matrix: Tensor) -> list[tuple[int, int]]:
    places = range(len(matrix))
    return [(y, x) for y in places for x in places if len(matrix) > 1 and (y, x) != (_ALL, _ALL)]


def _multiply(matrix: Tensor, cells: Tensor) -> Tensor:
    found = matrix @ cells.flatten(-2)
    return found.view(*found.shape[:-1], *cells.shape[-2:])


def _correlate(upstream: Tensor, around: Tensor) -> Tensor:
    return (upstream.flatten(-2) @ around.flatten(-2).mT).sum(0)


def of_planes(planes: Tensor, scale: int) -> Tensor:
    """Planes (..., H, W) of any dtype in phases: (..., s * s, H // s, W // s)."""
    height, width = planes.shape[-2] // scale, planes.shape[-1] // scale
    split = planes.reshape(*planes.shape[:-2], height, scale, width, scale)
    return split.movedim((-3, -1), (-4, -3)).flatten(-4, -3).contiguous()
