"""What settings refuse when they are built."""

import math
import sys
from typing import Literal, TypeGuard, get_args, get_origin, get_type_hints


def is_finite(value: object) -> TypeGuard[float]:
    """Whether a value is a finite number that a float can hold; True is none."""
    # Not math.isfinite, which takes no whole number beyond what a float can hold.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= sys.float_info.max


def require(condition: bool, message: str) -> None:
    """Raise ValueError with the message unless the condition holds."""
    if not condition:
        raise ValueError(message)


def require_fraction(name: str, value: float) -> None:
    """Raise ValueError unless the value is between 0 and 1."""
    require(0.0 <= value <= 1.0, f"{name} must be between 0 and 1, got {value}")


def require_positive(name: str, value: float) -> None:
    """Raise ValueError unless the value is above 0."""
    require(math.isfinite(value) and value > 0, f"{name} must be above 0, got {value}")


def require_choices(settings: object) -> None:
    """Raise ValueError unless every Literal field has one of its values."""
    for name, hint in get_type_hints(type(settings)).items():
        if get_origin(hint) is Literal:
            value, choices = getattr(settings, name), get_args(hint)
            known = ", ".join(choices)
            require(value in choices, f"{name} must be one of {known}, got {value!r}")
