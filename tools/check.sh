#!/usr/bin/env bash
# make check: everything that can be said about the sources without running the whole
# program. Each step says what it does and how long it took; the first failure ends it.
set -euo pipefail
. tools/missing.sh

step() {
	local name=$1 began=$SECONDS
	shift
	echo "check: $name"
	"$@"
	echo "check: $name: $((SECONDS - began)) s"
}

# with runs a tool of bin/tools, or says that it is not there.
with() {
	local tool=$1
	shift
	if [[ -x "bin/tools/$tool" ]]; then
		"bin/tools/$tool" "$@"
	else
		missing check "$tool is not to be had here" 'not checked'
	fi
}

format() {
	local sources wrong
	mapfile -t sources < <(git ls-files -co --exclude-standard '*.go')
	wrong=$(gofmt -l "${sources[@]}")
	if [[ -z "$wrong" ]]; then
		wrong=$(with gofumpt -l "${sources[@]}") || return
		[[ -x bin/tools/gofumpt ]] || { echo "$wrong"; return; } # what it said of itself
	fi
	if [[ -n "$wrong" ]]; then
		echo "$wrong"
		echo 'check: not in the house format; run make format'
		return 1
	fi
}

# The database of vulnerabilities may be out of reach where the tools are not: on a network
# of our own that is no fault of the sources, so it is said and never an error.
vulnerabilities() {
	if [[ ! -x bin/tools/govulncheck ]]; then
		missing check 'govulncheck is not to be had here' 'not checked'
	elif curl -fsS -m 10 -o /dev/null "${GOVULNDB:-https://vuln.go.dev}/index/db.json" 2>/dev/null; then
		bin/tools/govulncheck ./...
	else
		echo 'check: the vulnerability database cannot be reached; not checked'
	fi
}

races() {
	if ! command -v "${CC:-gcc}" >/dev/null; then
		missing check 'the race detector needs a C compiler, and there is none' 'not checked'
		return
	fi
	local packages
	mapfile -t packages < <(tools/concurrent.sh)
	CGO_ENABLED=1 go test -race -short -timeout 40m "${packages[@]}"
}

step tools make --no-print-directory tools
step format format
step vet go vet ./...
step staticcheck with staticcheck ./...
step vulnerabilities vulnerabilities
step 'architecture and documents' go test .
step races races
