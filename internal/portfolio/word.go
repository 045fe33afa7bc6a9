package portfolio

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"watchfire.dev/internal/event"
)

// checkCode holds that a code can stand in an address, a subject line and a file name.
func checkCode(code string) error {
	ok := code != "" && utf8.RuneCountInString(code) <= MaxCode && utf8.ValidString(code)
	for i, r := range code {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
		ok = ok && (letter || (i > 0 && strings.ContainsRune("._-", r)))
	}
	switch {
	case ok:
		return nil
	case code == "":
		return invalid("a code is needed, as in \"nacala-port\"")
	default:
		return invalidf("%s is not a code: use letters, digits, \".\", \"_\" and \"-\", at most %d, a letter or digit first", Quote(code), MaxCode)
	}
}

// checkText refuses what could break out of a line, a mail header or a table cell:
// control characters, bidirectional overrides, line separators, broken UTF-8.
func checkText(text string, limit int, required bool) error {
	switch {
	case text == "" && required:
		return invalid("is empty: fill it in")
	case strings.TrimSpace(text) != text:
		return invalidf("%s begins or ends with a space", Quote(text))
	case utf8.RuneCountInString(text) > limit:
		return invalidf("%s has %d characters, at most %d", Quote(text), utf8.RuneCountInString(text), limit)
	}
	for _, r := range text {
		if unprintable(r) {
			return invalidf("%s holds the character %U, which cannot be shown: delete it", Quote(text), r)
		}
	}
	return nil
}

// unprintable lists control and line-breaking characters, bidirectional controls (which
// can make a text read as another), the byte order mark, noncharacters, and U+FFFD, which
// is what is left of a character lost in a wrong encoding.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
		(r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069') ||
		r == '\ufeff' || r == utf8.RuneError || r&0xfffe == 0xfffe || (r >= '\ufdd0' && r <= '\ufdef')
}

// lookup remembers the answer for a word of a kind.
func (c *checker) lookup(kind, word string, ask func() error) error {
	err, known := c.words[kind+word]
	if !known {
		err = ask()
		c.words[kind+word] = err
	}
	return err
}

func (c *checker) country(code string) error {
	return c.lookup("country ", code, func() error {
		region, err := language.ParseRegion(code)
		if err == nil && len(code) == 2 && region.IsCountry() && region.Canonicalize().String() == code {
			return nil
		}
		if code == "" {
			return invalid("a country is needed: write ISO 3166-1 alpha-2 as in \"PK\"")
		}
		if err == nil && region.IsCountry() {
			return invalidf("%s is not a country code: %q is meant", Quote(code), region.Canonicalize().String())
		}
		return invalidf("%s is not a country: write ISO 3166-1 alpha-2 as in \"PK\"", Quote(code))
	})
}

func (c *checker) zone(name string, required bool) error {
	if name == "" {
		if required {
			return invalid("a time zone is needed: write an IANA name as in \"Asia/Karachi\"")
		}
		return nil
	}
	return c.lookup("zone ", name, func() error {
		if _, err := time.LoadLocation(name); err != nil || name == "Local" {
			return invalidf("%s is not a time zone: write an IANA name as in \"Asia/Karachi\"", Quote(name))
		}
		return nil
	})
}

func (c *checker) language(tag string) error {
	if tag == "" {
		return invalid("a language is needed: write a BCP 47 tag as in \"en\" or \"pt-MZ\"")
	}
	return c.lookup("language ", tag, func() error {
		if t, err := language.Parse(tag); err != nil || t == language.Und || len(tag) > MaxCode {
			return invalidf("%s is not a language: write a BCP 47 tag as in \"en\" or \"pt-MZ\"", Quote(tag))
		}
		return nil
	})
}

func checkKind(k Kind) error {
	if slices.Contains(Kinds(), k) {
		return nil
	}
	return invalidf("%s is not a kind of asset: write site, route, person, supplier or counterparty", Quote(string(k)))
}

func checkShifts(shifts []Shift) error {
	if len(shifts) > MaxShifts {
		return invalidf("%d shifts, at most %d", len(shifts), MaxShifts)
	}
	for _, s := range shifts {
		if err := checkListText(s.Name); err != nil {
			return err
		}
		last := s.Name[strings.LastIndex(s.Name, " ")+1:]
		if strings.Join(strings.Fields(s.Name), " ") != s.Name || (last != "" && looksLikeHours(last)) {
			return invalidf("shift name %s: use words with single spaces, not hours", Quote(s.Name))
		}
		if s.From < 0 || s.From >= 24*60 || s.To < 0 || s.To >= 24*60 {
			return invalidf("shift %s runs from minute %d to %d: both lie in 0 to 1439", Quote(s.Name), s.From, s.To)
		}
		if s.Count < 0 || s.Count > MaxCount {
			return invalidf("shift %s has %d people: 0 to %d", Quote(s.Name), s.Count, MaxCount)
		}
	}
	return nil
}

