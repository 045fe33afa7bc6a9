package rota

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

func person(code string) Member { return Member{Contact: code} }

func at(t *testing.T, zone, wall string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	got, err := time.ParseInLocation("2006-01-02 15:04", wall, loc)
	if err != nil {
		t.Fatal(err)
	}
	return got.UTC()
}

// office is a rota that uses everything: days and nights in Karachi, a holiday layer.
func office() Book {
	return Book{Org: "o", Rotas: []Rota{{
		Code: "duty", Name: "Duty officers", Zone: "Asia/Karachi",
		Layers: []Layer{
			{Name: "round", Members: []Member{person("ann"), person("ben")}, Start: "2026-03-02", HandOver: []string{"06:00", "18:00"}, Length: 1, Unit: Days},
			{Name: "weekend nights", Members: []Member{person("cho")}, Start: "2026-03-02", HandOver: []string{"00:00"}, Length: 1, Unit: Weeks, Windows: []Window{{Days: []string{"fri", "sat"}, From: "22:00", To: "04:00"}}},
			{Name: "holidays", Members: []Member{person("dai")}, Start: "2026-01-01", HandOver: []string{"00:00"}, Length: 1, Unit: Weeks, Holidays: true},
		},
		Holidays: []Holiday{{Date: "2026-03-23", Name: "Pakistan Day"}},
	}}}
}

// TestWhoIsOnDuty is the table that a duty officer can check.
func TestWhoIsOnDuty(t *testing.T) {
	t.Parallel()
	b := office()
	b.Overrides = []Override{{ID: "o1", Rota: "duty", From: at(t, "Asia/Karachi", "2026-03-10 08:00"), To: at(t, "Asia/Karachi", "2026-03-10 10:00"), Member: person("eve")}}
	b.Absences = []Absence{
		{ID: "a1", Member: person("ann"), From: at(t, "Asia/Karachi", "2026-03-12 00:00"), To: at(t, "Asia/Karachi", "2026-03-14 00:00"), Deputy: person("fay")},
		{ID: "a2", Member: person("fay"), From: at(t, "Asia/Karachi", "2026-03-13 00:00"), To: at(t, "Asia/Karachi", "2026-03-14 00:00"), Deputy: person("gus")},
		{ID: "a3", Member: person("cho"), From: at(t, "Asia/Karachi", "2026-03-20 00:00"), To: at(t, "Asia/Karachi", "2026-03-22 00:00")},
		{ID: "a4", Member: person("ben"), From: at(t, "Asia/Karachi", "2026-04-01 00:00"), To: at(t, "Asia/Karachi", "2026-04-02 00:00"), Deputy: person("hal")},
		{ID: "a5", Member: person("hal"), From: at(t, "Asia/Karachi", "2026-04-01 00:00"), To: at(t, "Asia/Karachi", "2026-04-02 00:00"), Deputy: person("ben")},
	}
	for _, tt := range []struct{ name, wall, want string }{
		{"before the start", "2026-03-02 05:59", ""},
		{"the first hand-over", "2026-03-02 06:00", "ann"},
		{"the night", "2026-03-02 18:00", "ben"},
		{"until the next morning", "2026-03-03 05:59", "ben"},
		{"the next day", "2026-03-03 06:00", "ann"},
		{"Friday late: the layer above", "2026-03-06 22:00", "cho"},
		{"over midnight it is still Friday's window", "2026-03-07 03:59", "cho"},
		{"its end", "2026-03-07 04:00", "ben"},
		{"Sunday 03:00 belongs to Saturday's window", "2026-03-08 03:00", "cho"},
		{"Thursday late has none", "2026-03-05 23:00", "ben"},
		{"an override", "2026-03-10 08:00", "eve"},
		{"its end", "2026-03-10 10:00", "ann"},
		{"on leave: the deputy", "2026-03-12 12:00", "fay"},
		{"the deputy on leave too: the deputy's deputy", "2026-03-13 12:00", "gus"},
		{"away without deputy: the layer below", "2026-03-21 02:00", "ben"},
		{"a holiday", "2026-03-23 12:00", "dai"},
		{"the day after", "2026-03-24 12:00", "ann"},
		{"two who stand in for one another are nobody", "2026-04-01 20:00", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := b.OnDuty("duty", at(t, "Asia/Karachi", tt.wall)); got.Member.Contact != tt.want {
				t.Errorf("%s: %q of layer %q, want %q", tt.wall, got.Member.Contact, got.Layer, tt.want)
			}
		})
	}
	p, err := b.Ready("duty")
	if err != nil {
		t.Fatal(err)
	}
	s := p.Shift(at(t, "Asia/Karachi", "2026-03-12 12:00"))
	if s.InsteadOf != person("ann") || s.Absence != "a1" || !s.From.Equal(at(t, "Asia/Karachi", "2026-03-12 06:00")) || !s.To.Equal(at(t, "Asia/Karachi", "2026-03-12 18:00")) {
		t.Errorf("the deputy's shift: %+v", s)
	}
	gaps := p.Gaps(at(t, "Asia/Karachi", "2026-03-30 00:00"), at(t, "Asia/Karachi", "2026-04-05 00:00"))
	if len(gaps) != 2 || !gaps[0].From.Equal(at(t, "Asia/Karachi", "2026-04-01 00:00")) || !gaps[0].To.Equal(at(t, "Asia/Karachi", "2026-04-01 06:00")) {
		t.Errorf("gaps: %+v", gaps)
	}
}

