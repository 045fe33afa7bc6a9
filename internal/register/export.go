package register

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"

	table "watchfire.dev/internal/portfolio/sheet"
)

// WriteCSV writes entries in our file format, in the order of their codes; ReadCSV gives the
// same entries back.
func WriteCSV(entries []Entry) ([]byte, error) {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b Entry) int { return compare(a.Code, b.Code) })
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	head := columns()
	if err := w.Write(head); err != nil {
		return nil, err
	}
	for _, e := range sorted {
		for _, cells := range rowsOf(e) {
			record := make([]string, len(head))
			for i, h := range head {
				record[i] = cells[h]
				if !numeric(h) {
					record[i] = table.Quote(cells[h])
				}
			}
			if err := w.Write(record); err != nil {
				return nil, err
			}
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// numeric tells whether a column holds numbers, which may begin with a minus.
func numeric(column string) bool {
	switch column {
	case "events", "years", "prior_events", "prior_years", "design", "implementation", "to", "target_likelihood", "target_impact":
		return true
	}
	return strings.HasSuffix(column, "_p50") || strings.HasSuffix(column, "_p90") || strings.HasSuffix(column, "_most")
}

func rowsOf(e Entry) []map[string]string {
	risk := map[string]string{
		"kind": "risk", "title": e.Title, "project": e.Project, "dimension": e.Dimension, "owner": e.Owner, "department": e.Department, "review": string(e.Review), "note": e.Note,
		"prior_events": digits(e.Frequency.PriorEvents), "prior_years": digits(e.Frequency.PriorYears), "peers": e.Frequency.Peers, "events": digits(e.Frequency.Events), "years": digits(e.Frequency.Years),
		"common": FormatCommon(e.Common), "target_likelihood": number(e.Target.Likelihood), "target_impact": number(e.Target.Impact), "target_by": string(e.Target.By),
	}
	if e.Closed {
		risk["status"] = "closed"
	}
	for _, u := range Units() {
		s := e.Impact.Of(u)
		risk[string(u)+"_p50"], risk[string(u)+"_p90"], risk[string(u)+"_most"] = digits(s.P50), digits(s.P90), digits(s.Most)
	}
	out := []map[string]string{risk}
	for _, p := range e.Causes {
		out = append(out, map[string]string{"kind": "cause", "code": p.Code, "title": p.Text})
	}
	for _, p := range e.Consequences {
		out = append(out, map[string]string{"kind": "consequence", "code": p.Code, "title": p.Text})
	}
	for _, c := range e.Controls {
		out = append(out, map[string]string{
			"kind": "control", "code": c.Code, "title": c.Title, "effect": string(c.Effect), "on": strings.Join(c.On, " "), "owner": c.Owner,
			"design": digits(c.Design), "implementation": digits(c.Implementation), "tested": string(c.Tested), "test_due": string(c.TestDue),
		})
		for _, d := range c.Duties {
			out = append(out, map[string]string{"kind": "duty", "of": c.Code, "unit": d.Unit, "must": d.Must, "checks": d.Checks})
		}
		for _, v := range c.Evidence {
			out = append(out, map[string]string{"kind": "evidence", "of": c.Code, "title": v.Text, "day": string(v.Day)})
		}
	}
	for _, a := range e.Actions {
		out = append(out, map[string]string{
			"kind": "action", "code": a.Code, "title": a.Title, "owner": a.Owner, "due": string(a.Due), "started": string(a.Started), "done": string(a.Done), "of": a.Control, "to": digits(a.To),
		})
	}
	for _, x := range e.Exceptions {
		out = append(out, map[string]string{"kind": "exception", "code": x.Code, "acceptor": x.Acceptor, "title": x.Reason, "granted": string(x.Granted), "expires": string(x.Expires)})
	}
	for _, cells := range out {
		cells["entry"] = e.Code
	}
	return out
}
