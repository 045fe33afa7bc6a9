package sms

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/said"
	"watchfire.dev/internal/delivery/twilio"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// Twilio is an account with the provider, or with one that speaks its interface.
type Twilio struct {
	Base    string // "" = the provider's own
	Account string // AC…
	Token   func() (string, error)
	From    string // number or name of the sender
	Service string // or a messaging service, MG…, that chooses the sender
}

type twilioSender struct {
	cfg      Twilio
	account  twilio.Account
	callback string
}

func newTwilio(cfg Config) (*twilioSender, error) {
	t := *cfg.Twilio
	if t.Account == "" || t.Token == nil || (t.From == "") == (t.Service == "") {
		return nil, fmt.Errorf("twilio: account, token and either from or service are needed: %w", fault.ErrInvalid)
	}
	return &twilioSender{t, twilio.Account{Base: t.Base, SID: t.Account, Token: t.Token, Client: cfg.Client, Now: cfg.Now}, cfg.Callback}, nil
}

func (t *twilioSender) receipts() bool { return t.callback != "" }
func (t *twilioSender) answers() bool  { return t.callback != "" }

func (t *twilioSender) send(ctx context.Context, to, text, key string) (delivery.Receipt, error) {
	form := url.Values{"To": {to}, "Body": {text}}
	if t.cfg.Service != "" {
		form.Set("MessagingServiceSid", t.cfg.Service)
	} else {
		form.Set("From", t.cfg.From)
	}
	if t.callback != "" {
		form.Set("StatusCallback", t.callback+"?n="+url.QueryEscape(key))
	}
	made, got, err := t.account.Post(ctx, "Messages", form)
	if err != nil {
		return delivery.Receipt{}, err
	}
	state, kind := stateOf(made.Status, 0)
	if state == response.Failed {
		return delivery.Receipt{}, &delivery.Fault{Kind: kind, Err: fmt.Errorf("the provider made the message as %.20q", made.Status)}
	}
	if t.callback == "" && state == response.Queued { // nobody will ever tell more
		state = response.Sent
	}
	return delivery.Receipt{State: state, Remote: made.SID, Detail: fmt.Sprintf("%d %.20s", got.Status, made.Status)}, nil
}

// stateOf reads the provider's state of a message and, when it failed, why.
func stateOf(status string, code int) (response.State, delivery.FaultKind) {
	switch status {
	case "sent":
		return response.Sent, ""
	case "delivered", "read":
		return response.Delivered, ""
	case "failed", "undelivered", "canceled":
		if kind, known := twilio.Meaning(code); known {
			return response.Failed, kind
		}
		return response.Failed, delivery.Refused
	default: // accepted, scheduled, queued, sending, and whatever they add
		return response.Queued, ""
	}
}

// silence tells the provider to do nothing: an empty 204 would be logged there as an error.
func silence() delivery.Answer {
	return delivery.Answer{Status: 200, Type: "text/xml; charset=utf-8", Body: []byte("<Response/>")}
}

func (t *twilioSender) hear(r delivery.Request) (delivery.Heard, error) {
	form, err := t.account.Verify(r)
	if err != nil {
		return delivery.Heard{}, err
	}
	sid := form.Get("MessageSid")
	if sid == "" {
		sid = form.Get("SmsSid")
	}
	if sid == "" || len(sid) > 200 {
		return delivery.Heard{}, fmt.Errorf("callback without the message's id: %w", fault.ErrInvalid)
	}
	h := delivery.Heard{Yes: silence(), No: delivery.Answer{Status: 503}}
	if status := strings.ToLower(form.Get("MessageStatus")); status != "" && status != "received" {
		code := twilio.Code(form.Get("ErrorCode"))
		state, kind := stateOf(status, code)
		l := delivery.Late{Notification: key(r.Query.Get("n")), Remote: sid, State: state, Kind: kind, Detail: fmt.Sprintf("%.20q", status)}
		if r.Query.Get("n") == "" {
			l.Notification = ""
		}
		if code != 0 {
			l.Detail += fmt.Sprintf(", error %d", code)
		}
		h.Receipts = []delivery.Late{l}
		return h, nil
	}
	if !number.MatchString(form.Get("From")) {
		return delivery.Heard{}, fmt.Errorf("reply from what is no telephone number: %w", fault.ErrInvalid)
	}
	reply := delivery.Reply{ID: sid, From: form.Get("From"), Said: said.Of(form.Get("Body")), Text: said.Text(form.Get("Body")), At: r.At}
	if form.Get("OptOutType") == "STOP" { // the provider itself has understood it so, and blocks us
		reply.Said = delivery.SaidLeave
	}
	h.Replies = []delivery.Reply{reply}
	return h, nil
}
