package main

import (
	"fmt"
	"strings"

	"watchfire.dev/internal/app"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/event"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
)

type wordingCmd struct {
	Preview wordingPreviewCmd `cmd:"" help:"Show a message as its receiver would get it, in every form. Nothing is sent."`
}

type wordingPreviewCmd struct {
	Language string `help:"en, zh, fr, es, pt, ru, ar, sw or id; all = the SMS in each of them." default:"en"`
	Hazard   string `help:"Built-in example of this hazard." default:"earthquake"`
	Level    string `help:"yellow, orange or red." default:"red"`
	Channel  string `help:"Decides on names of persons, answers by key and labelled content." default:"sms"`
	TLP      string `name:"tlp" help:"CLEAR, GREEN, AMBER, AMBER+STRICT or RED; empty = none."`
	Purpose  string `help:"alarm, update, escalation, proposed, emergency, ended, cancelled, expired, digest or test." default:"alarm"`
	JSON     bool   `help:"Print what GET /api/v1/wording/preview answers."`
}

// Run words the sample and prints it.
func (c *wordingPreviewCmd) Run(e *env) error {
	var l level.Level
	if err := l.UnmarshalText([]byte(c.Level)); err != nil {
		return fmt.Errorf("level %.20q: %w", c.Level, fault.ErrInvalid)
	}
	x := delivery.Sample{Hazard: event.Hazard(c.Hazard), Level: l, Language: c.Language, Channel: c.Channel, TLP: strings.ToUpper(c.TLP), Purpose: c.Purpose}
	if c.Language == "all" {
		list, err := app.Previews(e.ctx, x)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(e.stdout, list)
		}
		for _, p := range list {
			if _, err := fmt.Fprintf(e.stdout, "%s  %s, %d segment(s), %d units, %d left\n    %s\n", p.Language, p.Encoding, p.Segments, p.Units, p.Left, p.Short); err != nil {
				return err
			}
		}
		return nil
	}
	p, err := app.Preview(e.ctx, x)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, p)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SMS (%s, %d segment(s), %d units, %d left)\n%s\n\nChat\n%s\n%s\n\nVoice\n%s\n\nMail\n%s\n\n%s", p.Encoding, p.Segments, p.Units, p.Left, p.Short,
		p.Subject, strings.Join(p.Lines, "\n"), strings.Join(p.Voice, "\n"), p.Subject, p.Text)
	_, err = fmt.Fprint(e.stdout, b.String())
	return err
}
