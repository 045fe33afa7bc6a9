package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"watchfire.dev/internal/fault"
)

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "watchfire.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, func(string) string { return "" })
}

const rooms = `channels:
  wecom:
    corp: ww1
    agent: 1000002
    secret: env:WECOM_SECRET
    callback: {token: env:WECOM_TOKEN, aes_key: env:WECOM_AES}
    rooms:
      ops: {webhook: env:WECOM_OPS}
      duty: {parties: ["2"], users: [li]}
  dingtalk: {rooms: {ops: {webhook: env:DING_OPS, secret: env:DING_SECRET}}}
  feishu:
    app: cli_1
    secret: file:/run/secrets/feishu
    verification_token: env:FEISHU_TOKEN
    encrypt_key: env:FEISHU_KEY
    rooms: {ops: {webhook: env:FEISHU_OPS}, duty: {chat: oc_1}}
  slack:
    token: env:SLACK_TOKEN
    signing_secret: env:SLACK_SIGNING
    rooms: {ops: {conversation: C01}, sea: {webhook: env:SLACK_SEA}}
  teams: {rooms: {ops: {webhook: env:TEAMS_OPS}}}
  pagerduty: {rooms: {ops: {integration_key: env:PD_KEY, webhook_secret: env:PD_HOOK}}}
  mqtt: {server: "mqtts://broker:8883", user: watch, password: env:MQTT_PASSWORD, rooms: {siren: {topic: site/camp-2}}}
  other: {rooms: {phone: {url: env:NTFY}}}
`

func TestRoomsOfAllChannels(t *testing.T) {
	t.Parallel()
	c, err := load(t, rooms)
	if err != nil {
		t.Fatal(err)
	}
	if c.Channels.Slack.Rooms["ops"].Conversation != "C01" || c.Channels.WeCom.Rooms["duty"].Parties[0] != "2" || c.Channels.MQTT.Rooms["siren"].Topic != "site/camp-2" {
		t.Errorf("%+v", c.Channels)
	}
	shown, err := c.Print()
	if err != nil || !strings.Contains(shown, "env:SLACK_TOKEN") {
		t.Errorf("%v %s", err, shown)
	}
}

// TestRoomsThatCannotWork: each complaint names its place, and no secret is repeated.
func TestRoomsThatCannotWork(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no room":           {"channels: {slack: {rooms: {}}}", "channels.slack.rooms"},
		"name with a blank": {`channels: {teams: {rooms: {"a b": {webhook: env:X}}}}`, "channels.teams.rooms"},
		"secret itself":     {`channels: {teams: {rooms: {ops: {webhook: "https://s3cret"}}}}`, "channels.teams.rooms.ops.webhook"},
		"both ways":         {"channels: {slack: {token: env:X, rooms: {ops: {webhook: env:X, conversation: C}}}}", "channels.slack.rooms.ops"},
		"no token":          {"channels: {slack: {rooms: {ops: {conversation: C}}}}", "channels.slack.token"},
		"no app":            {"channels: {feishu: {rooms: {ops: {chat: oc_1}}}}", "channels.feishu.app"},
		"no people":         {"channels: {wecom: {rooms: {ops: {}}}}", "channels.wecom.rooms.ops"},
		"no corp":           {"channels: {wecom: {secret: env:X, rooms: {ops: {users: [a]}}}}", "needs corp and agent"},
		"half a callback":   {"channels: {wecom: {callback: {token: env:X}, rooms: {ops: {webhook: env:X}}}}", "channels.wecom.callback.aes_key"},
		"no robot":          {"channels: {dingtalk: {rooms: {ops: {secret: env:X}}}}", "channels.dingtalk.rooms.ops.webhook"},
		"no key":            {"channels: {pagerduty: {rooms: {ops: {webhook_secret: env:X}}}}", "channels.pagerduty.rooms.ops.integration_key"},
		"odd api":           {"channels: {pagerduty: {api: events, rooms: {ops: {integration_key: env:X}}}}", "channels.pagerduty.api"},
		"wildcard":          {`channels: {mqtt: {server: "mqtt://b", rooms: {s: {topic: "site/#"}}}}`, "channels.mqtt.rooms.s.topic"},
		"password in it":    {`channels: {mqtt: {server: "mqtt://u:s3cret@b", rooms: {s: {topic: a}}}}`, "channels.mqtt.server"},
		"no service":        {"channels: {other: {rooms: {phone: {}}}}", "channels.other.rooms.phone.url"},
	} {
		_, err := load(t, c.text)
		if !errors.Is(err, fault.ErrInvalid) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want a complaint about %s", name, err, c.want)
		}
	}
}
