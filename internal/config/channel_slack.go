package config

// Slack speaks to conversations through an app or incoming webhooks.
type Slack struct {
	API     string               `yaml:"api,omitempty"`            // default https://slack.com/api
	Token   Secret               `yaml:"token,omitempty"`          // xoxb-…, with chat:write
	Signing Secret               `yaml:"signing_secret,omitempty"` // buttons call back; without it they open the page
	Rooms   map[string]SlackRoom `yaml:"rooms"`
}

// SlackRoom is a conversation that the app was invited to, or one behind a webhook.
type SlackRoom struct {
	Conversation string `yaml:"conversation,omitempty"` // C0123…
	Webhook      Secret `yaml:"webhook,omitempty"`
}

func (s *Slack) check(bad complain) {
	const at = "channels.slack"
	address(at+".api", s.API, bad)
	reference(at+".signing_secret", s.Signing, bad)
	app := false
	eachRoom("slack", s.Rooms, bad, func(at string, r SlackRoom) {
		reference(at+".webhook", r.Webhook, bad)
		if (r.Webhook == "") == (r.Conversation == "") {
			bad(at, "want either webhook or conversation")
		}
		app = app || r.Conversation != ""
	})
	if app {
		needed(at+".token", s.Token, bad)
	}
}
