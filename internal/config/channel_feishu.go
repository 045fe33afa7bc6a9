package config

// Feishu speaks to groups of Feishu or Lark through their robots or an app.
type Feishu struct {
	API        string                `yaml:"api,omitempty"` // default https://open.feishu.cn; Lark: https://open.larksuite.com
	App        string                `yaml:"app,omitempty"` // cli_…
	Secret     Secret                `yaml:"secret,omitempty"`
	Token      Secret                `yaml:"verification_token,omitempty"` // of its callbacks
	EncryptKey Secret                `yaml:"encrypt_key,omitempty"`
	Rooms      map[string]FeishuRoom `yaml:"rooms"`
}

// FeishuRoom is a group with a custom robot, or one that the app is in.
type FeishuRoom struct {
	Webhook Secret `yaml:"webhook,omitempty"`
	Secret  Secret `yaml:"secret,omitempty"` // of the robot's signature
	Chat    string `yaml:"chat,omitempty"`   // oc_…
}

func (f *Feishu) check(bad complain) {
	const at = "channels.feishu"
	address(at+".api", f.API, bad)
	reference(at+".verification_token", f.Token, bad)
	reference(at+".encrypt_key", f.EncryptKey, bad)
	app := false
	eachRoom("feishu", f.Rooms, bad, func(at string, r FeishuRoom) {
		reference(at+".webhook", r.Webhook, bad)
		reference(at+".secret", r.Secret, bad)
		if (r.Webhook == "") == (r.Chat == "") {
			bad(at, "want either webhook or chat")
		}
		app = app || r.Chat != ""
	})
	if app {
		needed(at+".secret", f.Secret, bad)
		if f.App == "" {
			bad(at+".app", "is missing; a room with chat needs the app")
		}
	}
}
