package config

// WhatsApp sends through the WhatsApp Cloud API.
type WhatsApp struct {
	Base     string           `yaml:"base,omitempty"` // default https://graph.facebook.com and a version
	Number   string           `yaml:"number"`         // phone number id, not the number
	Token    Secret           `yaml:"token"`
	Secret   Secret           `yaml:"app_secret,omitempty"`   // signs callbacks; without it none counts
	Verify   Secret           `yaml:"verify_token,omitempty"` // word of your own, given to Meta with the hook
	Template WhatsAppTemplate `yaml:"template"`
	Over     WhatsAppTemplate `yaml:"template_over,omitempty"` // for what needs no answer; default: template without buttons
}

// WhatsAppTemplate is approved at Meta beforehand.
type WhatsAppTemplate struct {
	Name       string            `yaml:"name,omitempty"`
	Languages  map[string]string `yaml:"languages,omitempty"`  // ours → theirs: zh: zh_CN
	Parameters []string          `yaml:"parameters,omitempty"` // subject, lines, text, link, level, project
	Buttons    []string          `yaml:"buttons,omitempty"`    // have_it, need_help, cannot, safe, leave
}

func (w *WhatsApp) check(bad complain) {
	const at = "channels.whatsapp"
	if w.Number == "" {
		bad(at+".number", "is missing: the phone number id of the app's page")
	}
	if w.Template.Name == "" {
		bad(at+".template.name", "is missing: outside 24 hours Meta takes templates alone")
	}
	address(at+".base", w.Base, bad)
	needed(at+".token", w.Token, bad)
	reference(at+".app_secret", w.Secret, bad)
	reference(at+".verify_token", w.Verify, bad)
	if (w.Secret == "") != (w.Verify == "") {
		bad(at, "app_secret and verify_token belong together: Meta asks for the one and signs with the other")
	}
}
