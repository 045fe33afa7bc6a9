package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/desk"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/journal"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/warning"
	"watchfire.dev/internal/watch"
)

// installed runs do on an installation in a temporary folder with one project.
func installed(t *testing.T, do func(ctx context.Context, a *App, who desk.Principal)) {
	t.Helper()
	cfg, err := config.Load("", func(name string) string {
		return map[string]string{"WATCHFIRE_DATA": t.TempDir(), "WATCHFIRE_BASE_URL": "https://watch.example.org"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	var seconds atomic.Int64 // each look at the clock is a second later
	clock := func() time.Time {
		return time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC).Add(time.Duration(seconds.Add(1)) * time.Second)
	}
	cfg.Database = engineOf(t)
	a, err := Open(t.Context(), cfg, Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	err = a.With(t.Context(), func(ctx context.Context) error {
		if _, err := a.EnsureFirst(ctx); err != nil {
			return err
		}
		org, err := a.orgNamed(ctx, "")
		if err != nil {
			return err
		}
		who := desk.Principal{Account: "acc", Org: org, Name: "Ann", Role: desk.Administrator, Scopes: desk.Administrator.Scopes()}
		p, err := a.desk.Preview(ctx, who, "p.csv", strings.NewReader("thing,project,code,name,country,zone,lat,lon,class,step,language,channels\n"+
			"project,,quetta,Quetta Rail,PK,Asia/Karachi,,,,,,\nsite,quetta,camp,Camp 2,PK,,30.2,67.0,masonry,,,\n"+
			"contact,quetta,ann,Ann,,Asia/Karachi,,,,1,en,email:ann@example.org\n"))
		if err != nil {
			return err
		}
		if _, err := a.desk.Commit(ctx, who, p.Token); err != nil {
			return err
		}
		do(ctx, a, who)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOneBadAlertIsLeftOutVisibly: the public feed goes on without it, once in the journal,
// in the warning's timeline, and among the blind spots until the warning is over.
func TestOneBadAlertIsLeftOutVisibly(t *testing.T) {
	t.Parallel()
	installed(t, func(ctx context.Context, a *App, who desk.Principal) {
		at := a.opts.Now()
		project := portfolio.ProjectID(who.Org, "quetta")
		good := deliverytest.Warning()
		good.ID, good.Org, good.Project, good.TLP, good.Revision, good.Told = "wrn_good", who.Org, project, "CLEAR", 1, warning.Told{Level: good.Level, Revision: 1}
		bad := good
		bad.ID, bad.Expires, bad.State, bad.At = "wrn_bad", time.Time{}, warning.Issued, time.Time{}
		commit := func(w warning.Warning) {
			if err := a.db.Commit(ctx, &watch.Batch{Decisions: []watch.OrgDecision{{Org: who.Org, Decision: watch.Decision{At: at, Warning: &w}}}}); err != nil {
				t.Fatal(err)
			}
		}
		commit(good)
		commit(bad)
		for range 3 { // anybody asks for it, as often as they like
			raw, err := alerts{a}.Feed(ctx, who.Org)
			if err != nil {
				t.Fatal(err)
			}
			if feed := string(raw); !strings.Contains(feed, "/wrn_good/1.xml") || strings.Contains(feed, "wrn_bad") {
				t.Fatalf("feed:\n%s", feed)
			}
		}
		page, err := a.db.JournalRows(ctx, who.Org, string(journal.AlertLeftOut), desk.Page{})
		if err != nil || len(page.Rows) != 1 || page.Rows[0].Subject != "wrn_bad" {
			t.Errorf("journal %+v, %v: want it once", page.Rows, err)
		}
		spot := func() (n int) {
			blind, err := a.desk.Blind(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range blind {
				if b.Reason == "alert_unsaid" && b.Source == "wrn_bad" && b.Project.Name == "Quetta Rail" {
					n++
				}
			}
			return n
		}
		if spot() != 1 {
			t.Error("no blind spot says what the feed leaves out")
		}
		moments, err := a.db.WarningMoments(ctx, who.Org, "wrn_bad")
		if err != nil || len(moments) != 1 || moments[0].Kind != "unsaid" || moments[0].Detail == "" {
			t.Errorf("timeline %+v, %v", moments, err)
		}
		bad.Revision, bad.State = 2, warning.Ended
		commit(bad)
		if spot() != 0 {
			t.Error("the blind spot stays when the warning is over")
		}
	})
}

// TestARuleThatDoesNotWorkIsNeverSilent: one that another version stored, and one that fails
// on what it is given, stand on the rules page and among the blind spots.
func TestARuleThatDoesNotWorkIsNeverSilent(t *testing.T) {
	t.Parallel()
	installed(t, func(ctx context.Context, a *App, who desk.Principal) {
		for id, body := range map[string]string{
			"rul_new":  `{"id":"rul_new","name":"Of tomorrow","when":"event.mood == \"bad\"","then":"raise","mode":"on"}`,
			"rul_odd":  `{"id":"rul_odd","name":"Odd","when":"true","then":"raise","mode":"on","only_at_night":true}`,
			"rul_good": `{"id":"rul_good","name":"Good","when":"event.magnitude > 9.0","then":"raise","mode":"on"}`,
			"rul_off":  `{"id":"rul_off","name":"Off","when":"event.mood","then":"raise","mode":"off"}`,
		} {
			if _, err := a.watch.SetRule(ctx, watch.RuleVersion{Org: who.Org, ID: id, Actor: "acc", Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := a.desk.Rules(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		faults := map[string]string{}
		for _, r := range rows {
			faults[r.ID] = r.Fault
		}
		if !strings.Contains(faults["rul_new"], "mood") || !strings.Contains(faults["rul_odd"], "only_at_night") || faults["rul_good"] != "" || faults["rul_off"] != "" || len(rows) != 4 {
			t.Errorf("faults %q of %d rules", faults, len(rows))
		}
		status, err := a.desk.Status(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, b := range status.Blind {
			if b.Reason == "rule_fault" {
				said = append(said, b.Source)
			}
		}
		if strings.Join(said, ", ") != "Of tomorrow, Odd" || status.Blind[0].Reason != "rule_fault" {
			t.Errorf("the header says %q", said)
		}

		// What does not work can be switched off as it is, and cannot be switched on again.
		for _, r := range rows {
			if r.ID != "rul_new" {
				continue
			}
			r.Mode = "shadow"
			if _, err := a.desk.PutRule(ctx, who, r); !errors.Is(err, fault.ErrInvalid) {
				t.Errorf("a rule that does not compile was put in shadow: %v", err)
			}
			r.Mode = "off"
			if _, err := a.desk.PutRule(ctx, who, r); err != nil {
				t.Errorf("switch off: %v", err)
			}
			r.When += " "
			if _, err := a.desk.PutRule(ctx, who, r); !errors.Is(err, fault.ErrInvalid) {
				t.Errorf("a new condition that does not compile was stored: %v", err)
			}
		}
		after, err := a.desk.Blind(ctx, who)
		if err != nil || slices.ContainsFunc(after, func(b desk.BlindSpot) bool { return b.Source == "Of tomorrow" }) {
			t.Errorf("it is still among the blind spots: %v", err)
		}
		lost := desk.RuleRow{ID: "rul_lost", Name: "Lost", When: "event.magnitude > 5.0", Then: "route", To: "nobody", Mode: "off"}
		if _, err := a.desk.PutRule(ctx, who, lost); !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), `rul_lost, to: "nobody" is no contact`) {
			t.Errorf("a rule that routes to nobody: %v", err)
		}
	})
}

func TestWhatIsNewInTheFeedIsNotedOnce(t *testing.T) {
	t.Parallel()
	u := newUnsaid()
	l := func(id string, revision int) leftOut {
		return leftOut{warning: warning.Warning{ID: id, Told: warning.Told{Revision: revision}}}
	}
	for _, step := range []struct {
		left []leftOut
		want int
	}{
		{[]leftOut{l("a", 1)}, 1},
		{[]leftOut{l("a", 1)}, 0},
		{[]leftOut{l("a", 2), l("b", 1)}, 2},
		{nil, 0},
		{[]leftOut{l("a", 2)}, 1},
	} {
		if got := u.note("o", step.left); len(got) != step.want {
			t.Errorf("%+v: %d new, want %d", step.left, len(got), step.want)
		}
	}
	if got := u.spots("other"); len(got) != 0 {
		t.Errorf("another organisation sees %+v", got)
	}
}
