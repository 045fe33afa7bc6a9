package app

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/dingtalk"
	"watchfire.dev/internal/delivery/feishu"
	"watchfire.dev/internal/delivery/mqtt"
	"watchfire.dev/internal/delivery/other"
	"watchfire.dev/internal/delivery/pagerduty"
	chatroom "watchfire.dev/internal/delivery/room"
	"watchfire.dev/internal/delivery/slack"
	"watchfire.dev/internal/delivery/teams"
	"watchfire.dev/internal/delivery/wecom"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/netguard"
)

// roomChannels lists the makers of the channels that speak to rooms; each gives nil when its
// channel is not set up.
func (a *App) roomChannels() []func(context.Context) (delivery.Channel, error) {
	set := chatroom.NewSetter(a.book)
	c := &a.cfg.Channels
	plain := func(on bool, make func() delivery.Channel) func(context.Context) (delivery.Channel, error) {
		return func(context.Context) (delivery.Channel, error) {
			if !on {
				return nil, nil //nolint:nilnil // not set up
			}
			return make(), nil
		}
	}
	return []func(context.Context) (delivery.Channel, error){
		plain(c.WeCom != nil, func() delivery.Channel { return a.wecom(c.WeCom, set) }),
		plain(c.DingTalk != nil, func() delivery.Channel {
			return dingtalk.New(a.client(), named(c.DingTalk.Rooms, func(r config.DingTalkRoom) dingtalk.Room {
				return dingtalk.Room{Webhook: secret(r.Webhook), Secret: secret(r.Secret)}
			}), set, a.opts.Now)
		}),
		plain(c.Feishu != nil, func() delivery.Channel { return a.feishu(c.Feishu, set) }),
		plain(c.Slack != nil, func() delivery.Channel { return a.slack(c.Slack, set) }),
		plain(c.Teams != nil, func() delivery.Channel {
			return teams.New(a.client(), named(c.Teams.Rooms, func(r config.TeamsRoom) teams.Room { return teams.Room{Webhook: secret(r.Webhook)} }), set, a.opts.Now)
		}),
		plain(c.PagerDuty != nil, func() delivery.Channel { return a.pagerduty(c.PagerDuty, set) }),
		func(context.Context) (delivery.Channel, error) { return a.mqtt(c.MQTT, set) },
		plain(c.Other != nil, func() delivery.Channel {
			return other.New(a.client(), named(c.Other.Rooms, func(r config.OtherRoom) other.Room { return other.Room{URL: secret(r.URL)} }), set, a.opts.Now)
		}),
	}
}

// named makes the rooms of a channel out of those of the configuration.
func named[C, R any](rooms map[string]C, make func(C) R) map[string]R {
	out := map[string]R{}
	for name, r := range rooms {
		out[name] = make(r)
	}
	return out
}

// secret is how a secret is read; nil when none is given.
func secret(s config.Secret) chatroom.Secret {
	if s == "" {
		return nil
	}
	return s.Value
}

func otherwise(text, usual string) string {
	if text == "" {
		return usual
	}
	return text
}

func (a *App) wecom(c *config.WeCom, set chatroom.Setter) delivery.Channel {
	app := wecom.App{API: otherwise(c.API, "https://qyapi.weixin.qq.com"), Corp: c.Corp, Agent: c.Agent, Secret: secret(c.Secret)}
	if c.Callback != nil {
		app.Token, app.AESKey = secret(c.Callback.Token), secret(c.Callback.AESKey)
	}
	return wecom.New(a.client(), app, named(c.Rooms, func(r config.WeComRoom) wecom.Room {
		return wecom.Room{Webhook: secret(r.Webhook), Users: r.Users, Parties: r.Parties, Tags: r.Tags}
	}), set, a.opts.Now)
}

func (a *App) feishu(c *config.Feishu, set chatroom.Setter) delivery.Channel {
	app := feishu.App{
		API: otherwise(c.API, "https://open.feishu.cn"), ID: c.App, Secret: secret(c.Secret), Token: secret(c.Token), Key: secret(c.EncryptKey),
	}
	return feishu.New(a.client(), app, named(c.Rooms, func(r config.FeishuRoom) feishu.Room {
		return feishu.Room{Webhook: secret(r.Webhook), Secret: secret(r.Secret), Chat: r.Chat}
	}), set, a.opts.Now)
}

func (a *App) slack(c *config.Slack, set chatroom.Setter) delivery.Channel {
	app := slack.App{API: otherwise(c.API, "https://slack.com/api"), Token: secret(c.Token), Signing: secret(c.Signing)}
	return slack.New(a.client(), app, named(c.Rooms, func(r config.SlackRoom) slack.Room {
		return slack.Room{Conversation: r.Conversation, Webhook: secret(r.Webhook)}
	}), set, a.opts.Now)
}

func (a *App) pagerduty(c *config.PagerDuty, set chatroom.Setter) delivery.Channel {
	source := "watchfire"
	if u, err := url.Parse(a.cfg.BaseURL); err == nil && u.Hostname() != "" {
		source = u.Hostname()
	}
	return pagerduty.New(a.client(), otherwise(c.API, "https://events.pagerduty.com"), source, named(c.Rooms, func(r config.PagerDutyRoom) pagerduty.Room {
		return pagerduty.Room{Key: secret(r.Key), Webhook: secret(r.Webhook)}
	}), set, a.opts.Now)
}

// mqtt makes the channel of the broker. What a siren obeys is the highest level of all open
// warnings of the project: the end of one must not silence another.
func (a *App) mqtt(c *config.MQTT, set chatroom.Setter) (delivery.Channel, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // not set up
	}
	cfg := mqtt.Config{
		Server: c.Server, User: c.User, Password: secret(c.Password), ClientID: otherwise(c.ClientID, "watchfire"),
		Rooms: named(c.Rooms, func(r config.MQTTRoom) mqtt.Room { return mqtt.Room{Topic: r.Topic} }),
		Dial:  netguard.NewDialer(netguard.Options{Guard: a.guard}).DialContext,
		State: func(ctx context.Context, m delivery.Message) (level.Level, error) {
			l, err := a.db.ToldLevel(ctx, m.Org, m.Project.ID)
			return level.Level(l), err // 0 to 3, as the database holds it
		},
	}
	if c.CA != "" {
		raw, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("channels.mqtt.ca: %w", err)
		}
		if cfg.RootCAs = x509.NewCertPool(); !cfg.RootCAs.AppendCertsFromPEM(raw) {
			return nil, fmt.Errorf("channels.mqtt.ca: %s holds no certificate: %w", c.CA, fault.ErrInvalid)
		}
	}
	return mqtt.New(cfg, set, a.opts.Now), nil
}
