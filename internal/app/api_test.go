package app

import (
	"net/http/httptest"
	"os"
	"testing"

	"watchfire.dev/internal/config"
)

func TestX(t *testing.T) {
	cfg := config.Config{Data: t.TempDir(), BaseURL: "http://127.0.0.1:1", Email: "a@example.org", Name: "X"}
	cfg.CAP.Sender = "example.org"
	a, err := Open(t.Context(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	h, err := a.handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/openapi.json", nil))
	os.WriteFile("/tmp/openapi.json", w.Body.Bytes(), 0o600)
	for _, p := range []string{"/healthz", "/readyz", "/api/v1/status", "/api/v1/none", "/cap/x.atom", "/cap/x"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", p, nil))
		t.Log(p, w.Code, w.Body.String(), w.Header())
	}
}
