"""Every shipped preset fits the networks it names."""

import pytest

from handseg.models import catalogue as models
from handseg.presets import catalogue as presets


@pytest.mark.parametrize("name", presets.names())
def test_its_networks_exist_and_its_sizes_fit_them(name: str) -> None:
    for member in presets.load(name).members:
        model = member.train.model
        stride = models.stride(model)
        for side in [model.input_px, *member.train.sizes_px]:
            assert side % stride == 0, f"{member.name}: {side} px, stride {stride}"
