package email

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/deliverytest"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/netguard/netguardtest"
	"watchfire.dev/internal/portfolio"
	"watchfire.dev/internal/response"
	"watchfire.dev/internal/warning"
)

// TestDialsTheConfiguredServerAlone: the operator's own server may be private, but its name
// does not open what no name may.
func TestDialsTheConfiguredServerAlone(t *testing.T) {
	t.Parallel()
	p := newPost(t, withStartTLS)
	for name, tt := range map[string]struct {
		answer string
		kind   delivery.FaultKind
		said   string
	}{
		"private":  {"127.0.0.1", delivery.Misset, "STARTTLS"}, // it was reached; its certificate is for another name
		"metadata": {"169.254.169.254", delivery.Misset, "refused: "},
	} {
		resolver := netguardtest.New(func(string) []netip.Addr { return []netip.Addr{netip.MustParseAddr(tt.answer)} })
		c := open(t, Config{Host: "mail.corp", Port: p.port, resolver: resolver.Net(), RootCAs: p.roots}, nil)
		_, err := c.Send(t.Context(), deliverytest.Message(address, "ntf_a"))
		if delivery.KindOf(err) != tt.kind || err == nil || !strings.Contains(err.Error(), tt.said) {
			t.Errorf("%s: %v", name, err)
		}
		resolver.Wait()
	}
	for _, host := range []string{"mail server", "a/b", "-", "mail..corp"} {
		if _, err := New(Config{Host: host, From: "watch@example.org"}, nil); !errors.Is(err, fault.ErrInvalid) && host != "-" {
			t.Errorf("host %q: %v", host, err)
		}
	}
}

// TestATestIsNoWarning: it threads with none, belongs to no list and cannot be mistaken.
func TestATestIsNoWarning(t *testing.T) {
	t.Parallel()
	p := newPost(t, clear)
	c := open(t, Config{Port: p.port, TLS: None}, leaveHTTPS)
	m := delivery.Message{
		Key: "tst_1", Address: address, Purpose: response.Test, Subject: "Test", Text: "Nothing has happened.\n", Language: "en",
		Contact: portfolio.Contact{ID: "con_1"}, Warning: warning.Warning{}, First: true,
	}
	if _, err := c.Test(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	h, _ := header(t, p)
	for _, name := range []string{"List-Unsubscribe", "List-Id", "X-Watchfire-Level", "X-Watchfire-Warning", "Importance"} {
		if got := h.Get(name); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if h.Get("X-Watchfire-Purpose") != "test" {
		t.Errorf("purpose %q", h.Get("X-Watchfire-Purpose"))
	}
}
