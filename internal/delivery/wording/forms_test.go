package wording

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/segment"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// room is a chat that several people read, as its channel says of itself.
func abilities(channel string) (delivery.Ability, bool) {
	a, ok := map[string]delivery.Ability{
		"sms": {Form: delivery.Brief, Answers: true, Personal: true}, "voice": {Form: delivery.Spoken, Answers: true, Personal: true},
		"slack": {Form: delivery.Chat, Answers: true}, "telegram": {Form: delivery.Chat, Answers: true, Personal: true},
		"email": {Form: delivery.Full, Personal: true}, "webhook": {Form: delivery.Data},
	}[channel]
	return a, ok
}

// TestFormsGolden writes all forms of the seven cases into one file per language: what
// somebody who speaks it needs to review them.
func TestFormsGolden(t *testing.T) {
	t.Parallel()
	w := words(t, Able(abilities))
	for _, lang := range phrase.MessageLanguages() {
		var b strings.Builder
		for _, name := range []string{"red-alarm", "orange-update", "escalation", "ended", "cancelled", "expired", "tlp-red"} {
			c, f := alarm()
			cases()[name](&c, &f)
			c.Channel, f.Contact.Language = "sms", lang
			m, err := w.Word(t.Context(), c, f)
			if err != nil {
				t.Fatal(err)
			}
			encoding, segments, units, left := segment.Count(m.Short)
			fmt.Fprintf(&b, "== %s\nshort (%s, %d segment, %d units, %d left): %s\n", name, encoding, segments, units, left, m.Short)
			for _, l := range m.Lines {
				b.WriteString("line: " + l + "\n")
			}
			for _, v := range m.Voice {
				b.WriteString("voice: " + v + "\n")
			}
			for _, x := range m.Buttons {
				b.WriteString("button: " + x.Label + "\n")
			}
		}
		same(t, "forms."+lang+".txt", b.String())
	}
}

// A corner is one cell of the matrix of everything that is ever worded.
type corner struct {
	hazard   event.Hazard
	level    level.Level
	language string
	purpose  string
	tlp      string
	channel  string
}

func (x corner) claim() (delivery.Claimed, delivery.Facts) {
	c, f := alarm()
	f.Warning.Hazard, f.Warning.Family, f.Warning.Level, f.Warning.TLP = x.hazard, x.hazard.Family(), x.level, x.tlp
	if x.hazard != event.Earthquake {
		f.Warning.Events[0].Measures, f.Warning.Events[0].Title = nil, ""
	}
	switch x.purpose {
	case "escalation":
		c.Purpose, c.Step, c.Queued = response.Escalation, 2, at.Add(5*time.Minute)
	case "update":
		c.First, f.Warning.Reason, f.Warning.ETA = false, warning.Changed, at.Add(19*time.Hour)
	case "ended":
		closed(warning.Ended, warning.SourceEnded, "")(&c, &f)
	case "cancelled":
		closed(warning.Cancelled, warning.PersonCancel, "")(&c, &f)
	case "expired":
		closed(warning.Expired, warning.RanOut, "")(&c, &f)
	case "draft":
		f.Warning.State, f.Warning.Reason, f.Warning.Proposal = warning.Draft, warning.Proposed, warning.ProposalOpen
	case "emergency":
		f.Warning.Emergency = true
	}
	c.Channel, c.Level, f.Contact.Language = x.channel, x.level, x.language
	return c, f
}

// TestMatrix words every hazard, level, language, purpose and label over every kind of
// channel: all whole, the first line says what, where, when and what to do, the SMS is one
// segment and never without level, what and where, and what a label holds back is held.
func TestMatrix(t *testing.T) {
	t.Parallel()
	w := words(t, Able(abilities))
	for _, lang := range phrase.MessageLanguages() {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			n := 0
			for i, h := range event.Hazards() {
				for l := level.Yellow; l <= level.Red; l++ {
					for j, purpose := range []string{"alarm", "update", "escalation", "draft", "emergency", "ended", "cancelled", "expired"} {
						labels := []string{"", "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"}
						for k := (i + j) % 3; k < len(labels); k += 3 {
							tlp := labels[k]
							channels := []string{"sms", "slack", "voice", "telegram", "email", "webhook"}
							channel := channels[(i/3+j+k/3+int(l))%len(channels)] // each meets each, without all being met
							check(t, w, corner{h, l, lang, purpose, tlp, channel})
							n++
						}
					}
				}
			}
			if n != len(event.Hazards())*3*8*2 {
				t.Errorf("%d corners", n)
			}
		})
	}
}

