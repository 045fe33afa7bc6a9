package desk

import (
	"context"
	"slices"
	"strings"

	"watchfire.dev/internal/assessment"
	"watchfire.dev/internal/id"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/report"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

// readers finds whom a list of recipients means now: each person once, with the label,
// language and zone of their copy. nobody lists the recipients that reach nobody.
func (d *Desk) readers(ctx context.Context, org string, r StoredReport, list []report.Recipient, zone string) (out []reader, nobody []string, err error) {
	duty, p, err := d.staffed(ctx, org)
	if err != nil {
		return nil, nil, err
	}
	project := projectOfUnit(p, r.Unit)
	for _, x := range list {
		found := d.meant(duty, p, project, x.Address)
		found = slices.DeleteFunc(found, func(c portfolio.Contact) bool { return !response.ReadsLetters(c) })
		if len(found) == 0 {
			nobody = append(nobody, x.Address)
		}
		for _, c := range found {
			if slices.ContainsFunc(out, func(y reader) bool { return y.contact.ID == c.ID }) {
				continue
			}
			c = duty.Choice(c.ID).Apply(c)
			y := reader{contact: c, tlp: x.TLP, words: firstOf(firstOf(x.Lang, c.Language), r.Lang), zone: firstOf(firstOf(c.Zone, zone), "UTC")}
			if report.May(x.TLP, r.TLP) { // nobody gets more than the report holds
				y.tlp = r.TLP
			}
			if y.lang = d.cfg.Words.For(y.words).Language(); !slices.Contains(report.Languages(), y.lang) {
				y.lang = r.Lang
			}
			out = append(out, y)
		}
	}
	return out, nobody, nil
}

// projectOfUnit is the project that a unit belongs to; the zero one for a country and for all.
func projectOfUnit(p portfolio.Portfolio, unit string) portfolio.Project {
	kind, code, _ := strings.Cut(unit, ":")
	if kind == assessment.Project || kind == assessment.Site || kind == assessment.Route {
		code, _, _ = strings.Cut(code, "/")
		if i := slices.IndexFunc(p.Projects, func(x portfolio.Project) bool { return x.Code == code }); i >= 0 {
			return p.Projects[i]
		}
	}
	return portfolio.Project{}
}

// meant is whom an address of a recipient means.
func (d *Desk) meant(duty response.Duty, p portfolio.Portfolio, project portfolio.Project, address string) []portfolio.Contact {
	kind, rest, _ := strings.Cut(address, ":")
	rest = strings.TrimSpace(rest)
	one := func(m rota.Member) []portfolio.Contact {
		if c, ok := duty.Reach(p, m); ok {
			return []portfolio.Contact{c}
		}
		return nil
	}
	near := func(c portfolio.Contact) bool { return project.ID == "" || c.Project == "" || c.Project == project.ID }
	switch kind {
	case "contact":
		return one(rota.Member{Contact: rest})
	case "account":
		return accounts(duty, func(a portfolio.Contact) bool { return a.ID == rest || strings.EqualFold(a.Channels[0].Address, rest) })
	case "rota":
		return duty.Asked(p, project, rota.Step{Targets: []rota.Target{{Rota: rest}}}, d.cfg.Now())
	case "role":
		return append(among(p, func(c portfolio.Contact) bool { return near(c) && strings.EqualFold(c.Role, rest) }), accounts(duty, func(a portfolio.Contact) bool { return strings.EqualFold(a.Role, rest) })...)
	case "name": // an approver: whoever bears the name
		list := append(accounts(duty, func(a portfolio.Contact) bool {
			return a.Name == rest || a.ID == rest || strings.EqualFold(a.Channels[0].Address, rest)
		}), among(p, func(c portfolio.Contact) bool { return near(c) && (c.Name == rest || c.Code == rest) })...)
		return list[:min(1, len(list))]
	}
	return []portfolio.Contact{{ID: id.Derived("rdr", address), Name: rest, Channels: []portfolio.Address{{Channel: kind, Address: rest}}}}
}

func among(p portfolio.Portfolio, is func(portfolio.Contact) bool) []portfolio.Contact {
	return slices.DeleteFunc(slices.Clone(p.Contacts), func(c portfolio.Contact) bool { return !is(c) })
}

func accounts(duty response.Duty, is func(portfolio.Contact) bool) []portfolio.Contact {
	return slices.DeleteFunc(slices.Clone(duty.Accounts), func(a portfolio.Contact) bool { return len(a.Channels) == 0 || !is(a) })
}
