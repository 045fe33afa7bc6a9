package response_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
	"watchfire.dev/internal/warning"
)

// staffed is an organisation with a policy: the duty officer and the manager, then the
// crisis manager, gone through twice.
func staffed() (portfolio.Portfolio, response.Duty) {
	p := folio()
	p.Projects[0].Code, p.Projects[0].Zone = "port", "Asia/Karachi"
	p.Contacts[2].Role = "Crisis manager"
	book := rota.Book{
		Rotas: []rota.Rota{{Code: "duty", Name: "Duty", Zone: "Asia/Karachi", Layers: []rota.Layer{{
			Name: "round", Members: []rota.Member{{Contact: "ann"}, {Contact: "ben"}, {Account: "acc_eve"}}, Start: "2026-02-28",
			HandOver: []string{"06:00"}, Length: 1, Unit: rota.Days,
		}}}},
		Policies: []rota.Policy{{Code: "port", From: level.Orange, Repeat: 1, Steps: []rota.Step{
			{Targets: []rota.Target{{Rota: "duty"}}, Wait: 240},
			{Targets: []rota.Target{{Role: "crisis MANAGER"}, {Step: 2}}},
		}}},
	}
	eve := portfolio.Contact{ID: "acc_eve", Name: "Eve", Channels: []portfolio.Address{{Channel: "email", Address: "eve@example.org"}}}
	return p, response.Duty{Book: book, Accounts: []portfolio.Contact{eve}}
}

func orange(at time.Time) warning.Warning {
	return warning.Warning{ID: "w", Project: "p", Level: level.Orange, At: at, State: warning.Issued, Revision: 1}
}

// TestThePolicyIsGoneThrough step by step, several at once, and again, each time with ids of
// its own; the one on duty is whoever it is at that instant.
func TestThePolicyIsGoneThrough(t *testing.T) {
	t.Parallel()
	p, d := staffed() // noon UTC of 1 March is ben's day in Karachi
	ids := map[string]bool{}
	var got []string
	w := orange(noon)
	notes, esc := response.Plan(w, d.PeopleFor(p, w, noon), nil, response.DefaultWaits())
	for at := noon; ; {
		for _, n := range notes {
			if ids[n.ID] {
				t.Errorf("step %d, round %d: the id of %s came before", esc.Step, esc.Round, n.Contact)
			}
			ids[n.ID] = true
		}
		got = append(got, fmt.Sprintf("%s %s", at.Sub(noon), said(notes)))
		if esc.State != response.Running {
			break
		}
		at = esc.Due
		again, _ := response.Next(w, d.Prepare().PeopleFor(p, w, esc.Due), esc, esc.Due, response.DefaultWaits())
		notes, esc = response.Next(w, d.PeopleFor(p, w, esc.Due), esc, esc.Due, response.DefaultWaits())
		if fmt.Sprint(again) != fmt.Sprint(notes) {
			t.Error("the same question gives other notifications")
		}
		if esc.State == response.Exhausted {
			break
		}
	}
	want := "0s ben/email ben/webhook|4m0s cho/email ben/email ben/webhook|19m0s ben/email ben/webhook|23m0s cho/email ben/email ben/webhook"
	if strings.Join(got, "|") != want || esc.State != response.Exhausted {
		t.Errorf("%s\n%s\n%+v", strings.Join(got, "|"), want, esc)
	}
	tomorrow := noon.Add(24 * time.Hour)
	w = orange(tomorrow)
	if notes, _ = response.Plan(w, d.PeopleFor(p, w, tomorrow), nil, response.DefaultWaits()); said(notes) != "acc_eve/email" || notes[0].Address != "eve@example.org" {
		t.Errorf("an account on duty: %q", said(notes))
	}
	w.Level = level.Yellow // below the policy: the portfolio's own steps
	if notes, _ = response.Plan(w, d.PeopleFor(p, w, tomorrow), nil, response.DefaultWaits()); said(notes) != "ann/email" {
		t.Errorf("yellow: %q", said(notes))
	}
}

// TestAnEmptyStepIsPassedOver: a gap in the rota, a policy that names nobody.
func TestAnEmptyStepIsPassedOver(t *testing.T) {
	t.Parallel()
	p, d := staffed()
	d.Book.Rotas[0].Layers[0].Start = "2027-01-01"
	w := orange(noon)
	notes, esc := response.Plan(w, d.PeopleFor(p, w, noon), nil, response.DefaultWaits())
	if said(notes) != "cho/email ben/email ben/webhook" || esc.Step != 2 || !esc.Due.Equal(noon.Add(15*time.Minute)) {
		t.Errorf("%q %+v", said(notes), esc)
	}
	d.Book.Policies[0].Steps = d.Book.Policies[0].Steps[:1]
	if notes, _ = response.Plan(w, d.PeopleFor(p, w, noon), nil, response.DefaultWaits()); said(notes) != "ann/email" {
		t.Errorf("a policy without anybody silences: %q", said(notes))
	}
}

