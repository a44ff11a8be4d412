#!/usr/bin/env bash
# Runs every generator and fails if a file is another one afterwards. The tree may hold uncommitted work.
set -euo pipefail
go=${GO:-go}

sums() { find . -type f -not -path './.git/*' -not -path './bin/*' -print0 | sort -z | xargs -0 sha256sum; }
before=$(sums)
"$go" generate ./...
if ! changed=$(diff <(printf '%s\n' "$before") <(sums)); then
  echo "not current, run 'make generate' and commit:"
  printf '%s\n' "$changed" | sed -nE 's/^[<>] [0-9a-f]+  //p' | sort -u
  exit 1
fi
echo "generated files are current"