func TestFollowTheSun(t *testing.T) {
	t.Parallel()
	office := func(name, zone, from, to string) Layer {
		return Layer{Name: name, Zone: zone, Members: []Member{person(name)}, Start: "2026-01-01", HandOver: []string{"00:00"}, Length: 1, Unit: Weeks, Windows: []Window{{From: from, To: to}}}
	}
	b := Book{Rotas: []Rota{{Code: "sun", Name: "Sun", Zone: "UTC", Layers: []Layer{
		office("beijing", "Asia/Shanghai", "08:00", "16:00"), office("london", "Europe/London", "08:00", "16:00"), office("lima", "America/Lima", "11:00", "19:00"),
	}}}}
	p, err := b.Ready("sun")
	if err != nil {
		t.Fatal(err)
	}
	day := func(month time.Month) time.Time { return time.Date(2026, month, 10, 0, 0, 0, 0, time.UTC) }
	if gaps := p.Gaps(day(1), day(1).Add(48*time.Hour)); len(gaps) != 0 {
		t.Errorf("winter: %+v", gaps)
	}
	gaps := p.Gaps(day(7), day(7).Add(24*time.Hour)) // London's clock is forward: an hour is missing at its end
	if len(gaps) != 1 || !gaps[0].From.Equal(day(7).Add(15*time.Hour)) || !gaps[0].To.Equal(day(7).Add(16*time.Hour)) {
		t.Errorf("summer: %+v", gaps)
	}
	if s := p.At(day(7).Add(7 * time.Hour)); s.Layer != "london" { // the upper layer where two overlap
		t.Errorf("overlap: %+v", s)
	}
}

func TestSwap(t *testing.T) {
	t.Parallel()
	b := office()
	from, to := at(t, "Asia/Karachi", "2026-03-10 06:00"), at(t, "Asia/Karachi", "2026-03-10 18:00")
	ask := Swap{ID: "s1", Rota: "duty", Asker: person("ann"), Other: person("ben"), From: from, To: to, Back: to, BackTo: to.Add(4 * time.Hour), At: from.Add(-24 * time.Hour)}
	if _, err := b.AskSwap(Swap{ID: "s2", Rota: "duty", Asker: person("ben"), Other: person("ann"), From: from, To: to}); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("a swap of another's duty: %v", err)
	}
	asked, err := b.AskSwap(ask)
	if err != nil {
		t.Fatal(err)
	}
	if got := asked.OnDuty("duty", from); got.Member != person("ann") {
		t.Errorf("asking alone moved duty to %s", got.Member)
	}
	if _, err := asked.AnswerSwap("s1", person("ann"), Accepted, ask.At, "ann"); !errors.Is(err, fault.ErrForbidden) {
		t.Errorf("the asker accepted: %v", err)
	}
	done, err := asked.AnswerSwap("s1", person("ben"), Accepted, ask.At, "ben")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := done.OnDuty("duty", from).Member, done.OnDuty("duty", to).Member; a != person("ben") || b != person("ann") {
		t.Errorf("swapped: %s, then %s", a, b)
	}
	if len(asked.Overrides) != 0 || asked.Swaps[0].State != Asked {
		t.Error("the earlier book was changed in place")
	}
	if _, err := done.AnswerSwap("s1", person("ben"), Declined, ask.At, "ben"); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("answered twice: %v", err)
	}
	asked.Overrides = []Override{{ID: "x", Rota: "duty", From: from, To: to, Member: person("eve")}}
	if _, err := asked.AnswerSwap("s1", person("ben"), Accepted, ask.At, "ben"); !errors.Is(err, fault.ErrConflict) {
		t.Errorf("accepted though the asker has no duty any more: %v", err)
	}
}

