package phrase

import (
	"testing"

	"pgregory.net/rapid"
)

// TestShortAndLongWayAgree: what is left as it is would be left so by the long way too.
func TestShortAndLongWayAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~é\x00-\x1f\x7f]{0,12}`).Draw(t, "text")
		if got, want := Plain(text, 10), tamed(text, 10); got != want {
			t.Fatalf("%q: %q, the long way %q", text, got, want)
		}
	})
}