func TestAnAcknowledgementThatRanOutAsksAgain(t *testing.T) {
	t.Parallel()
	p, d := staffed()
	w := orange(noon)
	w.Revision = 2
	esc := response.EscalationState{Warning: "w", Revision: 1, Step: 2, Round: 1, State: response.Answered, By: "cho", Due: noon}
	notes, after := response.Wake(w, d.PeopleFor(p, w, noon), esc, noon, response.DefaultWaits())
	if said(notes) != "ben/email ben/webhook cho/email" || notes[0].Purpose != response.Overdue {
		t.Errorf("%q", said(notes))
	}
	if after.State != response.Running || after.Wake != 1 || after.Round != 0 || after.Step != 1 || !after.Due.Equal(noon.Add(4*time.Minute)) {
		t.Errorf("%+v", after)
	}
	second, _ := response.Wake(w, d.PeopleFor(p, w, noon), after, noon, response.DefaultWaits())
	if second[0].ID == notes[0].ID {
		t.Error("the second time has the id of the first")
	}
}

// fates is the table of what a receiver's choice does: what, when it is sent, why it waits.
func TestWhatAReceiverMayChoose(t *testing.T) {
	t.Parallel()
	night := response.Choice{Contact: "ann", Zone: "Asia/Karachi", Quiet: []rota.Window{{From: "22:00", To: "07:00"}}}
	at3 := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC) // 03:00 in Karachi
	at7 := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	daily := response.Choice{Contact: "ann", Zone: "Asia/Karachi", Digest: response.Daily, DigestAt: "08:00"}
	hourly := response.Choice{Contact: "ann", Zone: "Asia/Karachi", Digest: response.Hourly}
	both := night
	both.Digest = response.Hourly
	least := response.Choice{Contact: "ann", Least: []response.ChannelLeast{{Channel: "email", Level: level.Red}}}
	for _, tt := range []struct {
		name   string
		choice response.Choice
		snooze *response.Snooze
		floor  level.Level
		level  level.Level
		help   bool
		at     time.Time
		state  response.State
		due    time.Time
		held   response.Hold
	}{
		{"nothing chosen", response.Choice{Contact: "ann"}, nil, 0, level.Yellow, false, at3, response.Pending, at3, ""},
		{"quiet hours in the receiver's zone", night, nil, 0, level.Orange, false, at3, response.Pending, at7, response.HeldQuiet},
		{"outside of them", night, nil, 0, level.Orange, false, at7, response.Pending, at7, ""},
		{"red overrides", night, nil, 0, level.Red, false, at3, response.Pending, at3, ""},
		{"an emergency overrides", night, nil, 0, level.Yellow, true, at3, response.Pending, at3, ""},
		{"the organisation's floor overrides", night, nil, level.Orange, level.Orange, false, at3, response.Pending, at3, ""},
		{"below the floor they hold", night, nil, level.Orange, level.Yellow, false, at3, response.Pending, at7, response.HeldQuiet},
		{"a daily digest of yellow", daily, nil, 0, level.Yellow, false, at3, response.Held, time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC), response.HeldGroup},
		{"an orange comes by itself", daily, nil, 0, level.Orange, false, at3, response.Pending, at3, ""},
		{"an hourly digest", hourly, nil, 0, level.Yellow, false, at3.Add(time.Minute), response.Held, at3.Add(time.Hour), response.HeldGroup},
		{"an hourly digest waits for the end of the night", both, nil, 0, level.Yellow, false, at3, response.Held, at7, response.HeldGroup},
		{"a lowest level", least, nil, 0, level.Orange, false, noon, response.Muted, noon, response.HeldLeast},
		{"red always goes", least, nil, 0, level.Red, false, noon, response.Pending, noon, ""},
		{"snoozed", response.Choice{}, &response.Snooze{Contact: "ann", Warning: "w", Level: level.Orange, Since: noon.Add(-time.Hour), Until: noon.Add(time.Hour)}, 0, level.Orange, false, noon, response.Pending, noon.Add(time.Hour), response.HeldNap},
		{"it rose", response.Choice{}, &response.Snooze{Contact: "ann", Warning: "w", Level: level.Yellow, Since: noon.Add(-time.Hour), Until: noon.Add(time.Hour)}, 0, level.Orange, false, noon, response.Pending, noon, ""},
		{"the snooze is over", response.Choice{}, &response.Snooze{Contact: "ann", Warning: "w", Level: level.Orange, Since: noon.Add(-time.Hour), Until: noon}, 0, level.Orange, false, noon, response.Pending, noon, ""},
		{"another warning is snoozed", response.Choice{}, &response.Snooze{Contact: "ann", Warning: "v", Level: level.Orange, Since: noon.Add(-time.Hour), Until: noon.Add(time.Hour)}, 0, level.Orange, false, noon, response.Pending, noon, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := folio()
			p.Contacts = p.Contacts[:1]
			d := response.Duty{Choices: []response.Choice{tt.choice}, Book: rota.Book{Bounds: rota.Bounds{Floor: tt.floor}}}
			if tt.snooze != nil {
				d.Snoozes = append(d.Snoozes, *tt.snooze)
			}
			w := warning.Warning{ID: "w", Project: "p", Level: tt.level, Emergency: tt.help, At: tt.at, State: warning.Issued, Revision: 1}
			notes, _ := response.Plan(w, d.PeopleFor(p, w, tt.at), nil, response.DefaultWaits())
			if n := notes[0]; n.State != tt.state || !n.Due.Equal(tt.due) || n.Held != tt.held {
				t.Errorf("%s %s %q, want %s %s %q", n.State, n.Due, n.Held, tt.state, tt.due, tt.held)
			}
			if digests := slices.DeleteFunc(notes, func(n response.Notification) bool { return n.Purpose != response.Digest }); (len(digests) == 1) != (tt.state == response.Held) {
				t.Errorf("%d digests", len(digests))
			}
		})
	}
}