func check(t *testing.T, w *Wording, x corner) {
	t.Helper()
	c, f := x.claim()
	m, err := w.Word(t.Context(), c, f)
	if err != nil {
		t.Fatalf("%+v: %v", x, err)
	}
	s := w.book.For(x.language)
	all := []string{m.Subject, m.Text}
	if x.channel != "webhook" {
		all = append(append(append(all, m.HTML, m.Short), m.Lines...), m.Voice...)
	}
	for _, text := range all {
		if strings.TrimSpace(text) == "" || strings.ContainsAny(text, "⟦⟧") || strings.Contains(text, "{{") || strings.Contains(text, "<no value>") {
			t.Errorf("%+v: half filled: %q", x, text)
		}
	}
	what, where, do := s.Hazard(x.hazard), "Camp 2", strings.TrimRight(s.Do(f.Warning)[0], ".。")
	clock, site := "09:06", "09:06"
	if f.Warning.ETA.After(f.Warning.At) && warning.Active(f.Warning) {
		clock, site = "04:06", "04:06"
	}
	hold := x.tlp == "RED" || x.tlp == "AMBER+STRICT" && x.channel == "slack"
	first, _, _ := strings.Cut(phrase.Bare(m.Text), "\n")
	parts := []string{what, where, clock, do}
	if hold {
		parts = []string{"Quetta Rail", "09:06"}
		for _, text := range all {
			if strings.Contains(text, what) && x.hazard != event.Other && x.hazard != event.Law && x.hazard != event.Crime || strings.Contains(text, "Camp 2") {
				t.Errorf("%+v: held, and told: %q", x, text)
			}
		}
		if len(m.Warning.Rows)+len(m.Warning.Events) > 0 || m.Warning.Hazard != "" {
			t.Errorf("%+v: the content goes with the message", x)
		}
	}
	for _, p := range parts {
		if !strings.Contains(first, p) {
			t.Errorf("%+v: the first line lacks %q: %s", x, p, first)
		}
	}
	if x.channel == "webhook" { // a program reads facts and text
		if m.HTML+m.Short != "" || len(m.Lines)+len(m.Voice)+len(m.Buttons) > 0 {
			t.Errorf("%+v: forms that nobody reads were worded", x)
		}
		return
	}
	shortWhole(t, x, w, m, s, hold, what, site)
	if lines := strings.Join(m.Lines, "\n"); !hold && !strings.Contains(phrase.Bare(lines), do) || strings.Contains(lines, first) && !hold {
		t.Errorf("%+v: lines:\n%s", x, lines)
	}
	if warning.Active(f.Warning) != (len(m.Buttons) == 3) {
		t.Errorf("%+v: %d buttons", x, len(m.Buttons))
	}
	spokenWhole(t, x, m, s)
}

