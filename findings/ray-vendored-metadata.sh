#!/usr/bin/env bash
# Expected: importing a library leaves alone which other packages a process imports, and what
#   importlib.metadata says of their versions is what pip installed.
# Happens: `import ray` puts a folder of its own at the head of sys.path. From then on `import
#   psutil` gives the copy inside of ray, and importlib.metadata tells that copy's version, lists
#   psutil twice, and lists colorama, which nobody installed. pip tells neither.
# Seen on 2026-12-01, ray 2.60.0 beside psutil 6.1.1:
#   installed 6.1.1, after import ray: metadata 7.2.2 (listed 2 times), imported 7.2.2
#   colorama: not installed, after import ray: metadata 0.4.6
# Matters: records of versions, and checks of an environment against a lock file, say something
#   else once ray was imported in the process. Read metadata before, or with
#   `distributions(path=[sysconfig.get_path("purelib")])`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -qq "ray==2.60.0" "psutil==6.1.1"
cat >look.py <<'EOF'
from importlib import metadata

installed = metadata.version("psutil")
try:
    before = metadata.version("colorama")
except metadata.PackageNotFoundError:
    before = "not installed"
import ray  # noqa: F401, E402 - what is shown

import psutil  # noqa: E402

names = [of.name for of in metadata.distributions()]
print(
    f"installed {installed}, after import ray: metadata {metadata.version('psutil')}"
    f" (listed {names.count('psutil')} times), imported {psutil.__version__}"
)
print(f"colorama: {before}, after import ray: metadata {metadata.version('colorama')}")
EOF
venv/bin/python look.py | tee seen.txt
cat >expected.txt <<'EOF'
installed 6.1.1, after import ray: metadata 7.2.2 (listed 2 times), imported 7.2.2
colorama: not installed, after import ray: metadata 0.4.6
EOF
if ! diff expected.txt seen.txt; then
  echo "Changed: ray no longer puts packages of its own before those that are installed." >&2
  exit 1
fi
