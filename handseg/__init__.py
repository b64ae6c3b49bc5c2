"""Finds the 29 bones of the hand in X-rays; README.md says how.

Some libraries call their makers, one of them when it is imported, unless the environment forbids
it: here, before any of them can be imported by a module of this package.
"""

import os

_FORBIDS_CALLS = (
    # albumentations asks PyPI for a newer release.
    "NO_ALBUMENTATIONS_UPDATE",
    # Hugging Face's libraries say what they are used for.
    "HF_HUB_DISABLE_TELEMETRY",
    # transformers has a service of theirs convert pickled weights, and takes what comes back.
    "DISABLE_SAFETENSORS_CONVERSION",
    # MLflow says what it is used for.
    "MLFLOW_DISABLE_TELEMETRY",
)
for _variable in _FORBIDS_CALLS:
    os.environ.setdefault(_variable, "1")
