// Package capfeed turns what package cap reads into signals: single alerts, containers of
// alerts, the JSON of MeteoAlarm, and the Atom and RSS indexes that only point to alerts.
// It promises one signal for each alert, with a footprint for each area that keeps the
// severity of its own info; the key that the same alert has in every other feed
// ("cap:sender,identifier,sent"), so that updates and cancellations find it; and an account
// of every alert and entry: in a signal, behind a link, or quarantined with its reason. It
// does not fetch the documents an index names, verify signatures, or look up the areas that
// a geocode stands for.
//
// Decisions that a reader of the code would ask for:
//
//   - One alert may hold many infos. Those that differ in language only become the texts of
//     one group; the gravest group speaks for the signal, the others keep their areas as
//     footprints and places and are named in the notes.
//   - An acknowledgement is no alert. It is kept with status system, so that it warns nobody.
//   - Words say test, status says Actual: the signal becomes a test, with a note (Thailand,
//     January 2026; NWS KEEPALIVE; United States tests of the alert system). See rehearsal.go.
//   - MeteoAlarm's green infos say "nothing to warn of". They become Minor and Unlikely with a
//     note; a green info never outranks another one.
//   - An index entry speaks for itself until its document is fetched. With Follow its key is
//     its link, and the document (kind "cap-linked") names that key as superseded.
package capfeed

import (
	"bytes"

	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/scan"
)

// The names of the formats in source definitions. KindLinked is not for definitions: it is
// the kind of a document behind an index entry that has already made a signal.
const (
	Kind       = "cap"
	KindIndex  = "cap-index"
	KindLinked = "cap-linked"
)

// Formats returns the formats of alerts, of indexes and of documents behind an index.
func Formats() []feed.Format {
	return []feed.Format{
		{Kind: Kind, Parse: Parse, Sniff: sniff},
		{Kind: KindIndex, Parse: ParseIndex, Sniff: sniffIndex},
		{Kind: KindLinked, Parse: ParseLinked},
	}
}

// sniffWindow is how much of a body the recognisers look at, in bytes: feeds begin with
// long heads, and an embedded alert may follow the summary of its entry.
const sniffWindow = 256 << 10

func window(body []byte) []byte {
	body = scan.Trim(body)
	return body[:min(len(body), sniffWindow)]
}

var namespaces = [...]string{"urn:oasis:names:tc:emergency:cap:", "http://www.incident.com/cap/1.0"}

func namesCAP(head []byte) bool {
	for _, ns := range namespaces {
		if bytes.Contains(head, []byte(ns)) {
			return true
		}
	}
	return false
}

func holdsAlert(head []byte) bool {
	for _, tag := range [...]string{"<alert", ":alert ", ":alert>", "&lt;alert"} {
		if bytes.Contains(head, []byte(tag)) {
			return true
		}
	}
	return false
}

func isFeed(head []byte) bool {
	for _, tag := range [...]string{"<feed", ":feed", "<rss", ":RDF"} {
		if bytes.Contains(head[:min(len(head), 4096)], []byte(tag)) {
			return true
		}
	}
	return false
}

func sniff(body []byte) bool {
	head := window(body)
	if bytes.HasPrefix(head, []byte("{")) {
		return bytes.Contains(head, []byte(`"warnings"`)) && bytes.Contains(head, []byte(`"alert"`)) &&
			bytes.Contains(head, []byte(`"identifier"`))
	}
	return namesCAP(head) && holdsAlert(head)
}

func sniffIndex(body []byte) bool {
	head := window(body)
	return isFeed(head) && !holdsAlert(head) && (namesCAP(head) || bytes.Contains(head, []byte("application/cap+xml")))
}
