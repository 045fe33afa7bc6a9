package app

import (
	"context"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/sms"
)

// smsChannel makes the channel of short messages.
func (a *App) smsChannel(context.Context) (delivery.Channel, error) {
	s := a.cfg.Channels.SMS
	if s == nil {
		return nil, nil //nolint:nilnil // not set up
	}
	cfg := sms.Config{
		BaseURL: a.cfg.BaseURL, Callback: a.hookURL("sms"), Segments: s.Segments, Client: a.client(), Now: a.opts.Now,
	}
	if t := s.Twilio; t != nil {
		cfg.Twilio = &sms.Twilio{Base: t.Base, Account: t.Account, Token: t.Token.Value, From: t.From, Service: t.Service}
	}
	if g := s.Gateway; g != nil {
		cfg.Gateway = gatewayOf(*g)
	}
	return sms.New(cfg)
}

func gatewayOf(g config.SMSGateway) *sms.Gateway {
	out := &sms.Gateway{
		Method: g.Method, URL: g.URL, Header: g.Header, Body: g.Body, From: g.From, User: g.User, Secret: g.Secret.Value,
		OK: g.OK, IDPath: g.IDPath, IDExpr: g.IDExpr,
	}
	for _, e := range g.Errors {
		out.Errors = append(out.Errors, sms.Mean{Match: e.Match, Kind: delivery.FaultKind(e.Kind)})
	}
	if c := g.Callback; c != nil {
		out.Back = &sms.Back{
			Secret: c.Secret.Value, Header: c.Header, Signature: c.Signature, ID: c.ID, Key: c.Key, Status: c.Status, States: c.States,
			Error: c.Error, From: c.From, Text: c.Text, ReplyID: c.ReplyID,
		}
	}
	return out
}