func TestWhichPolicy(t *testing.T) {
	t.Parallel()
	b := Book{Policies: []Policy{
		{Code: "all", From: level.Yellow}, {Code: "all-red", From: level.Red}, {Code: "port", From: level.Orange, Projects: []string{"port"}},
	}}
	for _, tt := range []struct {
		project string
		level   level.Level
		want    string
	}{
		{"rail", level.Yellow, "all"},
		{"rail", level.Orange, "all"},
		{"rail", level.Red, "all-red"},
		{"port", level.Yellow, "all"},
		{"port", level.Orange, "port"},
		{"port", level.Red, "port"},
	} {
		if p, _ := b.PolicyFor(tt.project, tt.level); p.Code != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.project, tt.level, p.Code, tt.want)
		}
	}
	if _, ok := (Book{}).PolicyFor("rail", level.Red); ok {
		t.Error("a policy out of nothing")
	}
}

func TestHowLongAnAcknowledgementBinds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		level level.Level
		wish  time.Duration
		want  time.Duration
	}{
		{level.Red, 0, 30 * time.Minute},
		{level.Orange, 0, 2 * time.Hour},
		{level.Red, time.Hour, time.Hour},
		{level.Red, 24 * time.Hour, 2 * time.Hour},
		{level.Orange, time.Second, 5 * time.Minute},
		{level.Orange, 100 * time.Hour, 8 * time.Hour},
	} {
		if got := (Bounds{}).AckFor(tt.level, tt.wish); got != tt.want {
			t.Errorf("%s, wish %s: %s, want %s", tt.level, tt.wish, got, tt.want)
		}
	}
}

func TestWhatIsWrongInABook(t *testing.T) {
	t.Parallel()
	known := Known{Contacts: map[string]bool{"ann": true, "ben": true, "cho": true, "dai": true}, Accounts: map[string]bool{}, Projects: map[string]bool{"port": true}}
	if ps := office().Check(known); len(ps) != 0 {
		t.Fatalf("a sound book: %v", ps)
	}
	for name, tt := range map[string]struct {
		spoil func(*Book)
		want  string
	}{
		"zone":            {func(b *Book) { b.Rotas[0].Zone = "Local" }, "zone"},
		"layer zone":      {func(b *Book) { b.Rotas[0].Layers[0].Zone = "Mars/Base" }, "layer \"round\""},
		"time":            {func(b *Book) { b.Rotas[0].Layers[0].HandOver = []string{"6:00"} }, "hand-over time"},
		"no hand-over":    {func(b *Book) { b.Rotas[0].Layers[0].HandOver = nil }, "hand-over"},
		"date":            {func(b *Book) { b.Rotas[0].Layers[0].Start = "2.3.2026" }, "start"},
		"length":          {func(b *Book) { b.Rotas[0].Layers[0].Length = 0 }, "length"},
		"unit":            {func(b *Book) { b.Rotas[0].Layers[0].Unit = "moons" }, "length"},
		"day":             {func(b *Book) { b.Rotas[0].Layers[1].Windows[0].Days = []string{"Friday"} }, "mon to sun"},
		"stranger":        {func(b *Book) { b.Rotas[0].Layers[0].Members[0] = person("zoe") }, `"zoe"`},
		"two at once":     {func(b *Book) { b.Rotas[0].Layers[0].Members[0].Account = "acc" }, "not both"},
		"code twice":      {func(b *Book) { b.Rotas = append(b.Rotas, b.Rotas[0]) }, "taken"},
		"bad code":        {func(b *Book) { b.Rotas[0].Code = "Duty Officers" }, "small letters"},
		"holiday":         {func(b *Book) { b.Rotas[0].Holidays[0].Date = "23 March" }, "holiday"},
		"override's rota": {func(b *Book) { b.Overrides = []Override{{Rota: "x", Member: person("ann"), To: time.Unix(9, 0)}} }, "no rota"},
		"own deputy": {func(b *Book) {
			b.Absences = []Absence{{Member: person("ann"), Deputy: person("ann"), From: time.Unix(0, 0), To: time.Unix(9, 0)}}
		}, "own deputy"},
		"policy": {func(b *Book) {
			b.Policies = []Policy{{Code: "p", From: level.Yellow, Steps: []Step{{Targets: []Target{{Rota: "x"}}}}}}
		}, `"x"`},
		"policy step": {func(b *Book) { b.Policies = []Policy{{Code: "p", From: level.Yellow, Steps: []Step{{}}}} }, "nobody"},
		"policy project": {func(b *Book) {
			b.Policies = []Policy{{Code: "p", From: level.Yellow, Projects: []string{"rail"}, Steps: []Step{{Targets: []Target{{Step: 1}}}}}}
		}, `"rail"`},
	} {
		b := office()
		tt.spoil(&b)
		err := error(b.Check(known))
		if !errors.Is(err, fault.ErrInvalid) || !strings.Contains(fmt.Sprint(b.Check(known)), tt.want) {
			t.Errorf("%s: %v, want %q", name, b.Check(known), tt.want)
		}
	}
}

