package cap

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"watchfire.dev/internal/fault"
)

// Marshal writes an alert as CAP 1.2 XML in UTF-8, elements in the order of the schema,
// times with the offset kept ("-00:00" for UTC, fractions of a second cut), polygons
// closed. The same alert gives the same bytes. An alert that Validate finds invalid is
// refused with an error wrapping fault.ErrInvalid that names every place. The content of
// derefUri and a signature are not part of Alert and therefore not written, nor is a
// relative URI that named such content.
func Marshal(a Alert) ([]byte, error) {
	var wrong []string
	for _, p := range Validate(&a) {
		if !p.Minor {
			wrong = append(wrong, p.String())
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("marshal alert %s: %w: %s", excerpt(a.Identifier), fault.ErrInvalid, strings.Join(wrong, "; "))
	}
	var w writer
	w.buf = append(w.buf, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"...)
	w.buf = append(w.buf, `<alert xmlns="`+nsCAP12+`">`+"\n"...)
	w.depth = 1
	w.alert(&a)
	w.buf = append(w.buf, "</alert>\n"...)
	return w.buf, nil
}

type writer struct {
	buf   []byte
	depth int
}

func (w *writer) alert(a *Alert) {
	w.leaf("identifier", a.Identifier)
	w.leaf("sender", a.Sender)
	w.leaf("sent", formatTime(a.Sent))
	w.leaf("status", string(a.Status))
	w.leaf("msgType", string(a.MsgType))
	w.optional("source", a.Source)
	w.leaf("scope", string(a.Scope))
	w.optional("restriction", a.Restriction)
	w.optional("addresses", joinQuoted(a.Addresses))
	for _, c := range a.Codes {
		w.leaf("code", c)
	}
	w.optional("note", a.Note)
	w.optional("references", FormatReferences(a.References))
	w.optional("incidents", joinQuoted(a.Incidents))
	for i := range a.Infos {
		w.open("info")
		w.info(&a.Infos[i])
		w.close("info")
	}
}

func (w *writer) info(in *Info) {
	w.optional("language", in.Language)
	for _, c := range in.Categories {
		w.leaf("category", string(c))
	}
	w.leaf("event", in.Event)
	for _, r := range in.ResponseTypes {
		w.leaf("responseType", string(r))
	}
	w.leaf("urgency", string(in.Urgency))
	w.leaf("severity", string(in.Severity))
	w.leaf("certainty", string(in.Certainty))
	w.optional("audience", in.Audience)
	w.pairs("eventCode", in.EventCodes)
	if !in.Effective.IsZero() {
		w.leaf("effective", formatTime(in.Effective))
	}
	if !in.Onset.IsZero() {
		w.leaf("onset", formatTime(in.Onset))
	}
	if !in.Expires.IsZero() {
		w.leaf("expires", formatTime(in.Expires))
	}
	w.optional("senderName", in.SenderName)
	w.optional("headline", in.Headline)
	w.optional("description", in.Description)
	w.optional("instruction", in.Instruction)
	w.optional("web", in.Web)
	w.optional("contact", in.Contact)
	w.pairs("parameter", in.Parameters)
	for i := range in.Resources {
		w.resource(&in.Resources[i])
	}
	for i := range in.Areas {
		w.area(&in.Areas[i])
	}
}

func (w *writer) resource(r *Resource) {
	w.open("resource")
	w.leaf("resourceDesc", r.Desc)
	w.leaf("mimeType", r.MimeType)
	if r.Size > 0 {
		w.leaf("size", strconv.FormatInt(r.Size, 10))
	}
	if u, err := url.Parse(r.URI); err == nil && u.IsAbs() {
		w.leaf("uri", r.URI)
	}
	w.optional("digest", r.Digest)
	w.close("resource")
}

func (w *writer) area(a *Area) {
	w.open("area")
	w.leaf("areaDesc", a.Desc)
	for _, ring := range a.Polygons {
		w.leaf("polygon", formatRing(ring))
	}
	for _, c := range a.Circles {
		w.leaf("circle", formatPoint(c.Centre)+" "+formatNumber(c.RadiusKm))
	}
	w.pairs("geocode", a.Geocodes)
	if a.Altitude != nil {
		w.leaf("altitude", formatNumber(*a.Altitude))
	}
	if a.Ceiling != nil {
		w.leaf("ceiling", formatNumber(*a.Ceiling))
	}
	w.close("area")
}

// formatRing writes "lat,lon lat,lon …" and repeats the first position of an open ring.
func formatRing(ring []Point) string {
	var b strings.Builder
	for i, p := range ring {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(formatPoint(p))
	}
	if n := len(ring); n > 0 && ring[0] != ring[n-1] {
		b.WriteByte(' ')
		b.WriteString(formatPoint(ring[0]))
	}
	return b.String()
}

func (w *writer) pairs(name string, pairs []Pair) {
	for _, p := range pairs {
		w.open(name)
		w.leaf("valueName", p.Name)
		w.leaf("value", p.Value)
		w.close(name)
	}
}

func (w *writer) optional(name, text string) {
	if text != "" {
		w.leaf(name, text)
	}
}

func (w *writer) leaf(name, text string) {
	w.indent()
	w.buf = append(w.buf, '<')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, '>')
	w.escape(text)
	w.end(name)
}

func (w *writer) open(name string) {
	w.indent()
	w.buf = append(w.buf, '<')
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, ">\n"...)
	w.depth++
}

func (w *writer) close(name string) {
	w.depth--
	w.indent()
	w.end(name)
}

func (w *writer) end(name string) {
	w.buf = append(w.buf, "</"...)
	w.buf = append(w.buf, name...)
	w.buf = append(w.buf, ">\n"...)
}

func (w *writer) indent() {
	for range w.depth {
		w.buf = append(w.buf, "  "...)
	}
}

// escape writes character data. A carriage return goes as a reference, or the reader's
// line end normalisation would turn it into a line feed (XML 1.0 §2.11).
func (w *writer) escape(text string) {
	for i := range len(text) {
		switch c := text[i]; c {
		case '&':
			w.buf = append(w.buf, "&amp;"...)
		case '<':
			w.buf = append(w.buf, "&lt;"...)
		case '>':
			w.buf = append(w.buf, "&gt;"...)
		case '\r':
			w.buf = append(w.buf, "&#xD;"...)
		default:
			w.buf = append(w.buf, c)
		}
	}
}
