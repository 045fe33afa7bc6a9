package app

import (
	"context"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/whatsapp"
)

// whatsappChannel makes the channel of the WhatsApp Cloud API.
func (a *App) whatsappChannel(context.Context) (delivery.Channel, error) {
	w := a.cfg.Channels.WhatsApp
	if w == nil {
		return nil, nil //nolint:nilnil // not set up
	}
	return whatsapp.New(whatsapp.Config{
		Base: w.Base, Number: w.Number, Token: w.Token.Value, Secret: given(w.Secret), Verify: given(w.Verify),
		Template: whatsappTemplate(w.Template), Over: whatsappTemplate(w.Over), Client: a.client(), Now: a.opts.Now,
	})
}

func whatsappTemplate(t config.WhatsAppTemplate) whatsapp.Template {
	out := whatsapp.Template{Name: t.Name, Languages: t.Languages, Parameters: t.Parameters}
	for _, b := range t.Buttons {
		out.Buttons = append(out.Buttons, delivery.Said(b))
	}
	return out
}

// given is what reads a secret, nil when none is set.
func given(s config.Secret) func() (string, error) {
	if s == "" {
		return nil
	}
	return s.Value
}
