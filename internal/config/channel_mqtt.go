package config

import (
	"net/url"
	"strings"
)

// MQTT publishes to an MQTT 5 broker.
type MQTT struct {
	Server   string              `yaml:"server"` // mqtts://host:8883, mqtt://host:1883
	User     string              `yaml:"user,omitempty"`
	Password Secret              `yaml:"password,omitempty"`
	ClientID string              `yaml:"client_id,omitempty"` // of the listener; default "watchfire"
	CA       string              `yaml:"ca,omitempty"`        // file of the certificates that may sign the server's; default the system's
	Rooms    map[string]MQTTRoom `yaml:"rooms"`
}

// MQTTRoom is a tree of topics.
type MQTTRoom struct {
	Topic string `yaml:"topic"` // its root, such as site/camp-2
}

func (m *MQTT) check(bad complain) {
	const at = "channels.mqtt"
	if u, err := url.Parse(m.Server); err != nil || u.Host == "" || u.User != nil || u.Scheme != "mqtt" && u.Scheme != "mqtts" {
		bad(at+".server", "want mqtts://host:port or mqtt://host:port, without user and password")
	}
	reference(at+".password", m.Password, bad)
	eachRoom("mqtt", m.Rooms, bad, func(at string, r MQTTRoom) {
		if r.Topic == "" || len(r.Topic) > 200 || strings.ContainsAny(r.Topic, "+#\x00") || strings.HasPrefix(r.Topic, "/") || strings.HasPrefix(r.Topic, "$") || strings.HasSuffix(r.Topic, "/") {
			bad(at+".topic", "%q is no root of topics: no wildcards, no slash at either end, at most 200", r.Topic)
		}
	})
}