// shortWhole checks an SMS: one segment; level, what, where and when, and what to do.
func shortWhole(t *testing.T, x corner, w *Wording, m delivery.Message, s phrase.Speaker, hold bool, what, clock string) {
	t.Helper()
	encoding, segments, units, _ := segment.Count(m.Short)
	if segments != 1 || (encoding == segment.GSM7) != gsmLanguage(x.language) && !hold {
		t.Errorf("%+v: %s, %d segments of %d units: %s", x, encoding, segments, units, m.Short)
	}
	b := brief{Speaker: s, gsm: gsmLanguage(x.language)}
	word := strings.ToUpper(s.Level(x.level))
	if !warning.Active(m.Warning) {
		word = s.Mark(m.Warning)
	}
	narrow := (x.language == "ru" || x.language == "ar") // 70 units for long words
	if narrow && x.purpose == "update" {
		clock = "8 " // the day stands for the hour
	}
	want := []string{b.set(word), "Quetta", clock}
	if narrow && (x.purpose == "draft" || x.purpose == "emergency") {
		want[2] = "" // the time may go
	}
	if !hold {
		want = append(want, b.set(what))
	} else {
		want[2] = "Quetta"
	}
	for _, p := range want {
		if !strings.Contains(m.Short, p) {
			t.Errorf("%+v: the SMS lacks %q: %s", x, p, m.Short)
		}
	}
	_, f := x.claim()
	full, few := b.set(strings.TrimRight(s.Do(f.Warning)[0], ".。")), b.set(s.DoBrief(f.Warning))
	if hold {
		few = b.set(s.T("short.do.read_page"))
	}
	if !strings.Contains(m.Short, full) && !strings.Contains(m.Short, few) {
		t.Errorf("%+v: the SMS does not say what to do (%s): %s", x, few, m.Short)
	}
}

// spokenWhole checks a voice: no sign that an engine would spell, no link, the keys last.
func spokenWhole(t *testing.T, x corner, m delivery.Message, s phrase.Speaker) {
	t.Helper()
	for _, sentence := range m.Voice {
		if strings.ContainsAny(sentence, "±<>%·@/:") && !strings.Contains(s.T("simulated"), sentence) && strings.Contains(sentence, "://") {
			t.Errorf("%+v: a voice would spell %q", x, sentence)
		}
		if r := []rune(strings.TrimSpace(sentence)); !slices.Contains([]rune(".。!؟?"), r[len(r)-1]) {
			t.Errorf("%+v: no sentence: %q", x, sentence)
		}
		if strings.ContainsAny(sentence, "\u2068\u2069") {
			t.Errorf("%+v: a mark that turns the reading order: %q", x, sentence)
		}
	}
	keys := phrase.Bare(s.T("voice.keys"))
	answers := m.AnswerURL != "" && (x.channel == "sms" || x.channel == "voice" || x.channel == "slack" || x.channel == "telegram")
	if answers != (m.Voice[len(m.Voice)-1] == keys) {
		t.Errorf("%+v: the last sentence is %q", x, m.Voice[len(m.Voice)-1])
	}
}

// TestShortDropsInItsOrder gives one SMS less and less room.
func TestShortDropsInItsOrder(t *testing.T) {
	t.Parallel()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	b := brief{
		Speaker: book.For("en"), gsm: true, level: "LEVEL", what: "WHAT TITLE", hazard: "WHAT", distance: "FAR", asset: "ASSET",
		project: [4]string{"LONG NAME HERE", "NAME HERE", "NAME", "N"}, when: "WHEN AND HOUR", day: "WHEN", note: "NOTE", do: "DO ALL", doBrief: "DO", answers: "ANSWERS", few: "1", link: "LINK",
	}
	for i, want := range []string{
		"LEVEL: WHAT TITLE, FAR, LONG NAME HERE, WHEN AND HOUR. NOTE. DO ALL. ANSWERS LINK",
		"LEVEL: WHAT TITLE, FAR, LONG NAME HERE, WHEN AND HOUR. NOTE. DO ALL. ANSWERS",
		"LEVEL: WHAT TITLE, FAR, LONG NAME HERE, WHEN AND HOUR. NOTE. DO ALL. 1",
		"LEVEL: WHAT TITLE, ASSET, LONG NAME HERE, WHEN AND HOUR. NOTE. DO ALL. 1",
		"LEVEL: WHAT TITLE, ASSET, LONG NAME HERE, WHEN AND HOUR. NOTE. DO. 1",
		"LEVEL: WHAT, ASSET, LONG NAME HERE, WHEN AND HOUR. NOTE. DO. 1",
		"LEVEL: WHAT, LONG NAME HERE, WHEN AND HOUR. NOTE. DO. 1",
		"LEVEL: WHAT, NAME HERE, WHEN AND HOUR. NOTE. DO. 1",
		"LEVEL: WHAT, NAME, WHEN AND HOUR. NOTE. DO. 1",
		"LEVEL: WHAT, NAME, WHEN AND HOUR. NOTE. DO.",
		"LEVEL: WHAT, NAME, WHEN AND HOUR. DO.",
		"LEVEL: WHAT, N, WHEN AND HOUR. DO.",
		"LEVEL: WHAT, N, WHEN. DO.",
		"LEVEL: WHAT, N. DO.",
		"LEVEL: WHAT, N.",
	} {
		gone := map[part]bool{}
		for _, p := range dropped()[:i] {
			gone[p] = true
		}
		if got := b.text(gone); got != want {
			t.Errorf("%d parts dropped:\n got %s\nwant %s", i, got, want)
		}
	}
	if len(dropped()) != 14 {
		t.Errorf("%d parts can be dropped", len(dropped()))
	}
}

