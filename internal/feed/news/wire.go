package news

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"
	"golang.org/x/text/encoding/charmap"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed/scan"
)

// document is a feed after reading: its items in order, each with what could not be read.
type document struct {
	items    []item
	language string
	updated  []string // times of the feed itself, as written
	notes    []string // repairs that concern every item
}

// item is one entry, or the reason why there is none.
type item struct {
	entry  *gofeed.Item
	place  string
	raw    []byte
	reason string
}

// The limits of one feed; the start tag of the root is repeated for each item that is
// salvaged.
const (
	maxItems = 5_000
	maxRoot  = 4 << 10 // bytes
)

// read checks body and reads it with gofeed. A feed that is not well-formed as a whole is
// cut into its items, so that a fault in one of them costs that one only.
func read(body []byte) (document, error) {
	var d document
	body = scan.Trim(body)
	if len(body) == 0 || body[0] != '<' {
		return d, fmt.Errorf("no XML: %w", fault.ErrInvalid)
	}
	body, note := toUTF8(body)
	if note != "" {
		d.notes = append(d.notes, note)
	}
	if err := scan.XML(body); err != nil {
		return d, err
	}
	name := "item"
	root, prolog := rootOf(body)
	switch strings.ToLower(localName(root)) {
	case "rss", "rdf":
	case "feed":
		name = "entry"
	default:
		return d, fmt.Errorf("root element %q is no feed: %w", plain(localName(root), 60), fault.ErrInvalid)
	}
	elements := scan.Elements(body, name)
	if len(elements) > maxItems {
		return d, fmt.Errorf("%d entries, at most %d: %w", len(elements), maxItems, fault.ErrTooLarge)
	}
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err == nil && len(feed.Items) == len(elements) {
		for i, entry := range feed.Items {
			d.items = append(d.items, item{entry: entry, place: fmt.Sprintf("%s[%d]", name, i), raw: elements[i].Raw})
		}
		d.language, d.updated = feed.Language, []string{feed.Updated, feed.Published}
		return d, nil
	}
	if err != nil {
		d.notes = append(d.notes, "the feed is not well-formed: "+plain(err.Error(), 200))
	}
	d.salvage(elements, name, prolog)
	if len(d.items) == 0 && err != nil {
		return d, fmt.Errorf("read feed: %w: %w", err, fault.ErrInvalid)
	}
	return d, nil
}

// salvage reads each item inside a feed of its own that has the root's namespaces.
func (d *document) salvage(elements []scan.Element, name string, prolog string) {
	head, foot := prolog+"<channel>", "</channel></rss>"
	switch local := localName(prolog[1:]); strings.ToLower(local) {
	case "feed":
		head, foot = prolog, closing(prolog)
	case "rdf":
		head, foot = prolog, closing(prolog)
	}
	for i, e := range elements {
		it := item{place: fmt.Sprintf("%s[%d]", name, i), raw: e.Raw}
		if !e.Whole {
			it.reason = "not closed: the feed breaks off here"
			d.items = append(d.items, it)
			continue
		}
		one, err := gofeed.NewParser().ParseString(head + string(e.Raw) + foot)
		switch {
		case err != nil:
			it.reason = "not well-formed: " + plain(err.Error(), 200)
		case len(one.Items) != 1:
			it.reason = fmt.Sprintf("holds %d entries where one is wanted", len(one.Items))
		default:
			it.entry = one.Items[0]
		}
		d.items = append(d.items, it)
	}
}

// rootOf returns the name of the first element and its start tag.
func rootOf(body []byte) (name, tag string) {
	m := rootTag.FindSubmatch(body)
	if m == nil {
		return "", "<rss>"
	}
	if len(m[0]) > maxRoot {
		return string(m[1]), "<" + string(m[1]) + ">"
	}
	return string(m[1]), strings.TrimSuffix(strings.TrimSuffix(string(m[0]), ">"), "/") + ">"
}

func closing(tag string) string {
	m := rootTag.FindStringSubmatch(tag)
	return "</" + m[1] + ">"
}

func localName(name string) string {
	name, _, _ = strings.Cut(name, ">")
	name, _, _ = strings.Cut(name, " ")
	return name[strings.LastIndexByte(name, ':')+1:]
}

var (
	rootTag  = regexp.MustCompile(`<([A-Za-z_][A-Za-z0-9_.:-]*)(?:\s[^<>]*)?>`)
	declared = regexp.MustCompile(`^<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)
)

// toUTF8 repairs a feed that is not UTF-8 although it says so, or says nothing: old
// newsrooms write Windows-1252 then. A declared encoding of another name is left to the
// parser, which knows them.
func toUTF8(body []byte) ([]byte, string) {
	if m := declared.FindSubmatch(body); m != nil && !strings.EqualFold(string(m[1]), "utf-8") {
		return body, ""
	}
	if utf8.Valid(body) {
		return body, ""
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(body)
	if err != nil {
		return bytes.ToValidUTF8(body, []byte("\uFFFD")), "not UTF-8: bad bytes replaced"
	}
	return out, "not UTF-8: read as Windows-1252"
}
