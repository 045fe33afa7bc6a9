package rule

import (
	"fmt"
	"sync"
	"time"
	"unicode"
)

// zones remembers time zones: reading one costs more than a rule.
type zones struct {
	mu    sync.Mutex
	known map[string]*time.Location
}

// maxZones is more than there are IANA zones; names that do not exist are not kept.
const maxZones = 1_000

func newZones() *zones { return &zones{known: map[string]*time.Location{}} }

// get returns a zone by its IANA name. "Local" is refused: it is the machine's.
func (z *zones) get(name string) (*time.Location, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if l, ok := z.known[name]; ok {
		return l, nil
	}
	l, err := loadZone(name)
	if err == nil && len(z.known) < maxZones {
		z.known[name] = l
	}
	return l, err
}

func loadZone(name string) (*time.Location, error) {
	if name != "" && name != "Local" {
		if l, err := time.LoadLocation(name); err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("%s is not a time zone: write an IANA name as in \"Asia/Karachi\"", quote(name))
}

// unprintable lists what could make one text look like another or break out of a line.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || (r >= '\u202a' && r <= '\u202e') ||
		(r >= '\u2066' && r <= '\u2069') || r == '\ufeff' || r == unicode.ReplacementChar
}