// TestShortNeverCutsAWord: names of every length and script; whole words or the code.
func TestShortNeverCutsAWord(t *testing.T) {
	t.Parallel()
	w := words(t, Able(abilities))
	for _, name := range []string{
		"Quetta Rail, lot 3", "Verylongprojectnamewithoutanyblank" + strings.Repeat("x", 500), strings.Repeat("word ", 100), "吉布提港二期扩建工程码头与堆场", "Порт Владивосток", "ميناء جيبوتي",
		"São João da Boa Vista", "🛑🔥 Camp", "🛑", "\u202eevil\u2066", "line\nbreak", "a" + strings.Repeat("\u0301", 300), strings.Repeat("é", 300),
	} {
		for _, lang := range phrase.MessageLanguages() {
			c, f := alarm()
			c.Channel, f.Contact.Language, f.Project.Name = "sms", lang, name
			m, err := w.Word(t.Context(), c, f)
			if err != nil {
				t.Fatalf("%s %.20q: %v", lang, name, err)
			}
			if _, segments, units, _ := segment.Count(m.Short); segments != 1 {
				t.Errorf("%s %.20q: %d units: %s", lang, name, units, m.Short)
			}
			if i := strings.IndexFunc(m.Short, func(r rune) bool {
				return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.So, r)
			}); i >= 0 {
				t.Errorf("%s %.20q: a mark in %q", lang, name, m.Short)
			}
			for _, word := range []string{"Verylongprojectname", "wor,", "wor."} {
				if strings.Contains(m.Short, word) {
					t.Errorf("%s: a word is cut: %s", lang, m.Short)
				}
			}
		}
	}
}

