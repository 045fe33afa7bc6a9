package voice

import (
	"encoding/xml"
	"fmt"
	"strings"
	"unicode"

	"watchfire.dev/internal/delivery"
)

// maxSpoken is in runes: the provider takes 4,000 characters of TwiML in one call, and
// nobody listens for longer than two minutes.
const maxSpoken = 1500

// voices are the languages that providers commonly speak. Swahili and Indonesian need a
// provider with Google's voices; the configuration can name others.
var voices = map[string]Voice{
	"en": {Language: "en-GB"}, "zh": {Language: "zh-CN"}, "fr": {Language: "fr-FR"}, "es": {Language: "es-ES"}, "pt": {Language: "pt-BR"},
	"ru": {Language: "ru-RU"}, "ar": {Language: "ar-XA"}, "sw": {Language: "sw-KE"}, "id": {Language: "id-ID"},
}

// spoken joins what is read aloud: the sentences made for a voice, or the subject and how to
// answer. The last sentence says the keys and is never left out.
func (c *Channel) spoken(m delivery.Message) string {
	sentences := m.Voice
	if len(sentences) == 0 {
		if strings.TrimSpace(clean(m.Subject)) == "" {
			return ""
		}
		sentences = []string{m.Subject}
		if m.AnswerURL != "" {
			sentences = append(sentences, c.cfg.Words(language(m.Language), "voice.keys"))
		}
	}
	last := clean(sentences[len(sentences)-1])
	var out []string
	room := maxSpoken - len([]rune(last))
	for _, s := range sentences[:len(sentences)-1] {
		s = clean(s)
		if n := len([]rune(s)); s == "" {
			continue
		} else if n > room {
			if len(out) == 0 && room > 0 { // better its beginning than nothing
				out = append(out, string([]rune(s)[:room]))
			}
			break
		}
		room -= len([]rune(s))
		out = append(out, s)
	}
	if r := []rune(last); len(r) > maxSpoken {
		last = string(r[:maxSpoken])
	}
	return strings.TrimSpace(strings.Join(append(out, last), " "))
}

// clean leaves what can be read aloud and stand in XML.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.So, r) || unicode.Is(unicode.Co, r) || r == 0xFFFE || r == 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

// call is the whole conversation: the text twice while a key is waited for, then the end.
func (c *Channel) call(text, key, lang string, asks bool) string {
	say := c.say(lang, text, 2)
	if asks && c.cfg.Callback != "" {
		say = c.gather(key, lang, say)
	}
	return "<Response>" + say + "<Hangup/></Response>"
}

// gather waits for one key while it speaks, and eight seconds more.
func (c *Channel) gather(key, lang, say string) string {
	return fmt.Sprintf(`<Gather input="dtmf" numDigits="1" timeout="8" method="POST" action="%s">%s</Gather>`, escaped(c.back(key, lang)), say)
}

func (c *Channel) say(lang, text string, times int) string {
	v, ok := c.cfg.Voices[lang]
	if !ok {
		v = voices[lang]
	}
	attributes := ""
	if v.Language != "" {
		attributes += ` language="` + escaped(v.Language) + `"`
	}
	if v.Name != "" {
		attributes += ` voice="` + escaped(v.Name) + `"`
	}
	one := "<Say" + attributes + ">" + escaped(text) + "</Say>"
	return one + strings.Repeat(`<Pause length="1"/>`+one, times-1)
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// twiml is an answer that the provider acts on.
func twiml(parts ...string) delivery.Answer {
	return delivery.Answer{Status: 200, Type: "text/xml; charset=utf-8", Body: []byte("<Response>" + strings.Join(parts, "") + "</Response>")}
}
