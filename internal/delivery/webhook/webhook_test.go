package webhook

import (
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	oldSecret = "whsec_b2xkIGtleSBvbGQga2V5IG9sZCBrZXkgMTIz"
	newSecret = "whsec_bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgMTIz"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func secrets(list ...string) Secrets {
	return func(string, string) ([]string, error) { return list, nil }
}

func TestSuite(t *testing.T) { //nolint:paralleltest // the suite looks for goroutines
	deliverytest.Run(t, func(t *testing.T) deliverytest.Rig {
		end := deliverytest.NewHTTPEnd(t, headerID)
		return deliverytest.Rig{
			Channel: New(end.Client, secrets(newSecret, oldSecret), clock.System), Address: end.URL, Behave: end.Behave, Marks: end.Marks,
			Secrets: []string{newSecret[6:], oldSecret[6:], "s3cret"},
		}
	})
}

// TestTheStandardLibraryVerifies lets an implementation that is not ours judge.
func TestTheStandardLibraryVerifies(t *testing.T) {
	t.Parallel()
	end := deliverytest.NewHTTPEnd(t, headerID)
	c := New(end.Client, secrets(newSecret, oldSecret), clock.System)
	got, err := c.Send(t.Context(), deliverytest.Message(end.URL, "ntf_a"))
	if err != nil || got.State != response.Sent || got.Remote != "ntf_a" || !strings.HasPrefix(got.Detail, "200 OK") {
		t.Fatalf("%+v, %v", got, err)
	}
	call := end.Calls()[0]
	for _, secret := range []string{oldSecret, newSecret} {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := wh.Verify(call.Body, call.Header); err != nil {
			t.Error(err)
		}
		if err := wh.Verify(append(call.Body, ' '), call.Header); err == nil {
			t.Error("a changed body verifies")
		}
	}
}

func TestWeVerifyWhatTheStandardLibrarySigns(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 7, 4, 0, 0, 0, time.UTC)
	body := []byte(`{"a":1}`)
	wh, err := standardwebhooks.NewWebhook(oldSecret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := wh.Sign("msg_1", now, body)
	if err != nil {
		t.Fatal(err)
	}
	good := func() http.Header {
		return http.Header{headerID: {"msg_1"}, headerTimestamp: {strconv.FormatInt(now.Unix(), 10)}, headerSignature: {"v2,xx " + signature}}
	}
	if id, at, err := Verify(good(), body, []string{newSecret, oldSecret}, now.Add(Tolerance)); err != nil || id != "msg_1" || !at.Equal(now) {
		t.Fatalf("%s %s %v", id, at, err)
	}
	for name, c := range map[string]struct {
		spoil   func(h http.Header)
		body    string
		secrets []string
		now     time.Time
	}{
		"late":                {now: now.Add(Tolerance + time.Second)},
		"early":               {now: now.Add(-Tolerance - time.Second)},
		"far future stamp":    {spoil: func(h http.Header) { h.Set(headerTimestamp, "9223372036854775807") }},
		"far past stamp":      {spoil: func(h http.Header) { h.Set(headerTimestamp, "-9223372036854775808") }},
		"other body":          {body: `{"a":2}`},
		"other secret":        {secrets: []string{newSecret}},
		"no secret":           {secrets: []string{}},
		"no id":               {spoil: func(h http.Header) { h.Del(headerID) }},
		"other id":            {spoil: func(h http.Header) { h.Set(headerID, "msg_2") }},
		"id with a stop":      {spoil: func(h http.Header) { h.Set(headerID, "msg.1") }},
		"long id":             {spoil: func(h http.Header) { h.Set(headerID, strings.Repeat("x", 300)) }},
		"no timestamp":        {spoil: func(h http.Header) { h.Del(headerTimestamp) }},
		"odd timestamp":       {spoil: func(h http.Header) { h.Set(headerTimestamp, "+"+h.Get(headerTimestamp)) }},
		"no signature":        {spoil: func(h http.Header) { h.Del(headerSignature) }},
		"too many":            {spoil: func(h http.Header) { h.Set(headerSignature, strings.Repeat("v1,x ", 100)+signature) }},
		"unknown version":     {spoil: func(h http.Header) { h.Set(headerSignature, "v2"+signature[2:]) }},
		"signature no base64": {spoil: func(h http.Header) { h.Set(headerSignature, "v1,%%%") }},
	} {
		h, b, s, at := good(), c.body, c.secrets, c.now
		if c.spoil != nil {
			c.spoil(h)
		}
		if b == "" {
			b = string(body)
		}
		if s == nil {
			s = []string{oldSecret}
		}
		if at.IsZero() {
			at = now
		}
		if id, _, err := Verify(h, []byte(b), s, at); !errors.Is(err, fault.ErrUnauthorised) || id != "" {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
}

func TestSecretsThatCannotSign(t *testing.T) {
	t.Parallel()
	end := deliverytest.NewHTTPEnd(t, headerID)
	for name, s := range map[string]Secrets{
		"none":      secrets(),
		"no prefix": secrets(newSecret[6:]),
		"short":     secrets("whsec_Z2VoZWlt"),
		"no base64": secrets(newSecret, "whsec_geheim geheim geheim geheim"),
		"not found": func(string, string) ([]string, error) { return nil, fault.ErrNotFound },
	} {
		_, err := New(end.Client, s, clock.System).Send(t.Context(), deliverytest.Message(end.URL, "ntf_a"))
		if delivery.KindOf(err) != delivery.Misset || strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), newSecret[6:]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(end.Calls()); n != 0 {
		t.Errorf("%d unsigned calls went out", n)
	}
	if err := Check("whsec_Z2VoZWlt"); !errors.Is(err, fault.ErrInvalid) || Check(newSecret) != nil {
		t.Errorf("check: %v", err)
	}
}

func TestBody(t *testing.T) {
	t.Parallel()
	m := deliverytest.Message("https://x.example/", "ntf_a")
	raw, err := encode(BodyOf(m))
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	pretty, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/issued.json"
	if *update {
		if err := os.WriteFile(golden, append(pretty, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(pretty)+"\n"); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	for _, private := range []string{"Surveyor", "acc_1", "boss", "Gate", `"con_1"`} {
		if strings.Contains(string(raw), private) {
			t.Errorf("the body tells of %s", private)
		}
	}
}

func TestRedLabelKeepsTheContentBack(t *testing.T) {
	t.Parallel()
	m := deliverytest.Message("https://x.example/", "ntf_a")
	m.Warning.TLP = "red"
	raw, err := encode(BodyOf(m))
	if err != nil {
		t.Fatal(err)
	}
	for _, held := range []string{"Camp 2", "Earthquake", "earthquake", "6.9"} {
		if strings.Contains(string(raw), held) {
			t.Errorf("TLP:RED tells %s: %s", held, raw)
		}
	}
	if !strings.Contains(string(raw), m.PageURL) {
		t.Error("the link is missing")
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(m *delivery.Message){
		"warning.issued":    func(*delivery.Message) {},
		"warning.updated":   func(m *delivery.Message) { m.First = false },
		"warning.escalated": func(m *delivery.Message) { m.Purpose = response.Escalation },
		"warning.ended":     func(m *delivery.Message) { m.Warning.State, m.Purpose = warning.Ended, response.AllClear },
		"warning.cancelled": func(m *delivery.Message) { m.Warning.State, m.Purpose = warning.Cancelled, response.AllClear },
		"warning.expired":   func(m *delivery.Message) { m.Warning.State, m.Purpose = warning.Expired, response.AllClear },
	} {
		m := deliverytest.Message("", "ntf_a")
		spoil(&m)
		if got := BodyOf(m).Type; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func FuzzVerify(f *testing.F) {
	now := time.Date(2026, 10, 7, 4, 0, 0, 0, time.UTC)
	f.Add("msg_1", strconv.FormatInt(now.Unix(), 10), "v1,AAAA v1,", []byte("{}"))
	f.Add("", "", "", []byte(nil))
	f.Fuzz(func(t *testing.T, id, stamp, signature string, body []byte) {
		h := http.Header{headerID: {id}, headerTimestamp: {stamp}, headerSignature: {signature}}
		if _, _, err := Verify(h, body, []string{oldSecret}, now); err == nil {
			t.Fatalf("%q %q %q verifies without the key", id, stamp, signature)
		}
	})
}
