# Sourced by the other scripts: what to do when a program is not to be had. Without
# WATCHFIRE_REQUIRE=1 it is said and passed over, with it (as in CI) it is an error: a check
# must never pass by not running.
missing() { # who says it, what is missing, what follows from that
	if [[ "${WATCHFIRE_REQUIRE:-}" == 1 ]]; then
		echo "$1: $2, and WATCHFIRE_REQUIRE=1" >&2
		return 1
	fi
	echo "$1: $2; $3"
}
