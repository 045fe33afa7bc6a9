package config

// Teams speaks to chats and channels of Microsoft Teams through workflows.
type Teams struct {
	Rooms map[string]TeamsRoom `yaml:"rooms"`
}

// TeamsRoom is what a workflow posts into.
type TeamsRoom struct {
	Webhook Secret `yaml:"webhook"`
}

func (t *Teams) check(bad complain) {
	eachRoom("teams", t.Rooms, bad, func(at string, r TeamsRoom) { needed(at+".webhook", r.Webhook, bad) })
}
