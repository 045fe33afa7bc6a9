#!/usr/bin/env bash
# Opens every page in a real browser and writes pictures into browser/shots, then renews the
# one that README shows. The pages stand on an invented world that never changes, so that two
# runs give the same pictures.
set -euo pipefail

if [[ ! -d browser/node_modules/playwright-core ]]; then
	echo 'shots: needs the browser checks from npm (make assets)' >&2
	exit 1
fi
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [[ -z "$CHROMIUM" ]]; then
	echo 'shots: needs Chromium (or CHROMIUM=/path/to/it)' >&2
	exit 1
fi
export CHROMIUM

work=$(mktemp -d)
pid=
stop() {
	[[ -z "$pid" ]] || { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; } || true
	rm -rf "$work"
}
trap stop EXIT

go build -o "$work/showcase" ./internal/web/webtest/showcase
"$work/showcase" -real -state "$work/state.json" >"$work/out" &
pid=$!
for _ in $(seq 100); do
	[[ ! -s "$work/out" ]] || break
	kill -0 "$pid" # ends the script when it died
	sleep 0.1
done
address=$(sed -n 's/.*"address":"\([^"]*\)".*/\1/p' "$work/out")
echo "shots: every page of $address"
SHOTS=$PWD/browser/shots node browser/shots.mjs "$address" "$work/state.json"
mkdir -p docs/img
cp browser/shots/queue-light.png docs/img/queue.png
echo 'shots: browser/shots, docs/img/queue.png'
