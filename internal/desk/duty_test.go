package desk

import (
	"errors"
	"strings"
	"testing"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/rota"
)

func mailOf(address string) []portfolio.Address {
	return []portfolio.Address{{Channel: "email", Address: address}}
}

// TestWhoMayChangeTheBook is the table of rights: policies and bounds are the
// administrator's, rotas and the leave of others the duty officer's, the own leave everybody's.
func TestWhoMayChangeTheBook(t *testing.T) {
	t.Parallel()
	me := rota.Member{Account: "acc_me"}
	before := rota.Book{Rotas: []rota.Rota{{Code: "duty"}}, Absences: []rota.Absence{{ID: "1", Member: rota.Member{Contact: "ann"}}}}
	for _, tt := range []struct {
		name   string
		change func(*rota.Book)
		want   map[Role]bool
	}{
		{"nothing", func(*rota.Book) {}, map[Role]bool{Manager: true, DutyOfficer: true, Administrator: true}},
		{"own leave", func(b *rota.Book) { b.Absences = append(b.Absences, rota.Absence{ID: "2", Member: me}) }, map[Role]bool{Manager: true, DutyOfficer: true, Administrator: true}},
		{"another's leave", func(b *rota.Book) {
			b.Absences = append(b.Absences, rota.Absence{ID: "2", Member: rota.Member{Contact: "ben"}})
		}, map[Role]bool{DutyOfficer: true, Administrator: true}},
		{"another's leave taken away", func(b *rota.Book) { b.Absences = nil }, map[Role]bool{DutyOfficer: true, Administrator: true}},
		{"a rota", func(b *rota.Book) { b.Rotas = append(b.Rotas, rota.Rota{Code: "x"}) }, map[Role]bool{DutyOfficer: true, Administrator: true}},
		{"an override", func(b *rota.Book) { b.Overrides = []rota.Override{{ID: "o"}} }, map[Role]bool{DutyOfficer: true, Administrator: true}},
		{"a policy", func(b *rota.Book) { b.Policies = []rota.Policy{{Code: "p"}} }, map[Role]bool{Administrator: true}},
		{"the floor", func(b *rota.Book) { b.Bounds.Floor = level.Orange }, map[Role]bool{Administrator: true}},
	} {
		after := clone(before)
		tt.change(&after)
		for _, role := range []Role{Manager, DutyOfficer, Administrator} {
			err := mayEdit(Principal{Account: "acc_me", Scopes: role.Scopes()}, before, after, []rota.Member{me})
			if (err == nil) != tt.want[role] || err != nil && !errors.Is(err, fault.ErrForbidden) {
				t.Errorf("%s as %s: %v", tt.name, role, err)
			}
		}
	}
}

// TestWhoIsSelf: an account is on rotas as itself and as the contacts with its mail address.
func TestWhoIsSelf(t *testing.T) {
	t.Parallel()
	p := portfolio.Portfolio{Contacts: []portfolio.Contact{{ID: "c1", Code: "ann", Channels: mailOf("Ann@Example.org")}, {ID: "c2", Code: "ben", Channels: mailOf("ben@example.org")}}}
	d := response.Duty{Accounts: []portfolio.Contact{{ID: "acc_ann", Channels: mailOf("ann@example.org")}}}
	got := selfOf(d, p, Principal{Account: "acc_ann"})
	if len(got) != 2 || got[1].Contact != "ann" {
		t.Errorf("%v", got)
	}
	if got := selfOf(d, p, Principal{Account: "acc_nobody"}); len(got) != 1 {
		t.Errorf("a stranger is %v", got)
	}
}

// TestHolesOfAPolicy: what names somebody who cannot be reached, now or later.
func TestHolesOfAPolicy(t *testing.T) {
	t.Parallel()
	p := portfolio.Portfolio{Contacts: []portfolio.Contact{{ID: "c1", Code: "ann", Channels: mailOf("a@example.org")}, {ID: "c2", Code: "mute"}}}
	d := response.Duty{Book: rota.Book{Rotas: []rota.Rota{{Code: "ok", Zone: "UTC", Layers: []rota.Layer{{Start: "2026-01-01", HandOver: []string{"06:00"}, Length: 1, Unit: rota.Days}}}, {Code: "bad", Zone: "Mars/Base"}}}}
	policy := rota.Policy{Code: "p", Name: "P", Steps: []rota.Step{
		{Targets: []rota.Target{{Contact: "ann"}, {Rota: "ok"}, {Step: 1}, {Role: "x"}}}, {Targets: []rota.Target{{Contact: "gone"}, {Contact: "mute"}, {Rota: "none"}, {Rota: "bad"}}},
	}}
	var got []string
	for _, a := range holes(d, p, policy) {
		got = append(got, a.spot.Source)
	}
	want := "P, 2: contact:gone|P, 2: contact:mute|P, 2: rota:none|P, 2: rota:bad"
	if strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", strings.Join(got, "|"), want)
	}
}
