import numpy as np
import pytest

from handseg.experiments.compare import Estimate
from handseg.experiments.plot import Line, draw


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "--><script>alert(1)</script>"])
def test_an_arms_name_is_text_in_the_figure(name: str) -> None:
    dice = Estimate(mean=0.5, low=0.4, high=0.6)
    figure = draw([Line(name=name, dice=dice, per_bone=np.full(29, 0.5), change=None)])
    assert "<img" not in figure and "<script" not in figure
    assert "alert(1)&gt;" in figure or "alert(1)&lt;" in figure
