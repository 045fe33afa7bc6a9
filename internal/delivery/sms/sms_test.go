package sms

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/delivery/segment"
	"watchfire.dev/internal/delivery/twilio"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

var now = time.Date(2026, 10, 7, 4, 6, 2, 0, time.UTC)

func TestTwilioSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		e := newEnd(t)
		return deliverytest.Rig{
			Channel: open(t, twilioConfig(e)), Address: to, Behave: e.behave, Marks: e.seen, Secrets: []string{token, to, to[1:]},
		}
	})
}

func TestGatewaySuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		e := newEnd(t)
		return deliverytest.Rig{
			Channel: open(t, gatewayConfig(e)), Address: to, Behave: e.behave, Marks: e.seen, Secrets: []string{"gateway-s3cret", to, to[1:]},
		}
	})
}

// signed is a callback as Twilio sends it.
func signed(query string, fields ...string) delivery.Request {
	form := url.Values{"AccountSid": {sid}, "ApiVersion": {"2010-04-01"}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	at := hookAt + query
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	h.Set("X-Twilio-Signature", twilio.Sign(token, at, form))
	q, _ := url.ParseQuery(strings.TrimPrefix(query, "?"))
	return delivery.Request{Method: "POST", URL: at, Query: q, Header: h, Body: []byte(form.Encode()), At: now}
}

func late(n string, s response.State, k delivery.FaultKind) delivery.Heard {
	return delivery.Heard{Receipts: []delivery.Late{{Notification: n, Remote: "SM1", State: s, Kind: k}}}
}

func replied(text string, said delivery.Said) deliverytest.HookCall {
	return deliverytest.HookCall{
		Request: signed("", "MessageSid", "SM9", "SmsStatus", "received", "From", to, "To", "+15005550006", "Body", text),
		Want:    delivery.Heard{Replies: []delivery.Reply{{ID: "SM9", From: to, Said: said, Text: text, At: now}}},
	}
}

func status(fields ...string) delivery.Request {
	return signed("?n=ntf_a", append([]string{"MessageSid", "SM1", "To", to}, fields...)...)
}

func TestTwilioHook(t *testing.T) { //nolint:paralleltest // subtests share a channel
	e := newEnd(t)
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: open(t, twilioConfig(e)), Secrets: []string{token, to[1:]},
		Calls: map[string]deliverytest.HookCall{
			"queued":       {Request: status("MessageStatus", "queued"), Want: late("ntf_a", response.Queued, "")},
			"sent":         {Request: status("MessageStatus", "sent"), Want: late("ntf_a", response.Sent, "")},
			"delivered":    {Request: status("MessageStatus", "delivered"), Want: late("ntf_a", response.Delivered, "")},
			"unreachable":  {Request: status("MessageStatus", "undelivered", "ErrorCode", "30003"), Want: late("ntf_a", response.Failed, delivery.Retry)},
			"blocked":      {Request: status("MessageStatus", "undelivered", "ErrorCode", "30004"), Want: late("ntf_a", response.Failed, delivery.Refused)},
			"no such":      {Request: status("MessageStatus", "undelivered", "ErrorCode", "30005"), Want: late("ntf_a", response.Failed, delivery.Dead)},
			"landline":     {Request: status("MessageStatus", "failed", "ErrorCode", "30006"), Want: late("ntf_a", response.Failed, delivery.Dead)},
			"filtered":     {Request: status("MessageStatus", "undelivered", "ErrorCode", "30007"), Want: late("ntf_a", response.Failed, delivery.Refused)},
			"unknown":      {Request: status("MessageStatus", "undelivered", "ErrorCode", "30008"), Want: late("ntf_a", response.Failed, delivery.Retry)},
			"unsubscribed": {Request: status("MessageStatus", "failed", "ErrorCode", "21610"), Want: late("ntf_a", response.Failed, delivery.Dead)},
			"no key":       {Request: signed("", "MessageSid", "SM1", "MessageStatus", "delivered"), Want: late("", response.Delivered, "")},
			"reply 1":      replied("1", delivery.SaidHaveIt), "reply full width": replied("２", delivery.SaidHelp), "reply arabic": replied("٣", delivery.SaidCannot),
			"safe": replied("Safe!", delivery.SaidSafe), "words": replied("1 person is missing", delivery.SaidOther),
			"stop": {
				Request: signed("", "MessageSid", "SM9", "From", to, "Body", "ARRETEZ", "OptOutType", "STOP"),
				Want:    delivery.Heard{Replies: []delivery.Reply{{ID: "SM9", From: to, Said: delivery.SaidLeave, Text: "ARRETEZ", At: now}}},
			},
		},
		Forge: map[string]func(r delivery.Request) delivery.Request{
			"no signature": func(r delivery.Request) delivery.Request { r.Header = http.Header{}; return r },
			"other body":   func(r delivery.Request) delivery.Request { r.Body = append([]byte("Aa=1&"), r.Body...); return r },
			"other key":    func(r delivery.Request) delivery.Request { r.URL = hookAt + "?n=ntf_b"; return r },
		},
		Garbage: []delivery.Request{signed("", "MessageStatus", "sent"), signed("", "MessageSid", "SM1", "From", "Anna", "Body", "1"), signed("", "MessageSid", "SM1")},
	})
}

