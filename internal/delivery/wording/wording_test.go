package wording

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/exposure"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

var update = flag.Bool("update", false, "write the golden files anew")

// oneLink is a book of links that remembers nothing and asks for everything.
type oneLink struct{ err error }

func (o oneLink) Answer(_ context.Context, org, warning, contact string, expires time.Time) (string, error) {
	return fmt.Sprintf("https://watch.example.org/a/%s-%s-%s-%s", org, warning, contact, expires.UTC().Format("20060102T1504")), o.err
}

type following struct {
	name string
	err  error
}

func (f following) Next(context.Context, string, string, int) (string, error) { return f.name, f.err }

func words(t *testing.T, options ...Option) *Wording {
	t.Helper()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	return New(book, oneLink{}, "https://watch.example.org/", options...)
}

// at is the time of every revision here.
var at = deliverytest.Warning().At

// alarm is the first alarm of a red earthquake to the gate of a site.
func alarm() (delivery.Claimed, delivery.Facts) {
	w := deliverytest.Warning()
	c := delivery.Claimed{
		Notification: response.Notification{
			ID: "ntf_1", Org: w.Org, Warning: w.ID, Revision: w.Revision, Level: w.Level, Contact: "con_1", Step: 1,
			Channel: "email", Address: "gate@site.example", Purpose: response.Alarm, Due: w.At,
		},
		Queued: w.At.Add(time.Second), Tries: 1, First: true,
	}
	f := delivery.Facts{
		Warning: w, Project: deliverytest.Project(),
		Contact: portfolio.Contact{ID: "con_1", Code: "gate", Name: "S. Raza", Step: 1, Language: "en", Zone: "Asia/Karachi"},
	}
	return c, f
}

// cyclone makes an orange update that is still ahead, read far from the site.
func cyclone(c *delivery.Claimed, f *delivery.Facts) {
	w := &f.Warning
	w.Hazard, w.Family, w.Level, w.Cell, w.Revision, w.Reason, w.TLP = event.Cyclone, event.Cyclone, level.Orange, level.Orange, 4, warning.Changed, "AMBER"
	w.ETA, w.Until, w.P = at.Add(19*time.Hour), at.Add(31*time.Hour), level.P{1, 0.9, 0.6, 0.3, 0.02}
	w.Events = []warning.EventRef{{ID: "evt_2", Revision: 9, Title: "Cyclone BIPARJOY"}}
	w.Rows = w.Rows[:1]
	w.Rows[0].Name, w.Rows[0].How, w.Rows[0].DistanceKM = "Port Qasim yard", exposure.Inside, 0
	w.Rows[0].Intensity, w.Rows[0].Level, w.Rows[0].P, w.Rows[0].Source = exposure.Intensity{Value: 64, Unit: "kt", Sigma: 9}, level.Orange, w.P, "Emanuel 2011"
	f.Contact.Zone = "Europe/Berlin"
	c.Level, c.Revision, c.First = w.Level, 4, false
}

func closed(state warning.State, reason warning.Reason, note string) func(c *delivery.Claimed, f *delivery.Facts) {
	return func(c *delivery.Claimed, f *delivery.Facts) {
		f.Warning.State, f.Warning.Reason, f.Warning.Note, f.Warning.AllClear, f.Warning.Revision = state, reason, note, true, 7
		c.Purpose, c.First, c.Revision = response.AllClear, false, 7
	}
}

