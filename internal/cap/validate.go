package cap

import (
	"net/url"
	"strings"
	"time"
)

// Validate holds an alert against CAP 1.2 and gives every departure; those marked Minor
// leave it valid. Polygons may be open, Marshal closes them.
func Validate(a *Alert) []Problem {
	t := &trail{}
	t.push("alert", 0)
	validate(a, t, "1.2", false)
	return t.problems
}

// validator carries the version whose rules hold: 1.0 and 1.1 ask for less.
type validator struct {
	*trail
	version string
	// fromXML tells that every text was read out of XML, so that XML can carry it.
	fromXML bool
}

func validate(a *Alert, t *trail, version string, fromXML bool) {
	v := validator{t, version, fromXML}
	v.identity(a)
	v.require("status", string(a.Status))
	v.word(statusWords, "status", string(a.Status))
	v.require("msgType", string(a.MsgType))
	v.word(msgTypeWords, "msgType", string(a.MsgType))
	v.require("scope", string(a.Scope))
	v.word(scopeWords, "scope", string(a.Scope))
	v.distribution(a)
	v.references(a)
	for _, c := range a.Codes {
		v.require("code", c)
		v.legible("code", c)
	}
	v.text("source", a.Source)
	v.text("note", a.Note)
	v.items("incidents", a.Incidents)
	for i := range a.Infos {
		v.push("info", i+1)
		v.info(&a.Infos[i], a.Sent)
		v.pop()
	}
	v.translations(a.Infos)
}

// notInNames must not stand in what names a message (CAP 1.2 §3.2.1).
const notInNames = " \t\r\n,<&"

// identity checks what names a message; none may hold white space, comma, "<" or "&"
// (CAP 1.2 §3.2.1).
func (v validator) identity(a *Alert) {
	for _, part := range [...]struct{ name, value string }{{"identifier", a.Identifier}, {"sender", a.Sender}} {
		v.require(part.name, part.value)
		v.legible(part.name, part.value)
		if strings.ContainsAny(part.value, notInNames) {
			v.noteAt(part.name, "%s holds white space, a comma, \"<\" or \"&\"", excerpt(part.value))
		}
	}
	if a.Sent.IsZero() {
		v.noteAt("sent", "required element is missing")
	}
	v.instant("sent", a.Sent)
}

func (v validator) distribution(a *Alert) {
	if a.Scope == ScopeRestricted && a.Restriction == "" {
		v.noteAt("restriction", "missing though scope is Restricted")
	}
	if a.Scope != ScopeRestricted && a.Restriction != "" {
		v.noteAt("restriction", "given though scope is not Restricted")
	}
	if a.Scope == ScopePrivate && len(a.Addresses) == 0 {
		v.noteAt("addresses", "missing though scope is Private")
	}
	v.text("restriction", a.Restriction)
	v.items("addresses", a.Addresses)
}

func (v validator) references(a *Alert) {
	v.push("references", 0)
	defer v.pop()
	switch a.MsgType {
	case MsgUpdate, MsgCancel, MsgAck, MsgError:
		if len(a.References) == 0 {
			v.note("missing though msgType is %s", a.MsgType)
		}
	}
	for _, r := range a.References {
		switch {
		case r.Sender == "" || r.Identifier == "" || (r.Sent.IsZero() && v.version != "1.0"):
			v.note("reference %s is not whole", excerpt(r.Key()))
		case strings.ContainsAny(r.Sender, notInNames), strings.ContainsAny(r.Identifier, notInNames):
			v.note("reference %s holds white space, a comma, \"<\" or \"&\"", excerpt(r.Key()))
		case r.Identifier == a.Identifier && r.Key() == a.Key():
			v.note("message refers to itself")
		case r.Sent.After(a.Sent) && !a.Sent.IsZero():
			v.note("reference %s was sent later than this message", excerpt(r.Key()))
		}
		v.legibleHere(r.Sender)
		v.legibleHere(r.Identifier)
		v.instantHere(r.Sent)
	}
}

func (v validator) info(in *Info, sent time.Time) {
	v.language(in.Language)
	if len(in.Categories) == 0 && v.version != "1.0" {
		v.noteAt("category", "required element is missing")
	}
	for _, c := range in.Categories {
		v.word(categoryWords, "category", string(c))
	}
	v.require("event", in.Event)
	for _, r := range in.ResponseTypes {
		v.word(responseWords, "responseType", string(r))
	}
	v.require("urgency", string(in.Urgency))
	v.word(urgencyWords, "urgency", string(in.Urgency))
	v.require("severity", string(in.Severity))
	v.word(severityWords, "severity", string(in.Severity))
	v.require("certainty", string(in.Certainty))
	v.word(certaintyWords, "certainty", string(in.Certainty))
	v.times(in, sent)
	v.infoTexts(in)
	v.pairs("eventCode", in.EventCodes)
	v.pairs("parameter", in.Parameters)
	for i := range in.Resources {
		v.push("resource", i+1)
		v.resource(&in.Resources[i])
		v.pop()
	}
	for i := range in.Areas {
		v.push("area", i+1)
		v.area(&in.Areas[i])
		v.pop()
	}
}

