package event

import "testing"

// TestInHouse: two labels keep contents in the house, and so does one that nobody knows.
func TestInHouse(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]bool{"": false, "CLEAR": false, "GREEN": false, "AMBER": false, "AMBER+STRICT": true, "RED": true, "red": true, "PURPLE": true} {
		if InHouse(label) != want {
			t.Errorf("%q: %t", label, !want)
		}
	}
	labels := TLPs()
	for i, l := range labels[1:] {
		if Strictest(labels[i], l) != l {
			t.Errorf("%s is not stricter than %s", l, labels[i])
		}
	}
}
