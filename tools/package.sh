#!/usr/bin/env bash
# Builds the Debian package of bin/watchfire into the given folder (default: bin).
set -euo pipefail
target=${1:-bin}
version=$(bin/watchfire version | awk '{print $NF; exit}')
# A version of Debian begins with a digit; a build between releases sorts before the next one.
[[ "$version" =~ ^v?[0-9]+\.[0-9]+ ]] || version="0.0.0~$version"
VERSION=${version#v} GOARCH=$(go env GOARCH) bin/tools/nfpm package --config packaging/debian/nfpm.yaml --packager deb --target "$target"
