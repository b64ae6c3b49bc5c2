"""SegFormer has the published counts, and the published decoder's logits in fewer multiplications.

Published with 150 classes: B0 3.8 M, B1 13.7 M, B2 27.5 M, B4 64.1 M.
"""

import pytest
import torch
from transformers import SegformerConfig
from transformers.models.segformer.modeling_segformer import SegformerDecodeHead

from handseg.models.encoder_sizes import SIZES
from handseg.models.encoders_stages import MitMaps
from handseg.models.segformer import SegFormer
from tests.unit.models.counting import parameters


def _network(size: str, class_count: int) -> SegFormer:
    return SegFormer(encoder=MitMaps(SIZES["mit"][size]), class_count=class_count)


@pytest.mark.parametrize(
    ("size", "count"),
    [("b0", 3_752_694), ("b1", 13_715_798), ("b2", 27_461_974), ("b4", 64_108_374)],
)
def test_sizes_have_the_published_counts(size: str, count: int) -> None:
    with torch.device("meta"):
        assert parameters(_network(size, 150)) == count


def test_29_bones_change_the_head_alone() -> None:
    # 121 classes less, of 256 weights and a bias each
    with torch.device("meta"):
        assert parameters(_network("b0", 29)) == 3_752_694 - 121 * 257


def test_logits_are_those_of_the_published_decoder() -> None:
    torch.manual_seed(0)
    network = _network("smoke", 29).eval()
    config = SegformerConfig(**SIZES["mit"]["smoke"])
    config.num_labels = 29
    theirs = SegformerDecodeHead(config).eval()  # type: ignore[no-untyped-call]
    ours = network.decoder
    joined = torch.cat([join.weight for join in reversed([*ours.joins])], dim=1)
    weights = {
        "linear_fuse.weight": joined,
        **{f"batch_norm.{name}": value for name, value in ours.norm.state_dict().items()},
        **{f"classifier.{name}": value for name, value in ours.head.state_dict().items()},
    }
    for level, projection in enumerate(ours.projections):
        for name, value in projection.state_dict().items():
            flat = value.flatten(1) if name == "weight" else value
            weights[f"linear_projections.{level}.proj.{name}"] = flat
    theirs.load_state_dict(weights)
    maps = [torch.rand(2, c, 32 >> k, 48 >> k) for k, c in enumerate(network.encoder.channels)]
    with torch.no_grad():
        torch.testing.assert_close(ours(maps), theirs(maps))
