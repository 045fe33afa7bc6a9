package desk

import (
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
)

// TestWhereNobodyWouldBeTold: the table of projects whose warnings below red reach nobody.
func TestWhereNobodyWouldBeTold(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	mail, hook := portfolio.Address{Channel: "email", Address: "a@example.org"}, portfolio.Address{Channel: "webhook", Address: "https://a.example.org"}
	contact := func(id, project string, channels ...portfolio.Address) portfolio.Contact {
		return portfolio.Contact{ID: id, Code: id, Project: project, Step: 1, Channels: channels}
	}
	mute := func(contact string, until time.Time) response.Mute {
		return response.Mute{Contact: contact, Project: "p", Channel: "email", Since: now.Add(-time.Hour), Until: until}
	}
	later := now.Add(time.Hour)
	for _, tt := range []struct {
		name     string
		contacts []portfolio.Contact
		mutes    response.Mutes
		empty    bool // no assets
		want     string
	}{
		{"one contact", []portfolio.Contact{contact("ann", "p", mail)}, nil, false, ""},
		{"nobody", nil, nil, false, "nobody_told"},
		{"nobody, but nothing is there to be warned", nil, nil, true, ""},
		{"a contact without channel", []portfolio.Contact{contact("ann", "p")}, nil, false, "nobody_told"},
		{"a contact of another project", []portfolio.Contact{contact("far", "q", mail)}, nil, false, "nobody_told"},
		{"a contact of all projects", []portfolio.Contact{contact("ann", "", mail)}, nil, false, ""},
		{"the only one has muted", []portfolio.Contact{contact("ann", "p", mail)}, response.Mutes{mute("ann", later)}, false, "all_muted"},
		{"the mute has ended", []portfolio.Contact{contact("ann", "p", mail)}, response.Mutes{mute("ann", now)}, false, ""},
		{"one of two has muted", []portfolio.Contact{contact("ann", "p", mail), contact("ben", "", mail)}, response.Mutes{mute("ann", later)}, false, ""},
		{"both have muted", []portfolio.Contact{contact("ann", "p", mail), contact("ben", "", mail)}, response.Mutes{mute("ann", later), mute("ben", later)}, false, "all_muted"},
		{"another channel is open", []portfolio.Contact{contact("ann", "p", mail, hook)}, response.Mutes{mute("ann", later)}, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := portfolio.Portfolio{Projects: []portfolio.Project{{ID: "p", Name: "P"}}, Contacts: tt.contacts}
			if !tt.empty {
				p.Assets = []portfolio.Asset{{ID: "a", Project: "p"}}
			}
			var got []string
			for _, b := range unreached(p, tt.mutes, now) {
				got = append(got, b.Reason)
				if b.Reason == "all_muted" && !b.Since.Equal(now.Add(-time.Hour)) {
					t.Errorf("since %v", b.Since)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
