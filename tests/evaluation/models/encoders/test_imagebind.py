"""Where ImageBind listens."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from mudata.evaluation.models.encoders.imagebind import pieces


@pytest.mark.parametrize(
    ("samples", "places"),
    [
        (1, [(0, 32_000)] * 3),
        (32_001, [(0, 32_000)] * 3),
        (33_000, [(0, 32_000), (500, 32_500), (1_000, 33_000)]),
        (45_001, [(0, 32_000), (6_500, 38_500), (13_000, 45_000)]),
        (52_912, [(0, 32_000), (10_455, 42_455), (20_911, 52_911)]),
        (100_003, [(0, 32_000), (34_001, 66_001), (68_003, 100_003)]),
        (480_001, [(0, 32_000), (224_000, 256_000), (448_000, 480_000)]),
    ],
)
def test_pieces_lie_where_the_authors_sampler_has_them(samples: int, places: list[tuple[int, int]]) -> None:
    """As ConstantClipsPerVideoSampler(2, 3) of facebookresearch/pytorchvideo at 28fe037d gives them at 16 kHz."""
    assert [(place.start, place.stop) for place in pieces(samples)] == places
