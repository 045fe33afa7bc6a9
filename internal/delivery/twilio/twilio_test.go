package twilio

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/fault"
)

// known is the example of the provider's documentation.
func known() (string, url.Values) {
	return "https://mycompany.com/myapp.php?foo=1&bar=2", url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+12349013030"}, "Digits": {"1234"}, "From": {"+12349013030"}, "To": {"+18005551212"},
	}
}

func TestSignatureOfTheDocumentation(t *testing.T) {
	t.Parallel()
	address, form := known()
	if got := Sign("12345", address, form); got != "0/KCTR6DLpKmkAf8muzZqo1nDgQ=" {
		t.Errorf("%s", got)
	}
}

func account(token string) Account {
	return Account{SID: "AC1", Token: func() (string, error) { return token, nil }}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	address, form := known()
	signed := func(at string) delivery.Request {
		h := http.Header{}
		h.Set(headerSignature, Sign("12345", at, form))
		return delivery.Request{URL: address, Header: h, Body: []byte(form.Encode())}
	}
	for _, at := range []string{address, "https://mycompany.com:443/myapp.php?foo=1&bar=2"} {
		if got, err := account("12345").Verify(signed(at)); err != nil || got.Get("Digits") != "1234" {
			t.Errorf("%s: %v %v", at, got, err)
		}
	}
	for name, spoil := range map[string]func(r *delivery.Request){
		"other address":  func(r *delivery.Request) { r.URL += "&x=1" },
		"other field":    func(r *delivery.Request) { r.Body = []byte(strings.Replace(string(r.Body), "1234", "1235", 1)) },
		"one field more": func(r *delivery.Request) { r.Body = append(r.Body, "&Z=1"...) },
		"no signature":   func(r *delivery.Request) { r.Header.Del(headerSignature) },
		"no base64":      func(r *delivery.Request) { r.Header.Set(headerSignature, "%%%") },
	} {
		r := signed(address)
		spoil(&r)
		if _, err := account("12345").Verify(r); !errors.Is(err, fault.ErrUnauthorised) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, token := range []string{"", "123456"} {
		if _, err := account(token).Verify(signed(address)); !errors.Is(err, fault.ErrUnauthorised) {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestVeil(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"The 'To' number +254700000001 is not valid": "The 'To' number ‹number› is not valid", "call (555) 010-9999 now": "call (‹number› now", "error 21211": "error 21211",
	} {
		if got := Veil(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("https://x.example/hook?a=1", "A=1&B=2", "AAAA")
	f.Fuzz(func(t *testing.T, address, body, signature string) {
		r := delivery.Request{URL: address, Body: []byte(body), Header: http.Header{headerSignature: {signature}}}
		if _, err := account("secret token").Verify(r); err == nil {
			t.Fatal("verifies without the token")
		}
	})
}
