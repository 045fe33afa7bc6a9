package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"watchfire.dev/internal/config"
)

const goodChannels = `
base_url: https://watch.example.org
mail:
  host: smtp.example.org
  from: Watchfire <watch@example.org>
  reply_to: replies+{key}@example.org
  hook_secret: env:HOOK
  dkim: {selector: w1, key: file:/etc/watchfire/dkim.pem}
  replies: {host: imap.example.org, user: replies, password: env:IMAP}
channels:
  sms:
    gateway:
      url: https://sms.example/send
      header: {Content-Type: application/json, Authorization: "Bearer {{.Secret}}"}
      body: '{"to": "{{.To}}", "text": "{{.Text}}", "ref": "{{.Key}}"}'
      secret: env:SMS
      id_path: messages.0.id
      errors: [{match: UNKNOWN_SUBSCRIBER, kind: dead}]
      callback: {secret: env:SMS_BACK, header: X-Secret, id: id, status: status, states: {DELIVRD: delivered, UNDELIV: failed}, from: from, text: text}
  voice: {account: AC1, token: env:TWILIO, from: "+15005550006", voices: {sw: {language: sw-KE, voice: Google.sw-KE-Standard-A}}}
  whatsapp:
    number: "106540352242922"
    token: env:WA
    app_secret: env:WA_SECRET
    verify_token: env:WA_VERIFY
    template: {name: alarm, parameters: [subject, link], buttons: [have_it, need_help]}
  telegram: {token: env:TG, hook: true, secret: env:TG_SECRET}
  webpush: {contact: duty@example.org}
`

// TestConfigurationOfChannels: a whole set-up passes, and each thing that cannot work is
// named with its place.
func TestConfigurationOfChannels(t *testing.T) {
	t.Parallel()
	check := func(text string) string {
		file := filepath.Join(t.TempDir(), "w.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.Load(file, func(string) string { return "" })
		if err == nil {
			err = CheckChannels(cfg)
		}
		if err != nil {
			return err.Error()
		}
		return ""
	}
	if said := check(goodChannels); said != "" {
		t.Fatal(said)
	}
	for _, c := range []struct{ old, fresh, want string }{
		{"{{.Key}}", "{{.Ref}}", `gateway: body: "{{.Ref}}" is no place`},
		{"kind: dead", "kind: fatal", `kind "fatal"`},
		{"env:SMS_BACK", "geheim", "channels.sms.gateway.callback.secret: give env:NAME or file:PATH"},
		{`"+15005550006"`, "Watchfire", "voice: from"},
		{"token: env:WA\n", "token: geheim\n", "channels.whatsapp.token: give env:NAME or file:PATH"},
		{"[subject, link]", "[subject, name]", `parameter "name"`},
		{"    app_secret: env:WA_SECRET\n", "", "channels.whatsapp: app_secret and verify_token belong together"},
		{", secret: env:TG_SECRET", "", "channels.telegram.secret: is missing"},
		{"{token: env:TG,", "{tocken: env:TG,", "tocken"},
		{"selector: w1, ", "", "mail.dkim.selector: is missing"},
		{"replies+{key}@example.org", "replies", "mail.reply_to"},
		{"password: env:IMAP", "password: geheim", "mail.replies.password"},
		{"contact: duty@example.org", "contact: duty", "channels.webpush.contact"},
	} {
		said := check(strings.Replace(goodChannels, c.old, c.fresh, 1))
		if !strings.Contains(said, c.want) || strings.Contains(said, "geheim") {
			t.Errorf("%s → %s: %s", c.old, c.fresh, said)
		}
	}
}
