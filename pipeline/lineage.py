"""What each task's inputs were made from, as text for the key of KFP's cache.

That key holds parameters, the image's name and the names of input artifacts, and nothing of what
is in them: without this text, a task would be taken from the cache after its inputs had changed.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from handseg.presets.catalogue import Preset

_DIGITS = 16


def of_cache(preset: Preset, images: tuple[str, str]) -> str:
    """Of what the image cache and the fold table are made from, but the data."""
    return _digest(images, asdict(preset.split), asdict(preset.preprocess))


def of_run(preset: Preset, images: tuple[str, str]) -> str:
    """Of everything a run is made from, but the data."""
    return _digest(images, asdict(preset))


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