func gatewaySigned(body string) delivery.Request {
	mac := hmac.New(sha256.New, []byte("callback-s3cret"))
	mac.Write([]byte(body))
	h := http.Header{}
	h.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return delivery.Request{Method: "POST", URL: hookAt, Header: h, Body: []byte(body), At: now}
}

func result(state string) delivery.Request {
	return gatewaySigned(`{"results":[{"id":"SM1","ref":"ntf_a","status":"` + state + `","error":7,"to":"` + to + `"}]}`)
}

func TestGatewayHook(t *testing.T) { //nolint:paralleltest // subtests share a channel
	e := newEnd(t)
	deliverytest.RunHook(t, deliverytest.HookRig{
		Channel: open(t, gatewayConfig(e)), Secrets: []string{"callback-s3cret", to[1:]},
		Calls: map[string]deliverytest.HookCall{
			"delivered": {Request: result("delivrd"), Want: late("ntf_a", response.Delivered, "")},
			"failed":    {Request: result("UNDELIV"), Want: late("ntf_a", response.Failed, delivery.Refused)},
			"dead":      {Request: result("UNKNOWN_SUBSCRIBER"), Want: late("ntf_a", response.Failed, delivery.Dead)},
			"en route":  {Request: result("ENROUTE"), Want: late("ntf_a", response.Queued, "")},
			"new word":  {Request: result("TELEPATHY"), Want: delivery.Heard{}},
			"reply": {
				Request: gatewaySigned("from=254700000001&text=%E6%94%B6%E5%88%B0&id=77"),
				Want:    delivery.Heard{Replies: []delivery.Reply{{ID: "77", From: to, Said: delivery.SaidHaveIt, Text: "收到", At: now}}},
			},
		},
		Forge: map[string]func(r delivery.Request) delivery.Request{
			"no signature": func(r delivery.Request) delivery.Request { r.Header = http.Header{}; return r },
			"other body":   func(r delivery.Request) delivery.Request { r.Body = append([]byte(" "), r.Body...); return r },
		},
		Garbage: []delivery.Request{gatewaySigned("{"), gatewaySigned(""), gatewaySigned("a=%zz"), gatewaySigned(`{"results":[]}`), gatewaySigned("from=Anna&text=1&id=2")},
	})
}

func TestNumbersOfTheProvider(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]delivery.FaultKind{
		21211: delivery.Dead, 21614: delivery.Dead, 21610: delivery.Dead, 20003: delivery.Misset, 21606: delivery.Misset, 21408: delivery.Misset,
		20429: delivery.Overload, 14107: delivery.Overload, 21611: delivery.Overload, 30007: delivery.Refused, 99999: delivery.Refused,
	} {
		e := newEnd(t)
		e.code = code
		_, err := open(t, twilioConfig(e)).Send(t.Context(), deliverytest.Message(to, "ntf_a"))
		if delivery.KindOf(err) != want || strings.Contains(err.Error(), to[1:]) {
			t.Errorf("%d: %v, want %s", code, err, want)
		}
	}
	e := newEnd(t)
	cfg := twilioConfig(e)
	cfg.Twilio.Token = secret("wr0ng")
	if _, err := open(t, cfg).Send(t.Context(), deliverytest.Message(to, "ntf_a")); delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("wrong token: %v", err)
	}
}

