package response_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func contact(code string, step int, channels ...string) portfolio.Contact {
	c := portfolio.Contact{ID: code, Code: code, Project: "p", Step: step}
	for _, ch := range channels {
		c.Channels = append(c.Channels, portfolio.Address{Channel: ch, Address: code + "@example.org"})
	}
	return c
}

func folio() portfolio.Portfolio {
	far := contact("far", 1, "email")
	far.Project = "q"
	return portfolio.Portfolio{
		Projects: []portfolio.Project{{ID: "p"}, {ID: "q"}},
		Contacts: []portfolio.Contact{contact("ann", 1, "email"), contact("ben", 2, "email", "webhook"), contact("cho", 3, "email"), far},
	}
}

func muted(contacts ...string) response.Mutes {
	var out response.Mutes
	for _, c := range contacts {
		out = append(out, response.Mute{Contact: c, Project: "p", Channel: "email", Since: noon.Add(-time.Hour), Until: noon.Add(time.Hour)})
	}
	return out
}

// said writes who is told and who is spared: "ann, (ben)".
func said(list []response.Notification) string {
	out := make([]string, 0, len(list))
	for _, n := range list {
		text := n.Contact + "/" + n.Channel
		if n.State == response.Muted {
			text = "(" + text + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

// TestWhomAMuteSpares is the table that a duty officer can check: a mute spares its contact
// below red, and never leaves a warning with nobody who was asked.
func TestWhomAMuteSpares(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		level level.Level
		help  bool
		mutes response.Mutes
		at    time.Time
		asked []response.Asked
		want  string
		state string
	}{
		{"nobody muted", level.Orange, false, nil, noon, nil, "ann/email", response.Running},
		{"first muted, the next is told at once", level.Orange, false, muted("ann"), noon, nil, "(ann/email) ben/email ben/webhook", response.Running},
		{"yellow too, though it never escalates", level.Yellow, false, muted("ann"), noon, nil, "(ann/email) ben/email ben/webhook", response.Running},
		{"another channel still reaches", level.Orange, false, muted("ann", "ben"), noon, nil, "(ann/email) (ben/email) ben/webhook", response.Running},
		{"red overrides", level.Red, false, muted("ann", "ben", "cho"), noon, nil, "ann/email", response.Running},
		{"an emergency overrides", level.Orange, true, muted("ann"), noon, nil, "ann/email", response.Running},
		{"after its end", level.Orange, false, muted("ann"), noon.Add(time.Hour), nil, "ann/email", response.Running},
		{"a mute of another project", level.Orange, false, response.Mutes{{Contact: "ann", Project: "q", Channel: "email", Until: noon.Add(time.Hour)}}, noon, nil, "ann/email", response.Running},
		{"who was spared before was not told before", level.Orange, false, nil, noon, []response.Asked{{Contact: "ben", Step: 2, Channel: "email", State: response.Muted}}, "ann/email", response.Running},
		{"who was told before is told again", level.Orange, false, nil, noon, []response.Asked{{Contact: "ben", Step: 2, Channel: "email", State: response.Sent}}, "ann/email ben/email ben/webhook", response.Running},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := warning.Warning{ID: "w", Project: "p", Level: tt.level, Emergency: tt.help, At: tt.at, State: warning.Issued, Revision: 2}
			got, esc := response.Plan(w, response.PeopleFor(folio(), w, tt.mutes), tt.asked, response.DefaultWaits())
			if said(got) != tt.want || esc.State != tt.state {
				t.Errorf("told %q, escalation %s; want %q, %s", said(got), esc.State, tt.want, tt.state)
			}
		})
	}
}

