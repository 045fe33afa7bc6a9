package cap

import (
	"strconv"
	"strings"
	"time"
)

// defaultLanguage is what CAP 1.2 §3.2.2 assumes when an info names no language.
const defaultLanguage = "en-US"

func (a alertTarget) set(b *builder, f field, text string) {
	switch f.name {
	case "identifier":
		a.Identifier = text
	case "sender":
		a.Sender = text
	case "sent":
		a.Sent = b.time(text)
	case "status":
		a.Status = Status(b.word(statusWords, text))
	case "msgType":
		a.MsgType = MsgType(b.word(msgTypeWords, text))
	case "source":
		a.Source = text
	case "scope":
		a.Scope = Scope(b.word(scopeWords, text))
	case "restriction":
		a.Restriction = text
	case "addresses":
		a.Addresses = splitQuoted(text)
	case "code":
		a.Codes = b.list(a.Codes, text)
	case "note":
		a.Note = text
	case "references":
		a.References = b.references(text)
	case "incidents":
		a.Incidents = splitQuoted(text)
	}
}

func (in infoTarget) set(b *builder, f field, text string) {
	switch f.name {
	case "language":
		if text != "" {
			in.Language = text
		}
	case "category":
		if text = b.wordOfList(categoryWords, text); text != "" {
			in.Categories = append(in.Categories, Category(text))
		}
	case "event":
		in.Event = text
	case "responseType":
		if text = b.wordOfList(responseWords, text); text != "" {
			in.ResponseTypes = append(in.ResponseTypes, ResponseType(text))
		}
	case "urgency":
		in.Urgency = Urgency(b.grade(urgencyWords, text))
	case "severity":
		in.Severity = Severity(b.grade(severityWords, text))
	case "certainty":
		in.Certainty = Certainty(b.certainty(text))
	case "effective":
		in.Effective = b.time(text)
	case "onset":
		in.Onset = b.time(text)
	case "expires":
		in.Expires = b.time(text)
	default:
		in.setText(f.name, text)
	}
}

func (in infoTarget) setText(name, text string) {
	switch name {
	case "audience":
		in.Audience = text
	case "senderName":
		in.SenderName = text
	case "headline":
		in.Headline = text
	case "description":
		in.Description = text
	case "instruction":
		in.Instruction = text
	case "web":
		in.Web = text
	case "contact":
		in.Contact = text
	}
}

func (r resourceTarget) set(b *builder, f field, text string) {
	switch f.name {
	case "resourceDesc":
		r.Desc = text
	case "mimeType":
		r.MimeType = text
	case "size":
		size, err := strconv.ParseInt(text, 10, 64)
		switch {
		case text == "":
		case err != nil, size < 0:
			b.note("size %s is not a number of bytes", excerpt(text))
		default:
			r.Size = size
		}
	case "uri":
		r.URI = text
	case "derefUri":
		r.embed(b, []byte(text))
	case "digest":
		r.Digest = text
	}
}

func (a areaTarget) set(b *builder, f field, text string) {
	switch f.name {
	case "areaDesc":
		a.Desc = text
	case "polygon":
		if ring, ok := b.polygon(text); ok {
			a.Polygons = append(a.Polygons, ring)
		}
	case "circle":
		if c, ok := b.circle(text); ok {
			a.Circles = append(a.Circles, c)
		}
	case "altitude":
		a.Altitude = b.feet(text)
	case "ceiling":
		a.Ceiling = b.feet(text)
	}
}

func (p pairTarget) set(_ *builder, f field, text string) {
	if f.name == "valueName" {
		p.Name = text
		return
	}
	p.Value = text
}

// word mends the case of a vocabulary word and keeps anything else for the validation.
func (b *builder) word(v vocabulary, text string) string {
	word, known := canonical(v, text)
	if known && word != text {
		b.note("%s written as %s", excerpt(word), excerpt(text))
	}
	return word
}

// wordOfList is word for elements that occur many times; an empty one is left out.
func (b *builder) wordOfList(v vocabulary, text string) string {
	if text == "" {
		b.note("empty element left out")
		return ""
	}
	return b.word(v, text)
}

// grade is word for urgency, severity and certainty, where Unknown says exactly what a
// value outside the vocabulary tells us.
func (b *builder) grade(v vocabulary, text string) string {
	word, known := canonical(v, text)
	switch {
	case !known:
		b.note("%s is not in the vocabulary; read as Unknown", excerpt(text))
		return "Unknown"
	case word != text:
		b.note("%s written as %s", excerpt(word), excerpt(text))
	}
	return word
}

// certainty reads "Very Likely" of CAP 1.0 as Likely (CAP 1.2 §3.2.2, certainty).
func (b *builder) certainty(text string) string {
	if strings.EqualFold(text, "Very Likely") {
		if b.version != "1.0" {
			b.note("%s is of CAP 1.0; read as Likely", excerpt(text))
		}
		return string(CertaintyLikely)
	}
	return b.grade(certaintyWords, text)
}

func (b *builder) list(list []string, text string) []string {
	if text == "" {
		b.note("empty element left out")
		return list
	}
	return append(list, text)
}

func (b *builder) time(text string) time.Time {
	t, remark, ok := parseTime(text)
	switch {
	case !ok:
		b.note("%s is not a time of the form 2006-01-02T15:04:05-07:00", excerpt(text))
	case remark != "":
		b.note("time %s: %s", excerpt(text), remark)
	}
	return t
}

func (b *builder) references(text string) []Reference {
	if text == "" {
		b.note("references is empty")
		return nil
	}
	refs, bad := parseReferences(text, b.version == "1.0")
	for _, piece := range bad {
		b.note("reference %s", piece)
	}
	return refs
}

// feet reads an altitude or a ceiling in feet above mean sea level.
func (b *builder) feet(text string) *float64 {
	if text == "" {
		b.note("empty element left out")
		return nil
	}
	v, ok := number(text)
	if !ok {
		b.note("%s is not a number of feet", excerpt(text))
		return nil
	}
	return &v
}
