#!/usr/bin/env bash
# Expected: a sample drawn by `ORDER BY hash(clip) LIMIT n`, or by `USING SAMPLE ... (reservoir,
#   seed)`, is the same for everyone who runs the same query on the same table.
# Happens: both changed between releases without an error: the hash of texts from 1.2.2 to
#   1.4.1 (numbers kept theirs), the seeded reservoir from 1.1.3 to 1.2.2.
# Seen on 2026-11-29, hash('blues.00000'), hash(42), and five of the numbers 0 to 99 with seed 42:
#   duckdb 1.1.3: 12267431584996164139 7199933130570745587 [4, 12, 35, 52, 84]
#   duckdb 1.2.2: 12267431584996164139 7199933130570745587 [43, 52, 80, 84, 99]
#   duckdb 2.0.1: 2056183815369966450 7199933130570745587 [43, 52, 80, 84, 99]
# Matters: a published split that is a query and a seed cannot be drawn again after an upgrade;
#   train and test mix. Order by md5 or sha256 of the clip's name and the seed, or publish the
#   list.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
cat >draw.py <<'EOF'
import duckdb

text, number = duckdb.sql("SELECT hash('blues.00000'), hash(42)").fetchall()[0]
drawn = duckdb.sql("SELECT i FROM range(100) t(i) USING SAMPLE 5 ROWS (reservoir, 42)").fetchall()
print(text, number, sorted(i for (i,) in drawn))
EOF
for version in 1.1.3 1.2.2 2.0.1; do
  venv/bin/python -m pip install -qq --target "$version" "duckdb==$version"
  PYTHONPATH=$version venv/bin/python draw.py >"$version.txt"
  echo "duckdb $version: $(cat "$version.txt")"
done
read -r old_text old_number old_drawn <1.1.3.txt
read -r middle_text _ middle_drawn <1.2.2.txt
read -r new_text new_number _ <2.0.1.txt
if [ "$old_drawn" = "$middle_drawn" ] || [ "$middle_text" = "$new_text" ] ||
  [ "$old_text" != "$middle_text" ] || [ "$old_number" != "$new_number" ]; then
  echo "Changed: these releases of DuckDB no longer differ in the way described." >&2
  exit 1
fi
