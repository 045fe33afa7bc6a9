package usgs

import (
	"encoding/json"
	"strconv"
	"strings"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// products fills what the summary part of a detail document leaves open from the preferred
// product of each type: errors of place, depth and magnitude from the origin, the highest
// intensity from the ShakeMap, the colour from PAGER. It returns notes on what it could
// not read; a bad product does not spoil the event.
func products(p *properties) []string {
	if p.Products == nil {
		return nil
	}
	var notes []string
	take := func(kind string) map[string]string {
		best, bad := preferredProduct(p.Products[kind])
		if bad > 0 {
			notes = append(notes, strconv.Itoa(bad)+" unreadable products of type "+kind)
		}
		if kind == "shakemap" {
			p.shakemap = best
		}
		return best.Properties
	}
	origin := take("origin")
	p.horizontalKM = number(origin["horizontal-error"])
	p.magError = number(origin["magnitude-error"])
	p.depthError = number(origin["vertical-error"])
	shakemap := take("shakemap")
	if mmi := number(shakemap["maxmmi"]); mmi > 0 && p.MMI == nil && shakemap["event-type"] != "SCENARIO" {
		p.MMI = &mmi
	}
	if colour := take("losspager")["alertlevel"]; p.Alert == "" && colour != "" && colour != "pending" {
		p.Alert = colour
	}
	return notes
}

// mapLinks names the grids of the preferred ShakeMap: the values and their standard
// deviations. Their address holds the time of the product, so that each version is new.
func mapLinks(p properties, key string) []feed.Link {
	var out []feed.Link
	if p.shakemap.Properties["event-type"] == "SCENARIO" {
		return nil
	}
	for _, name := range []string{"download/grid.xml", "download/uncertainty.xml"} {
		if u := p.shakemap.Contents[name].URL; strings.HasPrefix(u, "https://earthquake.usgs.gov/") {
			out = append(out, feed.Link{URL: u, Kind: "shakemap", Key: key + "@" + strconv.FormatInt(int64(p.shakemap.Updated), 10) + "/" + name})
		}
	}
	return out
}

// preferredProduct returns the product with the greatest weight that is not deleted, and
// how many could not be read.
func preferredProduct(raw []json.RawMessage) (best product, bad int) {
	weight := -1.0
	for _, r := range raw {
		var p product
		if err := json.Unmarshal(r, &p); err != nil {
			bad++
			continue
		}
		if p.Status != "DELETE" && p.Weight > weight {
			best, weight = p, p.Weight
		}
	}
	return best, bad
}

// number reads a positive number; 0 stands for none.
func number(s string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !scan.Finite(f) || f < 0 {
		return 0
	}
	return f
}
