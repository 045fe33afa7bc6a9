package config

import (
	"net/url"
	"strings"
)

// Channels sets up how people are reached beside mail and signed webhooks. A channel that is
// not set up does not exist: a contact who is only reached by it is a gap that the desk shows.
// Rooms are named here; the portfolio holds the names, never the secret addresses.
type Channels struct {
	SMS      *SMS      `yaml:"sms,omitempty"`
	Voice    *Voice    `yaml:"voice,omitempty"`
	WhatsApp *WhatsApp `yaml:"whatsapp,omitempty"`
	Telegram *Telegram `yaml:"telegram,omitempty"`

	WeCom     *WeCom     `yaml:"wecom,omitempty"`
	DingTalk  *DingTalk  `yaml:"dingtalk,omitempty"`
	Feishu    *Feishu    `yaml:"feishu,omitempty"`
	Slack     *Slack     `yaml:"slack,omitempty"`
	Teams     *Teams     `yaml:"teams,omitempty"`
	PagerDuty *PagerDuty `yaml:"pagerduty,omitempty"`
	MQTT      *MQTT      `yaml:"mqtt,omitempty"`
	Other     *Other     `yaml:"other,omitempty"`
	WebPush   *WebPush   `yaml:"webpush,omitempty"`
}

// complain says what is wrong with a field: its name, a format and what the format needs.
type complain func(field, format string, args ...any)

// check complains about every channel that cannot work as it is set up.
func (c *Channels) check(bad complain) {
	if c.SMS != nil {
		c.SMS.check(bad)
	}
	if c.Voice != nil {
		c.Voice.check(bad)
	}
	if c.WhatsApp != nil {
		c.WhatsApp.check(bad)
	}
	if c.Telegram != nil {
		c.Telegram.check(bad)
	}
	c.checkRooms(bad)
	if c.WebPush != nil {
		c.WebPush.check(bad)
	}
}

// needed complains about a secret that is not given, or not by reference.
func needed(field string, s Secret, bad complain) {
	if s == "" {
		bad(field, "is missing; give env:NAME or file:PATH")
		return
	}
	reference(field, s, bad)
}

// reference complains about a secret that stands in the file itself. It shows no part of it.
func reference(field string, s Secret, bad complain) {
	if s != "" && !strings.HasPrefix(string(s), "env:") && !strings.HasPrefix(string(s), "file:") {
		bad(field, "give env:NAME or file:PATH, never the secret itself")
	}
}

// address complains about what is no http or https address; "" is the default.
func address(field, text string, bad complain) {
	if text == "" {
		return
	}
	if u, err := url.Parse(text); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		bad(field, "is no http or https address")
	}
}
