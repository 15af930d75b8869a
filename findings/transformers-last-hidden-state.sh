#!/usr/bin/env bash
# Expected: `hidden_states[-1]` of an encoder is its `last_hidden_state`.
# Happens: not for HuBERT, wav2vec 2.0 and WavLM of the kind that normalises first
#   (`do_stable_layer_norm`, most large checkpoints and MERT-v1-330M). transformers 5.24.0 hands
#   out the last layer before the final layer norm there, as 5.16.0, 5.20.0 and 5.23.0 do; in
#   4.57.1, 5.0.0 and 5.10.0 both were equal. The other kind (base sizes) still agrees.
# Seen on 2026-11-29 with transformers 5.24.0 and torch 2.13.0, small random models, largest
#   difference:
#   HubertModel: base kind 0.00, stable kind 3.43, stable kind normalised by hand 0.00
#   Wav2Vec2Model: base kind 0.00, stable kind 1.54, stable kind normalised by hand 0.00
#   WavLMModel: base kind 0.00, stable kind 1.68, stable kind normalised by hand 0.00
# Matters: music probes average or weight the layers of MERT and its kin. The same code and
#   weights give other features after an upgrade. Take (*hidden_states[:-1], last_hidden_state).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq torch==2.13.0 transformers==5.24.0
venv/bin/python - <<'EOF'
import sys

import torch
import transformers

SMALL = {
    **{"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2},
    **{"intermediate_size": 64, "num_feat_extract_layers": 2},
    **{"conv_dim": (16, 16), "conv_stride": (5, 2), "conv_kernel": (10, 3)},
    **{"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2},
}


def differences(name, stable):
    """Largest difference from last_hidden_state: of the last layer as it is, and normalised."""
    torch.manual_seed(0)
    kind = {"do_stable_layer_norm": stable, "feat_extract_norm": "layer" if stable else "group"}
    config = getattr(transformers, f"{name}Config")(**SMALL, **kind)
    model = getattr(transformers, f"{name}Model")(config).eval()
    with torch.no_grad():
        heard = model(torch.randn(1, 4000), output_hidden_states=True)
        last = heard.hidden_states[-1]
        normalised = model.encoder.layer_norm(last)
    return [float((state - heard.last_hidden_state).abs().max()) for state in (last, normalised)]


print(f"transformers {transformers.__version__}, torch {torch.__version__}")
changed = False
for name in ("Hubert", "Wav2Vec2", "WavLM"):
    (base, _), (stable, by_hand) = differences(name, stable=False), differences(name, stable=True)
    print(f"{name}Model: base kind {base:.2f}, stable kind {stable:.2f}", end=", ")
    print(f"stable kind normalised by hand {by_hand:.2f}")
    changed |= not (base < 1e-4 and stable > 0.5 and by_hand < 1e-4)
if changed:
    sys.exit("Changed: hidden_states[-1] relates to last_hidden_state in another way.")
EOF