// TestWhoSleepsDoesNotCountAsAsked: the next step is asked at once; with a yellow, which
// never escalates, the first step hears of it in the morning.
func TestWhoSleepsDoesNotCountAsAsked(t *testing.T) {
	t.Parallel()
	p := folio()
	at3 := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	sleep := func(code string) response.Choice {
		return response.Choice{Contact: code, Zone: "UTC", Quiet: []rota.Window{{From: "22:00", To: "07:00"}}}
	}
	d := response.Duty{Choices: []response.Choice{sleep("ann")}}
	w := orange(at3)
	notes, esc := response.Plan(w, d.PeopleFor(p, w, at3), nil, response.DefaultWaits())
	if said(notes) != "ann/email ben/email ben/webhook" || notes[0].Held != response.HeldQuiet || notes[1].Held != "" || esc.Step != 2 {
		t.Errorf("%q %+v", said(notes), esc)
	}
	if c, ok := d.PeopleFor(p, w, at3).After(w, response.EscalationState{}, at3); !ok || c.Code != "ben" {
		t.Errorf("next is %q", c.Code)
	}
	d.Choices = append(d.Choices, sleep("ben"), sleep("cho"))
	if _, esc = response.Plan(w, d.PeopleFor(p, w, at3), nil, response.DefaultWaits()); esc.State != response.Exhausted {
		t.Errorf("all asleep: %+v", esc)
	}
	w.Level = level.Yellow
	notes, esc = response.Plan(w, d.PeopleFor(p, w, at3), nil, response.DefaultWaits())
	if said(notes) != "ann/email" || esc.State != response.Running || !esc.Due.IsZero() {
		t.Errorf("yellow: %q %+v", said(notes), esc)
	}
	if !d.PeopleFor(p, w, at3).Reaches(w, at3) {
		t.Error("a project whose people sleep is said to reach nobody")
	}
}

