package capout

import (
	"fmt"
	"time"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
)

// TestAlert makes an alert of status Test from a message of purpose response.Test. It holds
// the message's words and nothing of any project. The error wraps fault.ErrInvalid.
func TestAlert(cfg Config, m delivery.Message) (cap.Alert, error) {
	a := cap.Alert{
		Identifier: plain(m.Key), Sender: cfg.Sender, Sent: whole(m.At), Status: cap.StatusTest, MsgType: cap.MsgAlert,
		Scope: cap.ScopeRestricted, Restriction: "TEST",
		Infos: []cap.Info{{
			Language: m.Language, Categories: []cap.Category{cap.CategoryOther}, Event: plain(m.Subject), Urgency: cap.UrgencyUnknown,
			Severity: cap.SeverityUnknown, Certainty: cap.CertaintyUnknown, Expires: whole(m.At).Add(time.Hour), SenderName: "Watchfire",
			Headline: plain(m.Subject), Description: plain(m.Text), Areas: []cap.Area{{Desc: plain(m.Subject)}},
		}},
	}
	for _, problem := range cap.Validate(&a) {
		if !problem.Minor {
			return cap.Alert{}, fmt.Errorf("test alert: %v: %w", problem, fault.ErrInvalid)
		}
	}
	return a, nil
}
