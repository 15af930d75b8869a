"""LTU against what its authors' code computes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from oracles import Bundle, all_prompts, bundles, check_batch, check_cache, check_language, greedy

from mudata.errors import ModelError

pytest.importorskip("torch")
pytest.importorskip("transformers")


def loaded(bundle: Bundle) -> Any:
    from mudata.evaluation.models.families.ltu import LTU

    heads = bundle.expected["constants"]["vit_heads"]
    model = LTU(str(bundle.checkpoint), vit_heads=heads, device="cpu", dtype="fp32")
    model.load()
    return model


@bundles("ltu")
def test_oracle_hears_as_the_authors_code_does(bundle: Bundle) -> None:
    model = loaded(bundle)
    for case in bundle.cases:
        wave = model.waveform(*bundle.audio(case))
        stages = {"fbank": "features", "encoder": "encoder", "audio_embeds": "positions"}
        bundle.check_stages(case, model, wave, stages)


@bundles("ltu")
@pytest.mark.slow
def test_oracle_answers_as_the_authors_code_does(bundle: Bundle) -> None:
    check_language(bundle, loaded(bundle))


@bundles("ltu")
@pytest.mark.slow
def test_oracle_a_batch_of_unequal_prompts_equals_single_runs(bundle: Bundle) -> None:
    model = loaded(bundle)
    check_batch(model, all_prompts(bundle, model), greedy(bundle.cases[0]))


@bundles("ltu")
def test_oracle_decoding_with_a_cache_equals_reading_everything_again(bundle: Bundle) -> None:
    check_cache(bundle, loaded(bundle))


@bundles("ltu")
def test_oracle_a_checkpoint_with_a_missing_or_unknown_tensor_is_refused_with_its_name(
    bundle: Bundle, tmp_path: Path
) -> None:
    import torch

    from mudata.evaluation.models.families.ltu import LTU

    folder = tmp_path / "checkpoint"
    shutil.copytree(bundle.checkpoint, folder)
    file = folder / "ltu_ori_paper.bin"
    tensors = torch.load(file, weights_only=True)
    lost = next(name for name in tensors if name.endswith("patch_embed_a.proj.bias"))
    torch.save({name: tensor for name, tensor in tensors.items() if name != lost}, file)
    with pytest.raises(ModelError, match=r"has no tensor.*patch_embed_a\.proj\.bias"):
        LTU(str(folder), vit_heads=bundle.expected["constants"]["vit_heads"], device="cpu").load()
    torch.save(tensors | {"base_model.model.model.audio_encoder.alien": torch.zeros(1)}, file)
    with pytest.raises(ModelError, match=r"1 tensors that this model does not know: .*audio_encoder\.alien"):
        LTU(str(folder), vit_heads=bundle.expected["constants"]["vit_heads"], device="cpu").load()