// TestTheEndAndWhatWasDeferred: who heard the alarm hears the end on that channel; what only
// waits is put aside; a digest says it.
func TestTheEndAndWhatWasDeferred(t *testing.T) {
	t.Parallel()
	w := warning.Warning{ID: "w", Project: "p", Level: level.Yellow, At: noon, State: warning.Ended, AllClear: true, Revision: 3}
	ask := func(contact string, s response.State, held response.Hold, tries int, due time.Time) response.Asked {
		return response.Asked{Contact: contact, Step: 1, Channel: "email", Address: contact, State: s, Held: held, Tries: tries, Due: due}
	}
	asked := []response.Asked{
		ask("asleep", response.Pending, response.HeldQuiet, 0, noon.Add(time.Hour)),
		ask("woke", response.Superseded, response.HeldQuiet, 0, noon.Add(-time.Hour)), ask("woke", response.Sent, response.HeldQuiet, 1, noon.Add(-time.Hour)),
		ask("spared", response.Superseded, response.HeldQuiet, 0, noon.Add(-time.Hour)),
		ask("trying", response.Pending, response.HeldQuiet, 2, noon.Add(time.Hour)),
		ask("about", response.Pending, response.HeldQuiet, 0, noon.Add(time.Second)),
		ask("digest", response.Held, response.HeldGroup, 0, noon.Add(time.Hour)),
		ask("failed", response.Failed, "", 7, noon),
		ask("both", response.Sent, "", 1, noon),
		{Contact: "both", Channel: "sms", Address: "both", State: response.Queued, Tries: 1},
		{Contact: "both", Channel: "voice", Address: "both", State: response.Failed, Tries: 1},
	}
	got, _ := response.Plan(w, response.Duty{}.PeopleFor(folio(), w, noon), asked, response.DefaultWaits())
	var said []string
	for _, n := range got {
		said = append(said, n.Contact+" "+string(n.Purpose)+" "+string(n.State))
	}
	want := "woke all_clear pending|trying all_clear pending|about all_clear pending|failed all_clear pending|both all_clear pending|both all_clear pending|asleep all_clear superseded|digest all_clear held|digest digest pending"
	if strings.Join(said, "|") != want {
		t.Errorf("%s\nwant %s", strings.Join(said, "|"), want)
	}
}

func TestALimitOfChoices(t *testing.T) {
	t.Parallel()
	if (response.Snooze{Level: level.Red, Since: noon, Until: noon.Add(time.Hour)}).Check() == nil {
		t.Error("a red was snoozed")
	}
	if (response.Snooze{Level: level.Orange, Since: noon, Until: noon.Add(25 * time.Hour)}).Check() == nil {
		t.Error("snoozed for 25 hours")
	}
	for name, c := range map[string]response.Choice{
		"zone": {Zone: "Local"}, "quiet": {Quiet: []rota.Window{{From: "25:00"}}}, "rhythm": {Digest: "yearly"},
		"digest at": {DigestAt: "noon"}, "least": {Least: []response.ChannelLeast{{Channel: "sms", Level: 7}}},
	} {
		if c.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for _, tt := range []struct {
		since, until time.Duration
		want         bool
	}{{-time.Hour, time.Hour, false}, {-8 * 24 * time.Hour, time.Hour, true}, {-8 * 24 * time.Hour, -time.Hour, false}, {-time.Hour, 90 * 24 * time.Hour, true}} {
		m := response.Mute{Since: noon.Add(tt.since), Until: noon.Add(tt.until)}
		if m.Stale(noon) != tt.want {
			t.Errorf("muted %s ago for %s: stale %v", -tt.since, tt.until-tt.since, !tt.want)
		}
	}
	if !(response.Mute{Since: noon}).Stale(noon.Add(time.Minute)) {
		t.Error("a mute without end is no alarm")
	}
}

// A report at night comes by mail at once and rings in the morning; who has no quiet hours
// gets it everywhere at once, and programs never get one.
func TestLettersKeepQuietHours(t *testing.T) {
	at := time.Date(2026, 3, 2, 23, 30, 0, 0, time.UTC)
	ann := portfolio.Contact{ID: "ann", Channels: []portfolio.Address{{Channel: "email", Address: "a@example.org"}, {Channel: "sms", Address: "+1"}, {Channel: "webhook", Address: "https://x.example"}}}
	quiet := response.Duty{Choices: []response.Choice{{Contact: "ann", Zone: "UTC", Quiet: []rota.Window{{From: "22:00", To: "07:00"}}}}}
	for name, d := range map[string]response.Duty{"quiet": quiet, "awake": {}} {
		got := d.Letters("o", "let_1", ann, at)
		if len(got) != 2 || got[0].Channel != "email" || !got[0].Due.Equal(at) || got[0].Held != response.NotHeld {
			t.Fatalf("%s: %+v", name, got)
		}
		want, held := at, response.NotHeld
		if name == "quiet" {
			want, held = time.Date(2026, 3, 3, 7, 0, 0, 0, time.UTC), response.HeldQuiet
		}
		if !got[1].Due.Equal(want) || got[1].Held != held {
			t.Errorf("%s: SMS due %s held %v, want %s %v", name, got[1].Due, got[1].Held, want, held)
		}
	}
	if hook := ann.Channels[2:]; response.ReadsLetters(portfolio.Contact{Channels: hook}) || !response.ReadsLetters(ann) {
		t.Error("a program reads letters, or a person does not")
	}
}