func cases() map[string]func(c *delivery.Claimed, f *delivery.Facts) {
	return map[string]func(c *delivery.Claimed, f *delivery.Facts){
		"red-alarm":     func(*delivery.Claimed, *delivery.Facts) {},
		"orange-update": cyclone,
		"escalation": func(c *delivery.Claimed, _ *delivery.Facts) {
			c.Purpose, c.Step, c.Queued = response.Escalation, 2, at.Add(5*time.Minute)
		},
		"ended":     closed(warning.Ended, warning.SourceEnded, ""),
		"cancelled": closed(warning.Cancelled, warning.PersonCancel, "Instrument test by the agency."),
		"expired":   closed(warning.Expired, warning.RanOut, ""),
		"tlp-red":   func(_ *delivery.Claimed, f *delivery.Facts) { f.Warning.TLP = "RED" },
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	w := words(t)
	for name, spoil := range cases() {
		for _, lang := range phrase.MessageLanguages() {
			if name != "red-alarm" && name != "ended" && !slices.Contains(phrase.Languages(), lang) {
				continue // the forms of the others stand in forms.LANGUAGE.txt
			}
			t.Run(name+"."+lang, func(t *testing.T) {
				t.Parallel()
				c, f := alarm()
				spoil(&c, &f)
				f.Contact.Language = lang
				m, err := w.Word(t.Context(), c, f)
				if err != nil {
					t.Fatal(err)
				}
				same(t, name+"."+lang+".txt", "Subject: "+m.Subject+"\n\n"+m.Text)
				if name == "red-alarm" && (lang == "en" || lang == "zh" || lang == "ar") {
					same(t, name+"."+lang+".html", m.HTML)
				}
				holds(t, m)
			})
		}
	}
}

func same(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

var remote = regexp.MustCompile(`(?i)<(img|script|link|iframe|object|svg)\b|url\(|@import|\bsrc=`)

// holds keeps what is true of every message.
func holds(t *testing.T, m delivery.Message) {
	t.Helper()
	for name, text := range map[string]string{"subject": m.Subject, "text": m.Text, "html": m.HTML} {
		if strings.TrimSpace(text) == "" || strings.Contains(text, "⟦") || strings.Contains(text, "{{") || strings.Contains(text, "<no value>") {
			t.Errorf("%s is half filled:\n%s", name, text)
		}
	}
	if strings.ContainsAny(m.Subject, "\r\n") {
		t.Errorf("subject has two lines: %q", m.Subject)
	}
	if found := remote.FindString(m.HTML); found != "" {
		t.Errorf("the HTML holds %s", found)
	}
	if !strings.Contains(m.HTML, m.PageURL) || !strings.Contains(m.Text, m.PageURL) {
		t.Error("the link to the page is missing")
	}
	if active := warning.Active(m.Warning); active != (m.AnswerURL != "") || active != strings.Contains(m.Text, "/a/") {
		t.Errorf("answer link %q of a warning that is %s", m.AnswerURL, m.Warning.State)
	}
	wellFormed(t, m.HTML)
}

// wellFormed reads the HTML with its void elements closed: every other tag must be too.
func wellFormed(t *testing.T, html string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if depth != 0 {
				t.Errorf("%d elements stay open", depth)
			}
			return
		}
		if err != nil {
			t.Fatalf("the HTML is broken: %v", err)
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
}

func TestMessageCarriesWhatChannelsNeed(t *testing.T) {
	t.Parallel()
	c, f := alarm()
	m, err := words(t).Word(t.Context(), c, f)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{m.Key, m.Org, m.Address, string(m.Purpose), m.Language, m.Thread, m.PageURL, m.AnswerURL, m.At.Format(time.TimeOnly)}
	want := []string{
		"ntf_1", "org_1", "gate@site.example", "alarm", "en", "wrn_1", "https://watch.example.org/warnings/wrn_1",
		"https://watch.example.org/a/org_1-wrn_1-con_1-20261008T0406", "04:06:03",
	}
	if diff := cmp.Diff(want, got); diff != "" || !m.First || m.Level != level.Red {
		t.Errorf("(-want +got):\n%s", diff)
	}
	c.Tries, c.Due = 4, at.Add(time.Hour)
	again, err := words(t).Word(t.Context(), c, f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m, again); diff != "" {
		t.Errorf("the fourth attempt says something else:\n%s", diff)
	}
}

func TestWhatHappensIfNobodyAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		options []Option
		spoil   func(c *delivery.Claimed, f *delivery.Facts)
		want    string
	}{
		{nil, func(*delivery.Claimed, *delivery.Facts) {}, "by 09:11 Karachi (UTC+5), the next in line"},
		{nil, cases()["escalation"], "by 09:16 Karachi (UTC+5), the next in line"},
		{[]Option{Following(following{name: "M. Khan"})}, func(*delivery.Claimed, *delivery.Facts) {}, "by 09:11 Karachi (UTC+5), M. Khan is told"},
		{[]Option{Following(following{})}, func(*delivery.Claimed, *delivery.Facts) {}, "You are the last in line"},
		{[]Option{Waits(response.Waits{level.Red: time.Hour})}, func(*delivery.Claimed, *delivery.Facts) {}, "by 10:06 Karachi"},
		{nil, func(_ *delivery.Claimed, f *delivery.Facts) { f.Warning.Level = level.Yellow }, "waits for no answer"},
	} {
		c, f := alarm()
		tt.spoil(&c, &f)
		m, err := words(t, tt.options...).Word(t.Context(), c, f)
		if err != nil || !strings.Contains(m.Text, tt.want) || !strings.Contains(strings.ReplaceAll(m.HTML, "&#43;", "+"), tt.want) {
			t.Errorf("%q is missing: %v\n%s", tt.want, err, m.Text)
		}
	}
}

// TestOverWithdrawnAndExpiredShareNoSentence keeps apart what must never be confused.
func TestOverWithdrawnAndExpiredShareNoSentence(t *testing.T) {
	t.Parallel()
	w := words(t)
	for _, lang := range phrase.MessageLanguages() {
		seen := map[string]string{}
		for _, name := range []string{"ended", "cancelled", "expired"} {
			c, f := alarm()
			cases()[name](&c, &f)
			f.Contact.Language = lang
			m, err := w.Word(t.Context(), c, f)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(m.Text, "83") || strings.Contains(m.Text, "MMI") {
				t.Errorf("%s tells old chances as if they held:\n%s", name, m.Text)
			}
			lines := strings.Split(m.Text, "\n")
			for _, line := range []string{m.Subject, lines[0], lines[1], lines[4]} {
				if other, twice := seen[line]; twice {
					t.Errorf("%s: %s and %s share %q", lang, other, name, line)
				}
				seen[line] = name
			}
		}
	}
}

