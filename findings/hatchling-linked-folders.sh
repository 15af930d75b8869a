#!/usr/bin/env bash
# Expected: a source distribution holds what the wheel holds, or the build says what it left out.
# Happens: hatchling follows a symbolic link to a folder when it builds a wheel from the tree, and
#   drops the folder from the source distribution without a word. Linked files are kept. `python
#   -m build` builds the wheel from the source distribution, so what is published lacks files that
#   an editable install and a direct wheel have.
# Seen on 2026-11-29 with hatchling 1.32.0, package/cards -> ../cards (a folder), package/one.yaml
#   -> ../cards/one.yaml:
#   wheel: package/__init__.py package/cards/one.yaml package/one.yaml
#   sdist: package/__init__.py package/one.yaml
# Matters: research code links its data, configuration or label folders into the package. It works
#   for the authors and fails for whoever installs it, at the first read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq hatchling==1.32.0
mkdir -p project/package project/cards
cd project
touch package/__init__.py
echo "tempo: 120" >cards/one.yaml
ln -s ../cards package/cards
ln -s ../cards/one.yaml package/one.yaml
cat >pyproject.toml <<'EOF'
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "linked"
version = "0.1"
[tool.hatch.build.targets.wheel]
packages = ["package"]
[tool.hatch.build.targets.sdist]
include = ["package"]
EOF
../venv/bin/python -m hatchling build -t wheel -t sdist >/dev/null
../venv/bin/python - <<'EOF'
import sys
import tarfile
import zipfile
from importlib.metadata import version
from pathlib import Path

with zipfile.ZipFile(next(Path("dist").glob("*.whl"))) as file:
    wheel = sorted(name for name in file.namelist() if name.startswith("package/"))
with tarfile.open(next(Path("dist").glob("*.tar.gz"))) as file:
    names = (name.partition("/")[2] for name in file.getnames())
    sdist = sorted(name for name in names if name.startswith("package/"))
print(f"hatchling {version('hatchling')}")
print("wheel:", *wheel)
print("sdist:", *sdist)
if "package/cards/one.yaml" not in wheel or sdist != ["package/__init__.py", "package/one.yaml"]:
    sys.exit("Changed: hatchling treats linked folders in another way.")
EOF