func (v validator) infoTexts(in *Info) {
	v.text("event", in.Event)
	v.text("audience", in.Audience)
	v.text("senderName", in.SenderName)
	v.text("headline", in.Headline)
	v.text("description", in.Description)
	v.text("instruction", in.Instruction)
	v.text("contact", in.Contact)
	v.legible("web", in.Web)
	if in.Web != "" {
		if u, err := url.Parse(in.Web); err != nil || !u.IsAbs() {
			v.noteAt("web", "%s is not an absolute URI", excerpt(in.Web))
		}
	}
}

// times checks that the order of the moments can be true.
func (v validator) times(in *Info, sent time.Time) {
	v.instant("effective", in.Effective)
	v.instant("onset", in.Onset)
	v.instant("expires", in.Expires)
	if in.Expires.IsZero() {
		return
	}
	for _, earlier := range [...]struct {
		name string
		at   time.Time
	}{{"sent", sent}, {"effective", in.Effective}, {"onset", in.Onset}} {
		if in.Expires.Before(earlier.at) {
			v.noteAt("expires", "before %s", earlier.name)
		}
	}
}

func (v validator) resource(r *Resource) {
	v.require("resourceDesc", r.Desc)
	v.legible("resourceDesc", r.Desc)
	v.legible("mimeType", r.MimeType)
	if v.version == "1.2" {
		v.require("mimeType", r.MimeType)
	}
	if r.MimeType != "" && !validMimeType(r.MimeType) {
		v.noteAt("mimeType", "%s is not a media type", excerpt(r.MimeType))
	}
	if r.Size < 0 {
		v.noteAt("size", "less than zero")
	}
	v.legible("uri", r.URI)
	if r.URI != "" {
		switch u, err := url.Parse(r.URI); {
		case err != nil:
			v.noteAt("uri", "%s is not a URI", excerpt(r.URI))
		case !u.IsAbs() && r.DerefSHA256 == "":
			v.noteAt("uri", "%s is relative and derefUri is missing", excerpt(r.URI))
		}
	}
	v.legible("digest", r.Digest)
	if r.Digest != "" && !isSHA1(r.Digest) {
		v.noteAt("digest", "%s is not a SHA-1 in hexadecimal", excerpt(r.Digest))
	}
}

func (v validator) area(a *Area) {
	v.require("areaDesc", a.Desc)
	v.text("areaDesc", a.Desc)
	for i, ring := range a.Polygons {
		v.push("polygon", i+1)
		v.ring(ring)
		v.pop()
	}
	for i, c := range a.Circles {
		v.push("circle", i+1)
		if !onEarth(c.Centre) || !(c.RadiusKm >= 0 && c.RadiusKm <= maxRadiusKm) {
			v.note("not a circle on the earth")
		}
		v.pop()
	}
	v.pairs("geocode", a.Geocodes)
	v.heights(a)
}

// heights checks that a ceiling stands above an altitude (CAP 1.2 §3.2.4).
func (v validator) heights(a *Area) {
	for _, h := range [...]struct {
		name string
		feet *float64
	}{{"altitude", a.Altitude}, {"ceiling", a.Ceiling}} {
		if h.feet != nil && !isFinite(*h.feet) {
			v.noteAt(h.name, "not a number of feet")
		}
	}
	switch {
	case a.Ceiling == nil:
	case a.Altitude == nil:
		v.noteAt("ceiling", "given without altitude")
	case *a.Ceiling < *a.Altitude:
		v.noteAt("ceiling", "below altitude")
	}
}

func (v validator) ring(ring []Point) {
	positions := len(ring)
	if positions > 0 && ring[0] != ring[positions-1] {
		positions++
	}
	if positions < minRing {
		v.note("polygon has %d positions, at least %d are needed", positions, minRing)
		return
	}
	for _, p := range ring {
		if !onEarth(p) {
			v.note("position %s is not on the earth", formatPoint(p))
			return
		}
	}
	if crosses(ring) {
		v.advise("sides of the ring cross each other")
	}
}

// onEarth is written so that NaN fails.
func onEarth(p Point) bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}
