package event

import (
	"slices"
	"strings"
)

// tlpOrder lists the labels of the Traffic Light Protocol 2.0 from open to strict; "" = none.
var tlpOrder = [...]string{"", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}

// TLPs lists the labels of the Traffic Light Protocol 2.0, from the open to the closed.
func TLPs() []string { return slices.Clone(tlpOrder[1:]) }

// InHouse tells whether a label keeps contents in the house: they are read there, no copy is
// sent (FIRST TLP 2.0). As everywhere, an unknown label counts as RED.
func InHouse(label string) bool { return tlpRank(label) >= tlpRank("AMBER+STRICT") }

// Strictest returns the stricter of two TLP 2.0 labels; "" is the most open. An unknown
// label counts as RED, so that a label that we cannot read never opens anything.
func Strictest(a, b string) string {
	if tlpRank(b) > tlpRank(a) {
		a = b
	}
	if tlpRank(a) == len(tlpOrder)-1 {
		return "RED"
	}
	return a
}

func tlpRank(label string) int {
	for i, l := range tlpOrder {
		if strings.EqualFold(l, label) {
			return i
		}
	}
	return len(tlpOrder) - 1
}
