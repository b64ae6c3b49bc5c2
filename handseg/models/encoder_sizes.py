"""The published sizes of each encoder family, and a tiny one each for tests: plain data.

A size's values are arguments of the family's configuration in Hugging Face transformers.
"""

from typing import Any

SMOKE = "smoke"
"""The smallest size of every family: seconds on a CPU, never useful weights."""


def _resnet(layer_type: str, *depths: int) -> dict[str, Any]:
    widths = [64, 128, 256, 512] if layer_type == "basic" else [256, 512, 1024, 2048]
    return {"layer_type": layer_type, "depths": list(depths), "hidden_sizes": widths}


def _efficientnet(width: float, depth: float) -> dict[str, Any]:
    return {"width_coefficient": width, "depth_coefficient": depth}


def _swin(embed_dim: int, depths: list[int], heads: int) -> dict[str, Any]:
    return {
        "embed_dim": embed_dim,
        "depths": depths,
        "num_heads": [heads * 2**stage for stage in range(4)],
    }


def _convnext(width: int, depth: int) -> dict[str, Any]:
    return {
        "hidden_sizes": [width * 2**stage for stage in range(4)],
        "depths": [3, 3, depth, 3],
        # The paper's ImageNet-1k rate for the smallest; the library's own is 0.
        "drop_path_rate": 0.1,
    }


def _mit(width: int, *depths: int) -> dict[str, Any]:
    return {
        "hidden_sizes": [width, 2 * width, 5 * width, 8 * width],
        "depths": list(depths),
        # Of SegFormer's decoder, which goes with the encoder: 256 up to b1, then 768.
        "decoder_hidden_size": min(8 * width, 256) if sum(depths) <= 8 else 768,
    }


_TINY = {"hidden_sizes": [16, 24, 32, 40], "depths": [1, 1, 1, 1]}

SIZES: dict[str, dict[str, dict[str, Any]]] = {
    # He et al. 2016, table 1.
    "resnet": {
        "18": _resnet("basic", 2, 2, 2, 2),
        "34": _resnet("basic", 3, 4, 6, 3),
        "50": _resnet("bottleneck", 3, 4, 6, 3),
        "101": _resnet("bottleneck", 3, 4, 23, 3),
        "152": _resnet("bottleneck", 3, 8, 36, 3),
        SMOKE: {**_TINY, "embedding_size": 8},
    },
    # Tan and Le 2019, as in their published code.
    "efficientnet": {
        "b0": _efficientnet(1.0, 1.0),
        "b1": _efficientnet(1.0, 1.1),
        "b2": _efficientnet(1.1, 1.2),
        "b3": _efficientnet(1.2, 1.4),
        "b4": _efficientnet(1.4, 1.8),
        "b5": _efficientnet(1.6, 2.2),
        "b6": _efficientnet(1.8, 2.6),
        "b7": _efficientnet(2.0, 3.1),
        SMOKE: {**_efficientnet(0.25, 0.3), "drop_connect_rate": 0.0},
    },
    # Liu et al. 2021; windows of 7.
    "swin": {
        "tiny": _swin(96, [2, 2, 6, 2], 3),
        "small": _swin(96, [2, 2, 18, 2], 3),
        "base": _swin(128, [2, 2, 18, 2], 4),
        "large": _swin(192, [2, 2, 18, 2], 6),
        SMOKE: {**_swin(12, [2, 1, 1, 1], 1), "window_size": 4, "drop_path_rate": 0.0},
    },
    # Liu et al. 2022.
    "convnext": {
        "tiny": _convnext(96, 9),
        "small": _convnext(96, 27),
        "base": _convnext(128, 27),
        "large": _convnext(192, 27),
        "xlarge": _convnext(256, 27),
        SMOKE: {**_TINY, "layer_scale_init_value": 1.0},
    },
    # Xie et al. 2021 (SegFormer), table 6.
    "mit": {
        "b0": _mit(32, 2, 2, 2, 2),
        "b1": _mit(64, 2, 2, 2, 2),
        "b2": _mit(64, 3, 4, 6, 3),
        "b3": _mit(64, 3, 4, 18, 3),
        "b4": _mit(64, 3, 8, 27, 3),
        "b5": _mit(64, 3, 6, 40, 3),
        SMOKE: {**_mit(8, 1, 1, 1, 1), "num_attention_heads": [1, 1, 1, 1], "drop_path_rate": 0.0},
    },
}
