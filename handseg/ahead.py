"""Work on images ahead of their use: in threads, in order, a bounded number at a time.

Threads, since OpenCV, NumPy, zlib, zstd and torch leave Python's lock for most of their work, and
processes, each with its own libraries in memory, take longer to start than a hundred images take.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_AHEAD = 2
"""Results waiting for each core: enough that no core waits, and memory does not grow."""


def work_ahead(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Apply a function to every item on all cores this process may use.

    Args:
        function: called in several threads at once.
        items: taken as they are needed, in the order the results come in.

    Raises:
        Exception: the first that the function raises; what has not begun is then left undone.
    """
    cores = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(cores, "handseg-ahead") as pool:
        yield from in_order(pool, function, items, depth=_AHEAD * cores)


def in_order(
    pool: ThreadPoolExecutor, function: Callable[[T], R], items: Iterable[T], *, depth: int
) -> Iterator[R]:
    """The same in a pool of threads that others share, at most `depth` results ahead."""
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > depth:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