// TestNoRoomIsAnError: rather no SMS than one without where.
func TestNoRoomIsAnError(t *testing.T) {
	t.Parallel()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("W", 170)
	b := brief{Speaker: book.For("en"), gsm: true, level: "RED", what: long, hazard: long, project: [4]string{"P", "P", "P", "P"}}
	if text, err := b.fit(); !errors.Is(err, phrase.ErrIncomplete) || text != "" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestOnlyAnSMSWaitsForAnSMS: a hazard of a newer version, with a long name, goes out by mail.
func TestOnlyAnSMSWaitsForAnSMS(t *testing.T) {
	t.Parallel()
	w := words(t, Able(abilities))
	for channel, fails := range map[string]bool{"email": false, "slack": false, "voice": false, "sms": true} {
		c, f := alarm()
		c.Channel, f.Warning.Hazard = channel, event.Hazard(strings.Repeat("hazard", 40))
		m, err := w.Word(t.Context(), c, f)
		if errors.Is(err, phrase.ErrIncomplete) != fails || m.Short != "" {
			t.Errorf("%s: %q, %v", channel, m.Short, err)
		}
	}
}

// TestNamesOfPersonsReachPersonsAlone by what the channel says of itself, in every form.
func TestNamesOfPersonsReachPersonsAlone(t *testing.T) {
	t.Parallel()
	w := words(t, Able(abilities))
	for channel, told := range map[string]bool{"email": true, "sms": true, "voice": true, "telegram": true, "slack": false, "webhook": false, "unheard_of": false} {
		c, f := alarm()
		c.Channel, f.Warning.TLP = channel, ""
		f.Warning.Rows[0], f.Warning.Rows[1] = f.Warning.Rows[1], f.Warning.Rows[0]
		m, err := w.Word(t.Context(), c, f)
		if err != nil {
			t.Fatal(err)
		}
		all := m.Subject + m.Text + m.HTML + m.Short + strings.Join(m.Lines, "") + strings.Join(m.Voice, "")
		for _, r := range m.Warning.Rows {
			all += r.Name
		}
		if got := strings.Contains(all, "Surveyor"); got != told {
			t.Errorf("%s: name told: %v", channel, got)
		}
	}
}

// TestSpokenTimes: no colon and no abbreviation.
func TestSpokenTimes(t *testing.T) {
	t.Parallel()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{
		"en": "7 October, 9 hours 6 minutes, Karachi time", "zh": "10月7日，9点6分，Karachi时间", "ru": "7 октября, 9 часов 6 минут, местное время города Karachi",
		"fr": "7 octobre, 9 heures 6 minutes, heure de Karachi", "sw": "tarehe 7 Oktoba, saa 9 na dakika 6 kwa mfumo wa saa 24, saa za Karachi",
	} {
		if got := book.For(lang).Spoken(at, "Asia/Karachi"); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

// TestDigest tells several warnings in one message, in every language and form.
func TestDigest(t *testing.T) {
	t.Parallel()
	w := words(t, Able(abilities))
	for _, lang := range phrase.MessageLanguages() {
		for _, channel := range []string{"email", "sms", "voice", "slack", "webhook"} {
			b := Batch{Key: "ntf_d", Org: "org_1", Channel: channel, Address: "x", Flood: channel == "sms", At: at, Contact: portfolio.Contact{ID: "con_1", Name: "S. Raza", Language: lang, Zone: "UTC"}}
			for i, h := range []event.Hazard{event.Flood, event.Earthquake, event.Conflict, event.Heat} {
				_, f := alarm()
				f.Warning.ID, f.Warning.Hazard, f.Warning.Level, f.Warning.TLP = fmt.Sprintf("wrn_%d", i), h, level.Level(1+i%2), ""
				f.Warning.Events = []warning.EventRef{{ID: "evt"}}
				if h == event.Heat {
					f.Warning.State, f.Warning.Reason = warning.Ended, warning.SourceEnded
				}
				if h == event.Conflict {
					f.Warning.TLP = "RED"
				}
				b.Items = append(b.Items, Item{f.Warning, f.Project})
			}
			m, err := w.Digest(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			s := w.book.For(lang)
			first, _, _ := strings.Cut(phrase.Bare(m.Text), "\n")
			for _, want := range []string{"4", s.Hazard(event.Earthquake), "Camp 2", "04:06", strings.TrimRight(s.Do(b.Items[1].Warning)[0], ".。")} {
				if !strings.Contains(first, want) {
					t.Errorf("%s %s: the first line lacks %q: %s", lang, channel, want, first)
				}
			}
			all := m.Subject + m.Text + m.HTML + m.Short + strings.Join(m.Lines, "\n") + strings.Join(m.Voice, "\n")
			if strings.ContainsAny(all, "⟦⟧") || strings.Contains(all, "{{") || strings.Contains(all, s.Hazard(event.Conflict)) || !strings.Contains(all, s.Hazard(event.Flood)) || !strings.Contains(m.HTML, s.Hazard(event.Flood)) {
				t.Errorf("%s %s:\n%s", lang, channel, m.Text)
			}
			if strings.Count(m.Text, "https://watch.example.org/a/") != 3 || m.Level != level.Orange || m.TLP != "RED" || m.Warning.ID != "" {
				t.Errorf("%s %s: links, level or label:\n%s", lang, channel, m.Text)
			}
			if _, segments, _, _ := segment.Count(m.Short); segments != 1 || !strings.Contains(m.Short, "+3") {
				t.Errorf("%s: %q", lang, m.Short)
			}
			wellFormed(t, m.HTML)
		}
	}
	if _, err := w.Digest(t.Context(), Batch{}); !errors.Is(err, phrase.ErrIncomplete) {
		t.Errorf("an empty digest: %v", err)
	}
}
