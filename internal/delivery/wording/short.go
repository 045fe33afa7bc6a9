package wording

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// A brief is what an SMS is made of; each part is dropped whole, in the order of dropped.
type brief struct {
	phrase.Speaker
	gsm      bool // the language is written in the GSM alphabet
	level    string
	what     string // hazard with title or magnitude
	hazard   string
	distance string    // "31 km from Camp 2"
	asset    string    // "Camp 2"
	project  [4]string // from long to short
	when     string
	day      string // of what is still ahead, without its hour; "" = it is now
	note     string // "nobody answered, you are next"
	do       string
	doBrief  string
	answers  string
	few      string
	link     string
	demo     bool
}

// A part of an SMS that goes when there is no room for it.
type part string

// dropped lists the parts in the order in which they go. What is not here never goes: level,
// what and, shortened to a code if it must be, where.
func dropped() []part {
	return []part{"link", "answers in words", "distance", "do in full", "title", "asset", "long name", "middle name", "answers", "note", "short name", "hour ahead", "when", "do"}
}

// text sets the parts that are left.
func (b brief) text(gone map[part]bool) string {
	where, asset := b.project[0], b.distance
	switch {
	case gone["short name"]:
		where = b.project[3]
	case gone["middle name"]:
		where = b.project[2]
	case gone["long name"]:
		where = b.project[1]
	}
	if gone["distance"] || asset == "" {
		asset = b.asset
	}
	if asset != "" && !gone["asset"] && asset != where {
		where = b.T("short.where", "Asset", asset, "Project", where)
	}
	what := b.what
	if gone["title"] {
		what = b.hazard
	}
	text := b.T("short.head", "Level", b.level, "What", what, "Where", where)
	when := b.when
	if gone["hour ahead"] && b.day != "" {
		when = b.day
	}
	if !gone["when"] && when != "" {
		text = b.T("short.when", "Head", text, "When", when)
	}
	add := func(sentence string) {
		if sentence != "" {
			text = b.T("short.next", "Text", text, "Next", sentence)
		}
	}
	if !gone["note"] {
		add(b.note)
	}
	switch {
	case gone["do"]:
	case gone["do in full"]:
		add(b.doBrief)
	default:
		add(b.do)
	}
	answers := b.answers
	switch {
	case gone["answers"]:
		answers = ""
	case gone["answers in words"]:
		answers = b.few
	}
	add(answers)
	if b.demo {
		text = b.T("short.demo", "Text", text)
	}
	if answers == "" {
		text = b.T("short.end", "Text", text)
	}
	if b.link != "" && !gone["link"] {
		text = b.T("short.link", "Text", text, "Link", b.link)
	}
	return b.set(text)
}

// set writes a text as a telephone gets it: no mark that turns the reading order, and in the
// GSM alphabet where the language is written in it.
func (b brief) set(text string) string {
	text = strings.ReplaceAll(phrase.Bare(text), "\u00a0", " ")
	if folded, ok := fold(text); ok && b.gsm {
		return folded
	}
	return text
}

// fit drops parts in their order until the text is one segment, then puts back what has room
// after all, the dearest first. It fails rather than cut a word or go without level, what or
// where.
func (b brief) fit() (string, error) {
	gone, text := map[part]bool{}, b.text(nil)
	for _, next := range dropped() {
		if single(text) {
			break
		}
		gone[next] = true
		text = b.text(gone)
	}
	if !single(text) {
		return "", fmt.Errorf("short text in %s: no room for level, what and where: %w", b.Language(), phrase.ErrIncomplete)
	}
	for _, last := range slices.Backward(dropped()) {
		if !gone[last] {
			continue
		}
		gone[last] = false
		if fuller := b.text(gone); single(fuller) {
			text = fuller
		} else {
			gone[last] = true
		}
	}
	return text, nil
}

// gsmLanguage tells whether a language can be written in the GSM alphabet at all.
func gsmLanguage(lang string) bool { return lang != "zh" && lang != "ru" && lang != "ar" }

