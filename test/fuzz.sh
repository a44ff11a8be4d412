#!/usr/bin/env bash
# Runs every fuzzer of the module for a while, one after the other: fuzz.sh DURATION
set -euo pipefail
duration=${1:-10s}
go=${GO:-go}

found=0
while IFS=: read -r file name; do
  found=$((found + 1))
  printf 'fuzz %-40s %s\n' "$(dirname "$file")" "$name"
  log=$(mktemp)
  for attempt in 1 2 3; do
    "$go" test -run '^$' -fuzz "^$name\$" -fuzztime "$duration" "./$(dirname "$file")" >"$log" 2>&1 && break
    # On a busy machine Go's fuzzing engine fails itself when its own time is up.
    # No input failed then, and none is written down.
    if [ "$attempt" = 3 ] || ! grep -q 'context deadline exceeded' "$log" || grep -q 'Failing input' "$log"; then
      cat "$log"; rm -f "$log"; exit 1
    fi
  done
  grep "^fuzz: elapsed" "$log" | tail -n 1; rm -f "$log"
done < <(grep -rEo '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' . | sed -E 's#^\./##; s#:func #:#' | sort)
echo "$found fuzzers ran for $duration each"
