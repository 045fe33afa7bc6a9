#!/usr/bin/env bash
# Says which programs and data the tests will find. With WATCHFIRE_REQUIRE=1 a missing one
# is an error, so that a test never passes by not running.
set -euo pipefail
. tools/missing.sh

failed=0
say() { # name found?
	if [[ -n "$2" ]]; then
		echo "test: $1: $2"
	else
		missing test "$1: not found" 'its tests are left out' || failed=1
	fi
}

first() { # the first of the given programs or paths that exists
	local p
	for p in "$@"; do
		if command -v "$p" >/dev/null; then
			command -v "$p"
			return
		fi
	done
}

say Chromium "$(first "${CHROMIUM:-}" chromium chromium-browser google-chrome)"
say Node "$(first node)"
if [[ -d browser/node_modules/playwright-core ]]; then
	say 'browser checks' browser/node_modules
else
	say 'browser checks' ''
fi
say PostgreSQL "$(first initdb /usr/lib/postgresql/*/bin/initdb)"
if [[ -n "${WATCHFIRE_CORPUS:-}" ]]; then
	say 'samples of feeds' "$([[ -d "$WATCHFIRE_CORPUS" ]] && echo "$WATCHFIRE_CORPUS")"
else
	echo 'test: samples of feeds: WATCHFIRE_CORPUS is not set, their tests are left out'
fi
exit "$failed"
