package voice

import (
	"context"
	"fmt"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/said"
	"watchfire.dev/internal/delivery/twilio"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// Hear implements delivery.Hook: a key that was pressed, or how the call went.
func (c *Channel) Hear(_ context.Context, r delivery.Request) (delivery.Heard, error) {
	form, err := c.account.Verify(r)
	if err != nil {
		return delivery.Heard{}, fmt.Errorf("voice: %w", err)
	}
	call := form.Get("CallSid")
	if call == "" || len(call) > 200 {
		return delivery.Heard{}, fmt.Errorf("voice: callback without the call's id: %w", fault.ErrInvalid)
	}
	n := ""
	if given := r.Query.Get("n"); given != "" {
		n = key(given)
	}
	machine := strings.HasPrefix(form.Get("AnsweredBy"), "machine") || form.Get("AnsweredBy") == "fax"
	if _, pressed := form["Digits"]; pressed {
		return c.pressed(r, n, call, form.Get("Digits"), form.Get("To"), machine), nil
	}
	l, ok := late(form.Get("CallStatus"), form.Get("AnsweredBy"), form.Get("SipResponseCode"), twilio.Code(form.Get("ErrorCode")))
	if !ok {
		return delivery.Heard{}, fmt.Errorf("voice: neither a key nor a state: %w", fault.ErrInvalid)
	}
	l.Notification, l.Remote = n, call
	return delivery.Heard{Receipts: []delivery.Late{l}, Yes: twiml(), No: delivery.Answer{Status: 503}}, nil
}

// pressed reads a key. What is no answer is asked for again; a machine is not listened to.
func (c *Channel) pressed(r delivery.Request, n, call, digit, to string, machine bool) delivery.Heard {
	lang := language(r.Query.Get("l"))
	again := func(word string) delivery.Answer {
		return twiml(c.gather(n, lang, c.say(lang, c.cfg.Words(lang, word), 1)), "<Hangup/>")
	}
	what := said.Of(digit)
	if machine || len(digit) != 1 || what == delivery.SaidOther {
		return delivery.Heard{Yes: again("voice.again"), No: again("voice.again")}
	}
	reply := delivery.Reply{ID: call + "/" + digit, Notification: n, Remote: call, Said: what, Text: digit, At: r.At}
	if number.MatchString(to) {
		reply.From = to
	}
	return delivery.Heard{
		Replies: []delivery.Reply{reply},
		Yes:     twiml(c.say(lang, c.cfg.Words(lang, "voice.thanks."+string(what)), 1), "<Hangup/>"),
		No:      again("voice.not_stored"),
	}
}

// late reads how a call went. A call that nobody took, or that a machine took, is tried
// again: the warning has reached nobody.
func late(status, answeredBy, sip string, code int) (delivery.Late, bool) {
	l := delivery.Late{Detail: fmt.Sprintf("%.20q", status)}
	if answeredBy != "" {
		l.Detail += fmt.Sprintf(", answered by %.20q", answeredBy)
	}
	switch status {
	case "queued", "initiated", "ringing":
		l.State = response.Queued
	case "in-progress", "answered":
		l.State = response.Sent
	case "completed":
		switch {
		case strings.HasPrefix(answeredBy, "machine") || answeredBy == "fax":
			l.State, l.Kind = response.Failed, delivery.Retry
		case answeredBy == "human":
			l.State = response.Delivered
		default: // nobody can say whether a person heard it
			l.State = response.Sent
		}
	case "busy", "no-answer", "canceled":
		l.State, l.Kind = response.Failed, delivery.Retry
	case "failed":
		l.State, l.Kind = response.Failed, delivery.Retry
		if sip == "404" || sip == "604" { // RFC 3261: not found here, does not exist anywhere
			l.Kind = delivery.Dead
		} else if kind, known := twilio.Meaning(code); known {
			l.Kind = kind
		}
	default:
		return delivery.Late{}, false
	}
	return l, true
}