func TestTwilioForm(t *testing.T) {
	t.Parallel()
	e := newEnd(t)
	m := deliverytest.Message(to, "ntf_a")
	m.Short = "RED: quake 6.9 – Camp 2\u202e now. Reply 1"
	got, err := open(t, twilioConfig(e)).Send(t.Context(), m)
	if err != nil || got.State != response.Queued || got.Remote != "SM1" {
		t.Fatalf("%+v %v", got, err)
	}
	f := e.forms[0]
	if f.Get("Body") != "RED: quake 6.9 - Camp 2 now. Reply 1" || f.Get("From") != "+15005550006" || f.Get("StatusCallback") != hookAt+"?n=ntf_a" {
		t.Errorf("%v", f)
	}
}

func TestGatewayEscapes(t *testing.T) {
	t.Parallel()
	e := newEnd(t)
	m := deliverytest.Message(to, "ntf_a")
	m.Short = "say \"{{.Secret}}\" \\ \n now"
	if _, err := open(t, gatewayConfig(e)).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	var doc struct{ To, From, Text string }
	if err := json.Unmarshal([]byte(e.raw[0]), &doc); err != nil || doc.To != to || doc.Text != m.Short {
		t.Errorf("%+v %v", doc, err)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	c := open(t, twilioConfig(newEnd(t)))
	for in, want := range map[string]string{
		"see https://evil.example/x now":          "see (...) now",
		"see https://watch.example.org/a/tok.":    "see https://watch.example.org/a/tok.",
		"https://watch.example.org@evil.example/": "(...)", "https://user@watch.example.org/": "(...)", "https://watch.example.org.evil.example/": "(...)",
		"go to evil.example/login": "go to evil. example/login", "www.evil.example": "(...)", "javascript://x": "(...)",
		"M 6.9 at 04:06\x00\x1b[31m": "M 6.9 at 04:06  [31m", "a\u202eb\u2066c\u200f": "abc", "Св.Пётр": "Св. Пётр",
	} {
		if got := c.clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	m := deliverytest.Message(to, "ntf_a")
	if got := c.text(m); !strings.HasSuffix(got, "\n"+m.AnswerURL) || !strings.HasPrefix(got, "RED: Earthquake") {
		t.Errorf("%q", got)
	}
	for _, long := range []string{strings.Repeat("ab ", 400), strings.Repeat("警", 500)} {
		m.Subject = long
		got := c.text(m)
		if _, n, _, _ := segment.Count(got); n > segments || !strings.HasSuffix(got, "\n"+m.AnswerURL) {
			t.Errorf("%d segments, %q", n, got[max(0, len(got)-60):])
		}
		m.Short = long
		if _, n, _, _ := segment.Count(c.text(m)); n != segments {
			t.Errorf("short: %d segments", n)
		}
		m.Short = ""
	}
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	t.Parallel()
	e := newEnd(t)
	for name, spoil := range map[string]func(c *Config){
		"nothing":         func(c *Config) { c.Gateway = nil },
		"both":            func(c *Config) { c.Twilio = &Twilio{} },
		"unknown place":   func(c *Config) { c.Gateway.Body += "{{.Token}}" },
		"open place":      func(c *Config) { c.Gateway.Body += "{{.To" },
		"no text":         func(c *Config) { c.Gateway.Body = "{{.To}}" },
		"no address":      func(c *Config) { c.Gateway.URL = "ftp://x/{{.To}}" },
		"odd method":      func(c *Config) { c.Gateway.Method = "SEND" },
		"odd expression":  func(c *Config) { c.Gateway.OK = "(" },
		"odd kind":        func(c *Config) { c.Gateway.Errors = []Mean{{"x", "fatal"}} },
		"odd state":       func(c *Config) { c.Gateway.Back.States["X"] = "gone" },
		"no proof":        func(c *Config) { c.Gateway.Back.Signature = "" },
		"reply from none": func(c *Config) { c.Gateway.Back.From = "" },
	} {
		cfg := gatewayConfig(e)
		spoil(&cfg)
		if _, err := New(cfg); !errors.Is(err, fault.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzFields(f *testing.F) {
	f.Add(`{"results":[{"id":"SM1"}]}`, "results.0.id")
	f.Add("a=1&b=2", "a")
	f.Fuzz(func(t *testing.T, body, name string) {
		if field, err := fields(delivery.Request{Body: []byte(body)}); err == nil {
			field(name)
		}
	})
}
