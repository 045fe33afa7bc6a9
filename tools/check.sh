#!/usr/bin/env bash
# make check: everything that can be said about the sources without running the whole
# program. Each step says what it does and how long it took; the first failure ends it.
set -euo pipefail

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
		echo "check: $tool is not to be had here; not checked"
	fi
}

format() {
	local sources wrong
	mapfile -t sources < <(git ls-files -co --exclude-standard '*.go')
	wrong=$(gofmt -l "${sources[@]}")
	if [[ -z "$wrong" && -x bin/tools/gofumpt ]]; then
		wrong=$(bin/tools/gofumpt -l "${sources[@]}")
	fi
	if [[ -n "$wrong" ]]; then
		echo "$wrong"
		echo 'check: not in the house format; run make format'
		return 1
	fi
}

vulnerabilities() {
	if [[ ! -x bin/tools/govulncheck ]]; then
		echo 'check: govulncheck is not to be had here; not checked'
	elif curl -fsS -m 10 -o /dev/null "${GOVULNDB:-https://vuln.go.dev}/index/db.json" 2>/dev/null; then
		bin/tools/govulncheck ./...
	else
		echo 'check: the vulnerability database cannot be reached; not checked'
	fi
}

races() {
	if ! command -v "${CC:-gcc}" >/dev/null; then
		echo 'check: the race detector needs a C compiler, and there is none; not checked'
		return
	fi
	local packages
	mapfile -t packages < <(tools/concurrent.sh)
	CGO_ENABLED=1 go test -race -short -timeout 20m "${packages[@]}"
}

step tools make --no-print-directory tools
step format format
step vet go vet ./...
step staticcheck with staticcheck ./...
step vulnerabilities vulnerabilities
step 'architecture and documents' go test .
step races races