func TestNobodyLeftIsExhaustedAtOnce(t *testing.T) {
	t.Parallel()
	p := folio()
	p.Contacts[1].Channels = p.Contacts[1].Channels[:1]
	mutes := muted("ann", "ben", "cho")
	w := warning.Warning{ID: "w", Project: "p", Level: level.Orange, At: noon, State: warning.Issued, Revision: 1}
	who := response.PeopleFor(p, w, mutes)
	got, esc := response.Plan(w, who, nil, response.DefaultWaits())
	if said(got) != "(ann/email) (ben/email) (cho/email)" || esc.State != response.Exhausted || !esc.Due.IsZero() {
		t.Errorf("told %q, %+v", said(got), esc)
	}
	if who.Reaches(w, noon) {
		t.Error("it is said to reach somebody")
	}
	if w.Level = level.Red; !who.Reaches(w, noon) {
		t.Error("a red is said to reach nobody")
	}
}

func TestEscalationPassesOverTheMuted(t *testing.T) {
	t.Parallel()
	p := folio()
	p.Contacts[1].Channels = p.Contacts[1].Channels[:1]
	w := warning.Warning{ID: "w", Project: "p", Level: level.Orange, At: noon, State: warning.Issued, Revision: 1}
	who := response.PeopleFor(p, w, muted("ben"))
	got, esc := response.Next(w, who, response.EscalationState{Warning: "w", Step: 1}, noon, response.DefaultWaits())
	if said(got) != "(ben/email) cho/email" || esc.Step != 3 || esc.State != response.Running || !esc.Due.Equal(noon.Add(15*time.Minute)) {
		t.Errorf("told %q, %+v", said(got), esc)
	}
	if c, ok := who.After(w, response.EscalationState{Step: 1}, noon); !ok || c.Code != "cho" {
		t.Errorf("next is %+v, want cho", c)
	}
	got, esc = response.Next(w, who, esc, noon, response.DefaultWaits())
	if len(got) != 0 || esc.State != response.Exhausted {
		t.Errorf("after the last: told %q, %+v", said(got), esc)
	}
}

// TestTheEndGoesToWhomTheAlarmReached: a mute changes nothing about it, and who was only
// ever spared hears of no end of what they never heard of.
func TestTheEndGoesToWhomTheAlarmReached(t *testing.T) {
	t.Parallel()
	w := warning.Warning{ID: "w", Project: "p", Level: level.Orange, At: noon, State: warning.Ended, AllClear: true, Revision: 4}
	asked := []response.Asked{
		{Contact: "ann", Step: 1, Channel: "email", Address: "a", State: response.Sent},
		{Contact: "ann", Step: 1, Channel: "email", Address: "a", State: response.Muted},
		{Contact: "ben", Step: 2, Channel: "email", Address: "b", State: response.Muted},
		{Contact: "cho", Step: 3, Channel: "email", Address: "c", State: response.Muted},
		{Contact: "cho", Step: 3, Channel: "email", Address: "c", State: response.Delivered},
	}
	got, esc := response.Plan(w, response.PeopleFor(folio(), w, muted("ann", "cho")), asked, response.DefaultWaits())
	if said(got) != "ann/email cho/email" || esc.State != response.Closed {
		t.Errorf("told %q, %+v", said(got), esc)
	}
}

// TestARuleReachesWhomItNames, also when the contact belongs to another project.
func TestARuleReachesWhomItNames(t *testing.T) {
	t.Parallel()
	w := warning.Warning{ID: "w", Project: "p", Level: level.Orange, At: noon, State: warning.Issued, Revision: 1, Route: []string{"cho", "far", "nobody"}}
	got, esc := response.Plan(w, response.PeopleFor(folio(), w, nil), nil, response.DefaultWaits())
	if said(got) != "ann/email cho/email far/email" || esc.Step != 1 {
		t.Errorf("told %q, %+v", said(got), esc)
	}
	again, _ := response.Plan(w, response.PeopleFor(folio(), w, nil), nil, response.DefaultWaits())
	if fmt.Sprint(again) != fmt.Sprint(got) {
		t.Error("the same question gives other notifications")
	}
}
