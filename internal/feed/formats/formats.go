// Package formats is the one list of every feed format that the program reads, written by
// hand so that a reader sees what there is and nothing registers itself. It promises that
// each kind stands once, in the order in which an unknown record is best tried: the format
// that is most sure of itself first, news, which accept any feed, last. It parses nothing
// and knows no sources.
package formats

import (
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/advice"
	"watchfire.dev/internal/feed/capfeed"
	"watchfire.dev/internal/feed/eonet"
	"watchfire.dev/internal/feed/gdacs"
	"watchfire.dev/internal/feed/news"
	"watchfire.dev/internal/feed/nhc"
	"watchfire.dev/internal/feed/nws"
	"watchfire.dev/internal/feed/push"
	"watchfire.dev/internal/feed/shakemap"
	"watchfire.dev/internal/feed/usgs"
)

// All returns every format, most specific first.
func All() []feed.Format {
	all := []feed.Format{push.Format(), usgs.Format(), nws.Format()}
	all = append(all, gdacs.Formats()...)
	all = append(all, eonet.Format(), nhc.Format(), nhc.FormatATCF())
	all = append(all, advice.Formats()...)
	all = append(all, capfeed.Formats()...)
	all = append(all, shakemap.Formats()...)
	return append(all, news.Format())
}

// ByKind returns the format of a kind and whether there is one.
func ByKind(kind string) (feed.Format, bool) {
	for _, f := range All() {
		if f.Kind == kind {
			return f, true
		}
	}
	return feed.Format{}, false
}

// Kinds returns the names of the formats in the order of All.
func Kinds() []string {
	var out []string
	for _, f := range All() {
		out = append(out, f.Kind)
	}
	return out
}

// Sniff returns the kinds that body looks like, most specific first; none when nobody
// knows it. It looks at the front of the body only and is no promise that it parses.
func Sniff(body []byte) []string {
	var out []string
	for _, f := range All() {
		if f.Sniff != nil && f.Sniff(body) {
			out = append(out, f.Kind)
		}
	}
	return out
}
