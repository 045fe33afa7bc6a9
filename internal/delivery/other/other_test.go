package other

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A kind is one service as the test plays it: what it wants, and what it answers.
type kind struct {
	url     string // of the room; HOST is the provider
	right   func(s deliverytest.Seen) bool
	answers map[deliverytest.Behaviour]string // "STATUS BODY"
	wrong   string                            // when right is false
	mark    func(s deliverytest.Seen) string
}

func header(s deliverytest.Seen) string { return s.Header.Get("Idempotency-Key") }

func kinds() map[string]kind {
	return map[string]kind{
		"ntfy": {
			url: "ntfy://:s3cret-token@HOST/alerts?scheme=http", mark: header,
			right: func(s deliverytest.Seen) bool {
				return s.Header.Get("Authorization") == "Bearer s3cret-token" && s.JSON("topic") == "alerts" && s.JSON("message") != ""
			},
			wrong: `403 {"code":40301,"http":403,"error":"forbidden"}`,
			answers: map[deliverytest.Behaviour]string{
				deliverytest.Later: `500 {"code":50001,"error":"x\r\n"}`, deliverytest.Slower: `429 {"code":42901,"error":"limit reached"}`,
				deliverytest.Refuse: `413 {"code":41301}`, deliverytest.Nobody: `404 {"code":40401}`, deliverytest.Accept: `200 {"id":"msg1","event":"message"}`,
			},
		},
		"gotify": {
			url: "gotify://HOST/s3cret-token?disabletls=yes", mark: header,
			right: func(s deliverytest.Seen) bool {
				return s.Path == "/message" && s.Header.Get("X-Gotify-Key") == "s3cret-token" && s.JSON("message") != ""
			},
			wrong: `401 {"error":"Unauthorized","errorCode":401}`,
			answers: map[deliverytest.Behaviour]string{
				deliverytest.Later: `500 {}`, deliverytest.Slower: `503 {}`, deliverytest.Refuse: `400 {"errorCode":400}`, deliverytest.Nobody: `410 {}`, deliverytest.Accept: `200 {"id":25}`,
			},
		},
		"matrix": {
			url:  "matrix://:s3cret-token@HOST/?rooms=!abc:example.org&disableTLS=yes",
			mark: func(s deliverytest.Seen) string { return s.Path[strings.LastIndex(s.Path, "/")+1:] },
			right: func(s deliverytest.Seen) bool {
				return s.Method == http.MethodPut && strings.HasPrefix(s.Path, "/_matrix/client/v3/rooms/!abc:example.org/send/m.room.message/") && s.Header.Get("Authorization") == "Bearer s3cret-token"
			},
			wrong: `401 {"errcode":"M_UNKNOWN_TOKEN"}`,
			answers: map[deliverytest.Behaviour]string{
				deliverytest.Later: `502 bad`, deliverytest.Slower: `429 {"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2000}`, deliverytest.Refuse: `413 {"errcode":"M_TOO_LARGE"}`,
				deliverytest.Nobody: `404 {"errcode":"M_NOT_FOUND"}`, deliverytest.Accept: `200 {"event_id":"$ev1"}`,
			},
		},
		"discord": {
			url: "discord://s3cret-token@123456789", mark: header,
			right: func(s deliverytest.Seen) bool {
				list, _ := s.JSON("embeds").([]any)
				return s.Path == "/api/webhooks/123456789/s3cret-token" && len(list) == 1
			},
			wrong: `401 {"code":50027,"message":"Invalid Webhook Token"}`,
			answers: map[deliverytest.Behaviour]string{
				deliverytest.Later: `500 {}`, deliverytest.Slower: `429 {"retry_after":1.5,"global":false}`, deliverytest.Refuse: `400 {"code":50035}`,
				deliverytest.Nobody: `404 {"code":10015,"message":"Unknown Webhook"}`, deliverytest.Accept: `200 {"id":"1"}`,
			},
		},
		"pushover": {
			url: "pushover://shoutrrr:s3cret-token@uQiRzpo4DXghDmr9QzzfQu27cmVRsG/", mark: header,
			right: func(s deliverytest.Seen) bool {
				return s.Path == "/1/messages.json" && s.JSON("token") == "s3cret-token" && s.JSON("user") == "uQiRzpo4DXghDmr9QzzfQu27cmVRsG" && s.JSON("message") != ""
			},
			wrong: `400 {"token":"invalid","status":0,"errors":["application token is invalid"]}`,
			answers: map[deliverytest.Behaviour]string{
				deliverytest.Later: `500 {}`, deliverytest.Slower: `429 {"status":0}`, deliverytest.Refuse: `400 {"status":0,"message":"cannot be blank"}`,
				deliverytest.Nobody: `400 {"user":"invalid","status":0}`, deliverytest.Accept: `200 {"status":1,"request":"647d2300"}`,
			},
		},
	}
}

