#!/usr/bin/env bash
# Installs each PACKAGE@VERSION into bin/tools, once per version. One that cannot be fetched
# is named and passed over, and `make check` then says what it could not check; with
# WATCHFIRE_REQUIRE=1 it is an error.
set -euo pipefail
. tools/missing.sh
failed=0

mkdir -p bin/tools
for want in "$@"; do
	name=$(basename "${want%@*}")
	if [[ -x "bin/tools/$name" && "$(cat "bin/tools/$name.version" 2>/dev/null)" == "$want" ]]; then
		continue
	fi
	echo "tools: $want"
	if GOBIN="$PWD/bin/tools" GOTOOLCHAIN=local go install "$want" 2>/tmp/install.$$; then
		echo "$want" >"bin/tools/$name.version"
	else
		tail -n 2 /tmp/install.$$
		missing tools "$name cannot be had here" 'passed over' || failed=1
	fi
	rm -f /tmp/install.$$
done
exit "$failed"
