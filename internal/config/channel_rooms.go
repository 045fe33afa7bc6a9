package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkRooms complains about the channels that speak to rooms.
func (c *Channels) checkRooms(bad complain) {
	if c.WeCom != nil {
		c.WeCom.check(bad)
	}
	if c.DingTalk != nil {
		c.DingTalk.check(bad)
	}
	if c.Feishu != nil {
		c.Feishu.check(bad)
	}
	if c.Slack != nil {
		c.Slack.check(bad)
	}
	if c.Teams != nil {
		c.Teams.check(bad)
	}
	if c.PagerDuty != nil {
		c.PagerDuty.check(bad)
	}
	if c.MQTT != nil {
		c.MQTT.check(bad)
	}
	if c.Other != nil {
		c.Other.check(bad)
	}
}

// eachRoom complains about a channel without rooms and about names that the portfolio could
// not hold, and has each room checked at its place, in the order of their names.
func eachRoom[R any](channel string, rooms map[string]R, bad complain, check func(at string, r R)) {
	at := "channels." + channel + ".rooms"
	if len(rooms) == 0 {
		bad(at, "has no room; give it a name, as in \"rooms: {ops: {…}}\"")
	}
	for _, name := range slices.Sorted(maps.Keys(rooms)) {
		if name == "" || len(name) > 80 || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
			bad(at, "%q is no name of a room: letters, digits, dot, dash and underscore, at most 80", name)
		}
		check(fmt.Sprintf("%s.%s", at, name), rooms[name])
	}
}
