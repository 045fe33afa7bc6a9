#!/usr/bin/env bash
# Reads every file of packaging/ with the program that will read it: helm the chart, systemd
# the unit, nfpm and dpkg the package, the shell its scripts. What cannot be read here is
# said; with WATCHFIRE_REQUIRE=1 it is an error.
set -euo pipefail
. tools/missing.sh

failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo 'packaging: scripts'
for script in packaging/debian/{postinst,prerm,postrm}; do
	sh -n "$script"
	[[ -x "$script" ]] || { echo "packaging: $script is not executable" >&2; exit 1; }
done

chart=packaging/helm/watchfire
if [[ -x bin/tools/helm ]]; then
	echo 'packaging: chart'
	export HELM_CACHE_HOME=$work/cache HELM_CONFIG_HOME=$work/config HELM_DATA_HOME=$work/data
	bin/tools/helm lint --quiet --strict --kube-version 1.31.0 "$chart"
	bin/tools/helm template desk "$chart" --kube-version 1.31.0 >"$work/plain.yaml"
	bin/tools/helm template desk "$chart" --kube-version 1.31.0 --set ingress.enabled=true --set metrics.serviceMonitor=true --set replicas=5 \
		--set ingress.className=nginx --set ingress.tlsSecret=tls --set config.log_level=debug >"$work/full.yaml"
	for kind in Deployment PodDisruptionBudget Service ConfigMap NetworkPolicy; do
		grep -q "^kind: $kind$" "$work/plain.yaml" || { echo "packaging: the chart makes no $kind" >&2; exit 1; }
	done
	grep -q 'replicas: 3' "$work/plain.yaml" || { echo 'packaging: the chart does not make three replicas' >&2; exit 1; }
	if bin/tools/helm template desk "$chart" --kube-version 1.31.0 --set unknown=1 >/dev/null 2>&1; then
		echo 'packaging: the chart takes an unknown value' >&2
		exit 1
	fi
	if [[ -x bin/watchfire ]]; then # the configuration that the chart writes is one that we read
		sed -n '/^  watchfire.yaml: |/,/^---/p' "$work/full.yaml" | sed '1d;/^---/d;s/^    //' >"$work/watchfire.yaml"
		bin/watchfire config check "$work/watchfire.yaml" >/dev/null
	fi
else
	missing packaging 'helm is not to be had here' 'the chart was not read' || failed=1
fi

if command -v systemd-analyze >/dev/null; then
	echo 'packaging: unit'
	sed "s#^ExecStart=/usr/bin/watchfire#ExecStart=$(command -v true)#" packaging/systemd/watchfire.service >"$work/watchfire.service"
	said=$(systemd-analyze verify "$work/watchfire.service" 2>&1 | grep "$work/watchfire.service" || true)
	if [[ -n "$said" ]]; then
		echo "$said" >&2
		exit 1
	fi
	# From 0 (closed) to 10 (open): what systemd itself calls OK ends at 4.
	systemd-analyze security --offline=true --threshold=20 "$work/watchfire.service" >"$work/exposure" 2>&1 || { tail -n 3 "$work/exposure" >&2; exit 1; }
	tail -n 1 "$work/exposure"
else
	missing packaging 'systemd-analyze is not to be had here' 'the unit was not read' || failed=1
fi

if [[ -x bin/tools/nfpm && -x bin/watchfire ]] && command -v dpkg-deb >/dev/null; then
	echo 'packaging: Debian package'
	tools/package.sh "$work"
	dpkg-deb --info "$work"/watchfire_*.deb >/dev/null
	dpkg-deb --extract "$work"/watchfire_*.deb "$work/root"
	"$work/root/usr/bin/watchfire" version >/dev/null
	"$work/root/usr/bin/watchfire" config check "$work/root/etc/watchfire/watchfire.yaml" >/dev/null
else
	missing packaging 'nfpm, dpkg-deb or bin/watchfire is not to be had here' 'no package was built' || failed=1
fi

if [[ -x bin/watchfire ]]; then
	echo 'packaging: sample configurations'
	bin/watchfire config check packaging/debian/watchfire.yaml >/dev/null
fi
exit "$failed"
