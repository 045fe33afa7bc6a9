#!/usr/bin/env bash
# Runs every fuzz target of the repository for the given time ("10s"). What a target finds
# is kept in the package's testdata/fuzz and from then on is a test.
set -euo pipefail

time=${1:-10s}
failed=()
while IFS=: read -r file target; do
	package=./$(dirname "$file")
	echo "fuzz: $package $target, $time"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x "$package" || failed+=("$package $target")
done < <(grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' internal cmd | sed 's/func //' | sort)

if ((${#failed[@]} > 0)); then
	printf 'fuzz: failed: %s\n' "${failed[@]}"
	exit 1
fi
echo 'fuzz: nothing found'