// toward leads every call to the provider, whatever host it was for.
type toward struct {
	host string
	next http.RoundTripper
}

func (t toward) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", t.host
	return t.next.RoundTrip(r)
}

func rig(t *testing.T, k kind) (*Channel, *deliverytest.Provider) {
	t.Helper()
	p := deliverytest.NewProvider(t, deliverytest.Play{
		Mark: k.mark,
		Message: func(w http.ResponseWriter, s deliverytest.Seen, how deliverytest.Behaviour) {
			said := k.answers[how]
			if !k.right(s) {
				said = k.wrong
			}
			status, body, _ := strings.Cut(said, " ")
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(map[string]int{"200": 200, "400": 400, "401": 401, "403": 403, "404": 404, "410": 410, "413": 413, "429": 429, "500": 500, "502": 502, "503": 503}[status])
			_, _ = io.WriteString(w, body)
		},
	})
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: toward{u.Host, p.Client.Transport}}
	address := strings.ReplaceAll(k.url, "HOST", u.Host)
	return New(client, map[string]Room{"ops": {deliverytest.Secret(address)}, "old": {deliverytest.Secret(strings.ReplaceAll(address, "s3cret-token", "s3cret-old"))}}, deliverytest.Setter(t), clock.System), p
}

func TestSuites(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
				c, p := rig(t, k)
				return deliverytest.Rig{Channel: c, Address: "ops", Behave: p.Behave, Marks: p.Marks, Secrets: []string{"s3cret"}}
			})
		})
	}
}

func TestWordsLinksAndFaults(t *testing.T) {
	t.Parallel()
	for name, k := range kinds() {
		c, p := rig(t, k)
		for _, m := range []delivery.Message{deliverytest.Chat("ops", "ntf_a"), deliverytest.Trial("ops")} {
			if got, err := c.Send(t.Context(), m); err != nil || got.Remote == "" {
				t.Fatalf("%s: %+v %v", name, got, err)
			}
		}
		body := string(p.Seen()[0].Body)
		for _, want := range []string{"RED: Earthquake M 6.9", "Stop work", "https://watch.example.org/"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %s lacks %s", name, body, want)
			}
		}
		if strings.Contains(body, "A. Surveyor") {
			t.Errorf("%s tells a person's name", name)
		}
		if _, err := c.Send(t.Context(), deliverytest.Chat("old", "ntf_a")); delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: a wrong key: %v", name, err)
		}
	}
}

func TestServiceAddressesThatLackAPart(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "https://s3cret.example/", "smtp://s3cret@host", "ntfy://s3cret.host", "ntfy:///topic", "gotify://s3cret.host/", "matrix://s3cret.host/?rooms=!a:b",
		"matrix://:s3cret@host/?rooms=!a:b,!c:d", "discord://123", "discord://s3cret@evil.example", "pushover://user", "ntfy://:s3cret@host:port/%zz", "s3cret",
	} {
		c := New(http.DefaultClient, map[string]Room{"ops": {deliverytest.Secret(address)}}, deliverytest.Setter(t), clock.System)
		if _, err := c.Send(t.Context(), deliverytest.Chat("ops", "ntf_a")); delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestMatrixUpdatesStandInTheThread(t *testing.T) {
	t.Parallel()
	c, p := rig(t, kinds()["matrix"])
	if got, err := c.Send(t.Context(), deliverytest.Over("ops", "ntf_b", "$ev0")); err != nil || got.Remote != "$ev0" {
		t.Fatalf("%+v %v", got, err)
	}
	if got := p.Seen()[0].JSON("m.relates_to", "event_id"); got != "$ev0" {
		t.Errorf("%v", got)
	}
}
