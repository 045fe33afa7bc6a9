package rule

import (
	"fmt"
	"slices"

	"watchfire.dev/internal/portfolio"
)

// CheckContact tells what is wrong with whom a rule routes to: no contact of the portfolio
// has the code, or the contact has no channel. A rule that routes to nobody would look as if
// somebody were told. Nothing is wrong with a rule that does not route.
func CheckContact(r Row, p portfolio.Portfolio) Problems {
	if r.Then != Route || r.To == "" { // an empty code is Compile's to refuse
		return nil
	}
	bad := func(format string, args ...any) Problems {
		return Problems{{Line: 1, Column: 1, Rule: r.ID, Field: "to", Message: fmt.Sprintf(format, args...)}}
	}
	i := slices.IndexFunc(p.Contacts, func(c portfolio.Contact) bool { return c.Code == r.To })
	switch {
	case i < 0:
		return bad("%s is no contact of the portfolio", quote(r.To))
	case len(p.Contacts[i].Channels) == 0:
		return bad("contact %s has no channel: nothing would reach it", quote(r.To))
	default:
		return nil
	}
}
