package config

// Voice calls telephones through a provider with Twilio's interface.
type Voice struct {
	Base    string                `yaml:"base,omitempty"` // default https://api.twilio.com
	Account string                `yaml:"account"`
	Token   Secret                `yaml:"token"`
	From    string                `yaml:"from"`           // number that calls
	Ring    int                   `yaml:"ring,omitempty"` // seconds; default 40
	Voices  map[string]VoiceSpeak `yaml:"voices,omitempty"`
}

// VoiceSpeak says who reads a language aloud.
type VoiceSpeak struct {
	Language string `yaml:"language"`        // en-GB
	Name     string `yaml:"voice,omitempty"` // Polly.Amy
}

func (v *Voice) check(bad complain) {
	(&Twilio{Base: v.Base, Account: v.Account, Token: v.Token}).check("channels.voice", bad)
	if v.From == "" {
		bad("channels.voice.from", "is missing")
	}
}
