package config

// WeCom speaks to groups through their robots, and to users, parties and tags as application.
type WeCom struct {
	API      string               `yaml:"api,omitempty"` // default https://qyapi.weixin.qq.com
	Corp     string               `yaml:"corp,omitempty"`
	Agent    int                  `yaml:"agent,omitempty"`
	Secret   Secret               `yaml:"secret,omitempty"`
	Callback *WeComCallback       `yaml:"callback,omitempty"` // buttons call back; without it they open the page
	Rooms    map[string]WeComRoom `yaml:"rooms"`
}

// WeComCallback proves what WeCom posts to us.
type WeComCallback struct {
	Token  Secret `yaml:"token"`
	AESKey Secret `yaml:"aes_key"` // 43 characters
}

// WeComRoom is a group with a robot, or those whom the application tells.
type WeComRoom struct {
	Webhook Secret   `yaml:"webhook,omitempty"`
	Users   []string `yaml:"users,omitempty"` // user ids; "@all" = everybody who sees the application
	Parties []string `yaml:"parties,omitempty"`
	Tags    []string `yaml:"tags,omitempty"`
}

func (w *WeCom) check(bad complain) {
	const at = "channels.wecom"
	address(at+".api", w.API, bad)
	app := false
	eachRoom("wecom", w.Rooms, bad, func(at string, r WeComRoom) {
		reference(at+".webhook", r.Webhook, bad)
		people := len(r.Users)+len(r.Parties)+len(r.Tags) > 0
		if (r.Webhook != "") == people {
			bad(at, "want either webhook, or users, parties and tags")
		}
		app = app || people
	})
	if app {
		needed(at+".secret", w.Secret, bad)
		if w.Corp == "" || w.Agent == 0 {
			bad(at, "a room without webhook needs corp and agent of the application")
		}
	}
	if w.Callback != nil {
		needed(at+".callback.token", w.Callback.Token, bad)
		needed(at+".callback.aes_key", w.Callback.AESKey, bad)
	}
}