// brief gathers the parts of one message.
func (w *Wording) brief(s phrase.Speaker, c delivery.Claimed, f delivery.Facts, m delivery.Message, held bool, tlp string) brief {
	b := brief{Speaker: s, gsm: gsmLanguage(s.Language()), demo: w.simulated, link: m.AnswerURL}
	b.level, b.hazard = briefLevel(s, f.Warning), s.Hazard(f.Warning.Hazard)
	b.what, b.do, b.doBrief = b.hazard, strings.TrimRight(s.Do(f.Warning)[0], ".。"), s.DoBrief(f.Warning)
	b.project = b.names(f.Project.Name, f.Project.Code)
	b.when = briefWhen(s, f.Warning, siteZone(f))
	if f.Warning.ETA.After(f.Warning.At) && warning.Active(f.Warning) {
		b.day = s.T("short.ahead", "Clock", s.Day(f.Warning.ETA, siteZone(f)))
	}
	if len(f.Warning.Rows) > 0 {
		b.place(f.Warning.Rows[0])
	}
	if name := b.name(s.What(f.Warning), 34); name != "" {
		b.what = name
	}
	if held {
		b.what = s.T("short.held", "Label", tlp)
		b.hazard, b.distance, b.asset = b.what, "", ""
		b.do, b.doBrief = s.T("short.do.read_page"), s.T("short.do.read_page")
	}
	switch c.Purpose {
	case response.Escalation:
		b.note = s.T("short.escalation")
	case response.Overdue:
		b.note = s.T("short.overdue")
	}
	if m.AnswerURL != "" && w.able(c.Channel).Answers {
		b.answers, b.few = s.T("short.answers"), s.T("short.answers_few")
	}
	return b
}

// place takes where the strongest row is.
func (b *brief) place(r exposure.Exposure) {
	name := b.name(r.Name, 40)
	if name == "" {
		return
	}
	b.asset, r.Name = name, name
	if r.How == exposure.Distance || r.ToKM > r.FromKM {
		b.distance = b.Where(r)
	}
}

// name makes a name short enough by leaving out whole words at its end; "" = it cannot be
// told here: its first word is longer, or it is written in a script that would take the room.
func (b brief) name(name string, most int) string {
	name = pictureless(name)
	if b.gsm {
		folded, ok := fold(name)
		if !ok {
			return ""
		}
		name = folded
	}
	return wordsOf(name, most)
}

// names gives a project's name in four lengths. Where the name cannot be told its code is,
// and where that cannot be told either, that it is a project of ours.
func (b brief) names(name, code string) (out [4]string) {
	for i, most := range [4]int{40, 20, 11, 7} {
		for _, n := range []string{b.name(name, most), b.name(code, most+4), b.T("where.project")} {
			if n != "" {
				out[i] = n
				break
			}
		}
	}
	return out
}

// pictureless leaves out of a name what telephones show as pictures.
func pictureless(name string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.So, unicode.Sk, unicode.Co, unicode.Mn, unicode.Me) && !unicode.IsLetter(r) && r > 0x2000 || r > 0xffff {
			return -1
		}
		return r
	}, phrase.Plain(name, maxField))), " ")
}

// wordsOf keeps whole words from the beginning, at most most characters. Scripts without
// blanks may be cut between any two characters.
func wordsOf(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	end := 0
	for i := range runes[:most+1] {
		if strings.ContainsRune(" ,;", runes[i]) || i > 0 && unicode.In(runes[i-1], unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
			end = i
		}
	}
	return strings.TrimRight(string(runes[:end]), " ,;:.-–(")
}

// briefLevel is the word that opens an SMS: the level, or that it is over.
func briefLevel(s phrase.Speaker, w warning.Warning) string {
	word := strings.ToUpper(s.Level(w.Level))
	switch {
	case !warning.Active(w):
		return s.T("mark." + string(w.State))
	case w.State == warning.Draft:
		return s.T("short.draft", "Level", word)
	case w.Emergency:
		return s.T("short.emergency", "Level", word)
	default:
		return word
	}
}

func briefWhen(s phrase.Speaker, w warning.Warning, zone string) string {
	switch {
	case !warning.Active(w):
		return s.T("short.at", "Clock", s.Stamp(w.At, w.At, zone))
	case w.ETA.After(w.At):
		return s.T("short.ahead", "Clock", s.Stamp(w.ETA, w.At, zone))
	default:
		return s.T("short.now", "Clock", s.Stamp(w.At, w.At, zone))
	}
}

// siteZone is the project's zone: an SMS has room for one time, and that is the site's.
func siteZone(f delivery.Facts) string {
	if f.Project.Zone != "" {
		return f.Project.Zone
	}
	return f.Contact.Zone
}

// shortTest is the SMS of a test.
func shortTest(s phrase.Speaker, at time.Time, zone string) string {
	b := brief{Speaker: s, gsm: gsmLanguage(s.Language())}
	return b.set(s.T("short.end", "Text", s.T("short.test", "Time", s.Stamp(at, at, zone))))
}