func TestRedLabelKeepsTheContentBack(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"red-alarm", "escalation", "ended", "orange-update"} {
		c, f := alarm()
		cases()[name](&c, &f)
		f.Warning.TLP, c.Channel = "red", "email"
		m, err := words(t).Word(t.Context(), c, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, held := range []string{"Camp 2", "Qasim", "arthquake", "yclone", "6.9", "Allen", "MMI"} {
			if all := m.Subject + m.Text + m.HTML; strings.Contains(all, held) {
				t.Errorf("%s: TLP:RED tells %q:\n%s", name, held, m.Text)
			}
		}
		if !strings.Contains(m.Subject, "TLP:RED") {
			t.Errorf("%s: subject %q", name, m.Subject)
		}
		holds(t, m)
	}
}

func TestMachinesGetNoNamesOfPersons(t *testing.T) {
	t.Parallel()
	for channel, told := range map[string]bool{"email": true, "webhook": false} {
		c, f := alarm()
		c.Channel = channel
		f.Warning.Rows[0], f.Warning.Rows[1] = f.Warning.Rows[1], f.Warning.Rows[0]
		m, err := words(t).Word(t.Context(), c, f)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(m.Subject+m.Text+m.HTML, "Surveyor"); got != told {
			t.Errorf("%s: name told: %v", channel, got)
		}
	}
}

func TestManyPlacesAreCut(t *testing.T) {
	t.Parallel()
	c, f := alarm()
	for i := range 500 {
		r := f.Warning.Rows[0]
		r.Asset, r.Name = fmt.Sprintf("ast_x%d", i), fmt.Sprintf("Site %d", i)
		f.Warning.Rows = append(f.Warning.Rows, r)
	}
	m, err := words(t, Simulated()).Word(t.Context(), c, f)
	if err != nil || !strings.Contains(m.Text, "and 482 more, on the page") || len(m.Text) > 10_000 {
		t.Errorf("%v, %d bytes", err, len(m.Text))
	}
	if !strings.Contains(m.Text, "Simulated") || !strings.Contains(m.HTML, "Simulated") {
		t.Error("nothing says that it is a demonstration")
	}
}

func TestNeverHalfFilled(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(f *delivery.Facts){
		"no project": func(f *delivery.Facts) { f.Project.Name = "" },
		"no hazard":  func(f *delivery.Facts) { f.Warning.Hazard = "" },
		"no rows":    func(f *delivery.Facts) { f.Warning.Rows, f.Warning.Events = nil, nil },
		"no time":    func(f *delivery.Facts) { f.Warning.At = time.Time{} },
		"odd state":  func(f *delivery.Facts) { f.Warning.State = "lost" },
	} {
		c, f := alarm()
		spoil(&f)
		m, err := words(t).Word(t.Context(), c, f)
		if !errors.Is(err, phrase.ErrIncomplete) || m.Text != "" || m.Subject != "" {
			t.Errorf("%s: %v\n%s", name, err, m.Text)
		}
	}
	c, f := alarm()
	w := words(t)
	w.links = oneLink{err: fault.ErrUnavailable}
	if m, err := w.Word(t.Context(), c, f); !errors.Is(err, fault.ErrUnavailable) || m.Text != "" {
		t.Errorf("no link: %v", err)
	}
	w = words(t, Following(following{err: fault.ErrUnavailable}))
	if m, err := w.Word(t.Context(), c, f); !errors.Is(err, fault.ErrUnavailable) || m.Text != "" {
		t.Errorf("no next: %v", err)
	}
}

func TestHostileTexts(t *testing.T) {
	t.Parallel()
	w := words(t)
	for _, h := range deliverytest.Hostile() {
		c, f := alarm()
		f.Project.Name, f.Contact.Name, f.Warning.Note = "P"+h, h, h
		f.Warning.Events[0].Title, f.Warning.Rows[0].Name, f.Warning.Rows[0].Source = h, h, h
		f.Warning.Hazard = event.Flood
		m, err := w.Word(t.Context(), c, f)
		if err != nil {
			t.Errorf("%.20q: %v", h, err)
			continue
		}
		if strings.ContainsAny(m.Subject, "\r\n\x00\u202e") || len([]rune(m.Subject)) > 700 {
			t.Errorf("%.20q: subject %.300q", h, m.Subject)
		}
		if strings.Contains(m.HTML, "<script") {
			t.Errorf("%.20q became markup", h)
		}
	}
}

func TestEveryHazardLevelStateAndLanguage(t *testing.T) {
	t.Parallel()
	w := words(t)
	for _, lang := range append(phrase.Languages(), "ar") { // TestMatrix words all nine
		for _, h := range event.Hazards() {
			for l := level.Yellow; l <= level.Red; l++ {
				for _, state := range []warning.State{warning.Draft, warning.Issued, warning.Ended, warning.Cancelled, warning.Expired} {
					c, f := alarm()
					f.Warning.Hazard, f.Warning.Level, f.Warning.State, f.Contact.Language = h, l, state, lang
					m, err := w.Word(t.Context(), c, f)
					if err != nil {
						t.Fatalf("%s %s %s %s: %v", lang, h, l, state, err)
					}
					holds(t, m)
				}
			}
		}
	}
}
