package config

// Telegram speaks for a bot of the Telegram Bot API.
type Telegram struct {
	Base   string `yaml:"base,omitempty"` // default https://api.telegram.org
	Token  Secret `yaml:"token"`
	Hook   bool   `yaml:"hook,omitempty"`   // Telegram calls us; default: we ask
	Secret Secret `yaml:"secret,omitempty"` // with hook: 1 to 256 of A-Z a-z 0-9 _ -
}

func (t *Telegram) check(bad complain) {
	const at = "channels.telegram"
	address(at+".base", t.Base, bad)
	needed(at+".token", t.Token, bad)
	if t.Hook {
		needed(at+".secret", t.Secret, bad)
	}
}
