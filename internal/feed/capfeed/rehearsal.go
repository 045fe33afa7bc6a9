package capfeed

import (
	_ "embed"
	"strings"
	"sync"

	"watchfire.dev/internal/cap"
)

// rehearsalsTXT: whole names of events that are tests, and "~" before phrases that say so.
//
//go:embed rehearsals.txt
var rehearsalsTXT string

type rehearsalTable struct {
	events  map[string]bool
	phrases []string
}

var rehearsals = sync.OnceValue(func() rehearsalTable {
	t := rehearsalTable{events: map[string]bool{}}
	for line := range strings.Lines(rehearsalsTXT) {
		line = strings.TrimSpace(line)
		switch phrase, isPhrase := strings.CutPrefix(line, "~"); {
		case line == "" || line[0] == '#':
		case isPhrase:
			t.phrases = append(t.phrases, fold(phrase))
		default:
			t.events[fold(line)] = true
		}
	}
	return t
})

// rehearsalWindow is how much of a description is looked at, in bytes. A test says so at
// the front; a real warning may mention a test of sirens further down.
const rehearsalWindow = 400

// rehearsal returns the words by which an alert gives itself away as a test, or "". The
// rule is narrow on purpose: a real alert taken for a test warns nobody.
func rehearsal(a *cap.Alert) string {
	if strings.Contains(a.Identifier, "KEEPALIVE") {
		return "KEEPALIVE in the identifier"
	}
	t := rehearsals()
	for i := range a.Infos {
		in := &a.Infos[i]
		if t.events[fold(in.Event)] {
			return plain(in.Event, 80)
		}
		for _, code := range in.EventCodes {
			if strings.EqualFold(code.Name, "SAME") && isTestCode(code.Value) {
				return "SAME " + code.Value
			}
		}
		for _, words := range [...]string{in.Headline, in.Description, in.Instruction} {
			folded := fold(words[:min(len(words), rehearsalWindow)])
			for _, phrase := range t.phrases {
				if strings.Contains(folded, phrase) {
					return phrase
				}
			}
		}
	}
	return ""
}

// isTestCode knows the test codes of 47 CFR 11.31: weekly, monthly, national periodic test,
// practice, network message.
func isTestCode(code string) bool {
	switch code {
	case "RWT", "RMT", "NPT", "DMO", "NMN", "NAT", "NST":
		return true
	}
	return false
}
