"""The smallest configuration of each network in the catalogue."""

from handseg.models import catalogue
from handseg.settings import ModelSettings

FILTERS = [4, 6, 8]


def smallest(name: str, *, input_px: int = 64, output_px: int | None = None) -> ModelSettings:
    """Settings of a network that learns and predicts within seconds.

    Args:
        name: in the catalogue.
        input_px: a multiple of 32, the stride of most.
        output_px: by default input_px.
    """
    choices = bool(catalogue.encoder_names(name))
    return ModelSettings(
        name=name,
        encoder="smoke" if choices else "",
        filters=[] if choices else FILTERS,
        input_px=input_px,
        output_px=output_px or input_px,
    )