func TestWhenPeopleSay(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Karachi")
	if err != nil {
		t.Fatal(err)
	}
	now := at(t, "Asia/Karachi", "2026-03-05 12:00") // a Thursday
	for said, want := range map[string]string{
		"Sunday 03:00": "2026-03-08 03:00", "sun 03:00": "2026-03-08 03:00", "Thursday 11:00": "2026-03-12 11:00", "thu 12:00": "2026-03-05 12:00",
		"03:00": "2026-03-06 03:00", "13:00": "2026-03-05 13:00", "tomorrow 09:30": "2026-03-06 09:30", " today  09:30 ": "2026-03-05 09:30",
		"2026-03-08 03:00": "2026-03-08 03:00", "2026-03-08T03:00": "2026-03-08 03:00", "2026-03-07T22:00:00Z": "2026-03-08 03:00", "": "2026-03-05 12:00",
	} {
		if got, err := ParseAt(said, now, zone); err != nil || !got.Equal(at(t, "Asia/Karachi", want)) {
			t.Errorf("%q: %s, want %s (%v)", said, got.In(zone), want, err)
		}
	}
	for _, said := range []string{"s 03:00", "Sunday", "Sunday 25:00", "next week", "2026-02-30 03:00"} {
		if got, err := ParseAt(said, now, zone); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%q: %s, %v", said, got, err)
		}
	}
}

// TestWhatFormsWriteIsRead: each text form comes back as it was, and a slip names its line.
func TestWhatFormsWriteIsRead(t *testing.T) {
	t.Parallel()
	steps := "rota:duty, contact:ann, wait 5m\nrole:Crisis manager, step:2, wait 1h30m\ncontact:zoe"
	got, err := ParseSteps(steps)
	if err != nil || len(got) != 3 || got[0].Wait != 300 || got[1].Targets[1].Step != 2 || FormatSteps(got) != steps {
		t.Errorf("%+v, %v, %q", got, err, FormatSteps(got))
	}
	windows := "mon tue 08:00-20:00\nsat sun\n22:00-06:00"
	if w, err := ParseWindows(windows); err != nil || FormatWindows(w) != windows {
		t.Errorf("%+v, %v", w, err)
	}
	members := "contact:ann\naccount:acc_1"
	if m, err := ParseMembers("\r\n contact:ann \r\n\r\naccount:acc_1"); err != nil || FormatMembers(m) != members {
		t.Errorf("%+v, %v", m, err)
	}
	if h, err := ParseHolidays("2026-10-01 National Day"); err != nil || FormatHolidays(h) != "2026-10-01 National Day" {
		t.Errorf("%+v, %v", h, err)
	}
	for text, parse := range map[string]func(string) error{
		"rota:duty\nann":          func(s string) error { _, err := ParseSteps(s); return err },
		"rota:duty\nwait soon":    func(s string) error { _, err := ParseSteps(s); return err },
		"sat\nfunday 08:00-09:00": func(s string) error { _, err := ParseWindows(s); return err },
		"contact:a\nben":          func(s string) error { _, err := ParseMembers(s); return err },
		"2026-01-01 x\n1.1.2026":  func(s string) error { _, err := ParseHolidays(s); return err },
	} {
		if err := parse(text); !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
