package config

// PagerDuty gets events for services.
type PagerDuty struct {
	API   string                   `yaml:"api,omitempty"` // default https://events.pagerduty.com; Europe: https://events.eu.pagerduty.com
	Rooms map[string]PagerDutyRoom `yaml:"rooms"`
}

// PagerDutyRoom is the integration of a service.
type PagerDutyRoom struct {
	Key     Secret `yaml:"integration_key"`
	Webhook Secret `yaml:"webhook_secret,omitempty"` // of the service's webhook subscription: acknowledgements come back
}

func (p *PagerDuty) check(bad complain) {
	address("channels.pagerduty.api", p.API, bad)
	eachRoom("pagerduty", p.Rooms, bad, func(at string, r PagerDutyRoom) {
		needed(at+".integration_key", r.Key, bad)
		reference(at+".webhook_secret", r.Webhook, bad)
	})
}
