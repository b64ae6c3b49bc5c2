"""Work on images ahead of their use: on all cores, in order, a bounded number at a time."""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_AHEAD = 2
"""Results waiting for each core: enough that no core waits, and memory does not grow."""


def work_ahead(function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Apply a function to every item, in threads; OpenCV, zlib and hashes leave Python's lock.

    Args:
        function: called in several threads at once.
        items: in the order the results come in.

    Raises:
        Exception: the first that the function raises; what has not begun is then left undone.
    """
    cores = os.cpu_count() or 1
    pool = ThreadPoolExecutor(cores, "handseg-ahead")
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > _AHEAD * cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
