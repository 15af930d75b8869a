#!/usr/bin/env bash
# Expected: of several mappings that are merged (`<<: [*b, *a]`) the first wins, as the description of merge keys has it, and
#   a mapping that is merged brings the values that it has, also those by which it overrides what it merged itself. So
#   PyYAML 6.0.2 reads it.
# Happens: with PyYAML 6.0.4 the last of several wins, and a value that was overridden comes back; where the key has one
#   character ("n") the first wins, and the first ever said comes back. Merged pairs are told apart by the identity of the
#   key's text, and Python keeps one object for every text of one character.
# Seen on 2026-11-30, of `a: &a {KEY: 1}`, `b: &b {KEY: 2}`, `c: {<<: [*b, *a]}` the value in c (2 is right), and of
#   `b: &b {<<: {KEY: 1}, KEY: 2}`, `c: {<<: *b}` the value in c (2 is right), for the keys n and name:
#   PyYAML 6.0.2: n 2 2, name 2 2
#   PyYAML 6.0.4: n 2 1, name 1 2
# Matters: experiments are configured in YAML with anchors that build on each other; after an upgrade some settings silently
#   have the values of their defaults.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
cat > seen.py <<'PY'
import yaml

words = []
for key in ("n", "name"):
    several = yaml.safe_load(f"a: &a {{{key}: 1}}\nb: &b {{{key}: 2}}\nc: {{<<: [*b, *a]}}\n")
    nested = yaml.safe_load(f"b: &b {{<<: {{{key}: 1}}, {key}: 2}}\nc: {{<<: *b}}\n")
    words.append(f"{key} {several['c'][key]} {nested['c'][key]}")
print(f"PyYAML {yaml.__version__}: {', '.join(words)}")
PY
seen=$(for version in 6.0.2 6.0.4; do
    venv/bin/python -m pip install -qq "pyyaml==$version"
    venv/bin/python seen.py
done)
echo "$seen"
[ "$seen" = "PyYAML 6.0.2: n 2 2, name 2 2
PyYAML 6.0.4: n 2 1, name 1 2" ] || { echo "Changed: merged mappings are read otherwise." >&2; exit 1; }