func checkRadii(radii []Radius) error {
	if len(radii) > MaxRadii {
		return invalidf("%d radii, at most %d", len(radii), MaxRadii)
	}
	families := map[event.Hazard]event.Hazard{}
	for _, r := range radii {
		if !r.Hazard.Known() {
			return invalidf("%s is not a hazard: write one of %s", Quote(string(r.Hazard)), hazardWords())
		}
		if !(r.KM > 0 && r.KM <= 20_000) {
			return invalidf("%s=%s: a radius lies above 0 and up to 20000 km", r.Hazard, FormatNumber(r.KM))
		}
		if other, ok := families[r.Hazard.Family()]; ok {
			return invalidf("%s and %s share one radius: keep one of them", other, r.Hazard)
		}
		families[r.Hazard.Family()] = r.Hazard
	}
	return nil
}

func hazardWords() string {
	var words []string
	for _, h := range event.Hazards() {
		words = append(words, string(h))
	}
	return strings.Join(words, ", ")
}

func checkTags(tags []string) error {
	if len(tags) > MaxTags {
		return invalidf("%d tags, at most %d", len(tags), MaxTags)
	}
	for _, t := range tags {
		if t == "" {
			return invalid("a tag is empty")
		}
		if err := checkListText(t); err != nil {
			return err
		}
	}
	return nil
}

// checkListText is checkText for a part of a list whose parts are separated by semicolons.
func checkListText(text string) error {
	if strings.Contains(text, ";") {
		return invalidf("%s holds a semicolon, which separates the parts of a list", Quote(text))
	}
	return checkText(text, MaxText, false)
}

func checkChannels(channels []Address) error {
	if len(channels) == 0 {
		return invalid("no channel: nobody can be told; write as in \"email:name@example.org\"")
	}
	if len(channels) > MaxChannels {
		return invalidf("%d channels, at most %d", len(channels), MaxChannels)
	}
	for _, c := range channels {
		if err := checkAddress(c); err != nil {
			return err
		}
	}
	return nil
}

func checkAddress(a Address) error {
	if strings.ContainsAny(a.Address, "; \t\r\n") || len(a.Address) > 2000 || checkText(a.Address, 2000, true) != nil {
		return invalidf("address %s is empty, too long or holds a space, semicolon or control character", Quote(a.Address))
	}
	switch a.Channel {
	case "email":
		if m, err := mail.ParseAddress(a.Address); err != nil || m.Address != a.Address || m.Name != "" {
			return invalidf("%s is not an e-mail address: write it as \"email:name@example.org\"", Quote(a.Address))
		}
	case "webhook", "cap":
		u, err := url.Parse(a.Address)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
			return invalidf("%s is not a web address: write it as \"%s:https://example.org/hook\"", Quote(a.Address), a.Channel)
		}
		if u.User != nil {
			return invalid("a web address with a password in it would be exported with the portfolio: remove name and password")
		}
	case "sms", "voice", "whatsapp":
		if !telephone(a.Address) {
			return invalidf("%s is not a telephone number: write it with its country, as in \"%s:+254700000000\"", Quote(a.Address), a.Channel)
		}
	case "webpush":
		if !named(a.Address) {
			return invalidf("%s is not a device: it is added on the device itself, from the contact's page", Quote(a.Address))
		}
	case "telegram":
		if !chat(a.Address) {
			return invalidf("%s is not a chat: write its number, as in \"telegram:-1001234567890\"", Quote(a.Address))
		}
	case "wecom", "dingtalk", "feishu", "slack", "teams", "pagerduty", "mqtt", "other":
		if !named(a.Address) {
			return invalidf("%s is not the name of a room: write one of the configuration's channels, as in \"%s:ops\"", Quote(a.Address), a.Channel)
		}
	default:
		return invalidf("%s is not a channel: write one of %s", Quote(a.Channel), strings.Join(Channels(), ", "))
	}
	return nil
}

// telephone holds the form of ITU-T E.164: a plus and 7 to 15 digits, no zero in front.
func telephone(text string) bool {
	digits, plus := strings.CutPrefix(text, "+")
	return plus && len(digits) >= 7 && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

// chat holds the form of a chat's number, negative for a group.
func chat(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && len(digits) <= 20 && strings.Trim(digits, "0123456789") == ""
}

// named holds the form of a name that the configuration or a device gives: letters, digits,
// dot, dash and underscore. The secret address behind it never stands in the portfolio.
func named(text string) bool {
	return text != "" && len(text) <= 80 && strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}
