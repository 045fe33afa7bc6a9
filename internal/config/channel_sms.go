package config

// SMS sends short messages: through a provider with Twilio's interface, or any HTTP gateway.
type SMS struct {
	Segments int         `yaml:"segments,omitempty"` // most segments of one message; default 3
	Twilio   *Twilio     `yaml:"twilio,omitempty"`
	Gateway  *SMSGateway `yaml:"gateway,omitempty"`
}

// Twilio is an account with a provider that speaks Twilio's interface.
type Twilio struct {
	Base    string `yaml:"base,omitempty"` // default https://api.twilio.com
	Account string `yaml:"account"`
	Token   Secret `yaml:"token"`
	From    string `yaml:"from,omitempty"`    // number, or name where the country allows it
	Service string `yaml:"service,omitempty"` // or a messaging service (MG…)
}

// SMSGateway describes an HTTP interface; docs/channels.md has the places of the templates.
type SMSGateway struct {
	Method   string            `yaml:"method,omitempty"` // default POST
	URL      string            `yaml:"url"`
	Header   map[string]string `yaml:"header,omitempty"`
	Body     string            `yaml:"body,omitempty"`
	From     string            `yaml:"from,omitempty"`
	User     string            `yaml:"user,omitempty"` // with secret: basic auth
	Secret   Secret            `yaml:"secret,omitempty"`
	OK       string            `yaml:"ok,omitempty"`      // the answer must match
	IDPath   string            `yaml:"id_path,omitempty"` // messages.0.id
	IDExpr   string            `yaml:"id_expr,omitempty"` // first group
	Errors   []SMSError        `yaml:"errors,omitempty"`
	Callback *SMSCallback      `yaml:"callback,omitempty"`
}

// SMSError says what an answer means that matches.
type SMSError struct {
	Match string `yaml:"match"`
	Kind  string `yaml:"kind"` // retry, refused, dead, misset, overload
}

// SMSCallback names the fields of what the gateway posts to us.
type SMSCallback struct {
	Secret    Secret            `yaml:"secret"`
	Header    string            `yaml:"header,omitempty"`    // that holds the secret
	Signature string            `yaml:"signature,omitempty"` // or HMAC-SHA-256 of the body
	ID        string            `yaml:"id,omitempty"`
	Key       string            `yaml:"key,omitempty"`
	Status    string            `yaml:"status,omitempty"`
	States    map[string]string `yaml:"states,omitempty"`
	Error     string            `yaml:"error,omitempty"`
	From      string            `yaml:"from,omitempty"`
	Text      string            `yaml:"text,omitempty"`
	ReplyID   string            `yaml:"reply_id,omitempty"`
}

func (s *SMS) check(bad complain) {
	switch {
	case (s.Twilio == nil) == (s.Gateway == nil):
		bad("channels.sms", "want either twilio or gateway")
	case s.Twilio != nil:
		s.Twilio.check("channels.sms.twilio", bad)
		if (s.Twilio.From == "") == (s.Twilio.Service == "") {
			bad("channels.sms.twilio", "want either from or service")
		}
	default:
		reference("channels.sms.gateway.secret", s.Gateway.Secret, bad)
		if c := s.Gateway.Callback; c != nil {
			needed("channels.sms.gateway.callback.secret", c.Secret, bad)
		}
	}
}

func (t *Twilio) check(at string, bad complain) {
	if t.Account == "" {
		bad(at+".account", "is missing")
	}
	address(at+".base", t.Base, bad)
	needed(at+".token", t.Token, bad)
}
