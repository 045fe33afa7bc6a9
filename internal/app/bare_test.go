package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"watchfire.dev/internal/config"
	"watchfire.dev/internal/level"
	"watchfire.dev/internal/phrase"
)

// TestBare: everybody reads that nobody watches; what was open is shown to whoever has the key
// from the administrator's mail, and to nobody else.
func TestBare(t *testing.T) {
	t.Parallel()
	book, err := phrase.New()
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{Data: t.TempDir()}
	raw, err := json.Marshal(known{Warnings: []knownWarning{{Project: "Quetta <Rail>", Hazard: "earthquake", Level: level.Red}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := writeDurably(knownFile(cfg), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	b := &bare{App: &App{cfg: cfg, book: book}, key: "the-key"}
	for _, tt := range []struct {
		path, language string
		status         int
		want, never    string
	}{
		{"/", "en", http.StatusServiceUnavailable, "Nobody watches", "Quetta"},
		{"/", "zh", http.StatusServiceUnavailable, "无人值守", "Nobody"},
		{"/known?key=the-key", "en", http.StatusServiceUnavailable, "Quetta &lt;Rail&gt; · Earthquake", "<Rail>"},
		{"/known?key=another", "en", http.StatusServiceUnavailable, "Nobody watches", "Quetta"},
		{"/known", "en", http.StatusServiceUnavailable, "Nobody watches", "Quetta"},
		{"/api/v1/warnings?key=the-key", "en", http.StatusServiceUnavailable, `"status":503`, "Quetta"},
		{"/readyz", "en", http.StatusServiceUnavailable, `"status":503`, "Quetta"},
		{"/healthz", "en", http.StatusOK, "nobody watches", "Quetta"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.path, http.NoBody)
		r.Header.Set("Accept-Language", tt.language)
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if body := w.Body.String(); w.Code != tt.status || !strings.Contains(body, tt.want) || strings.Contains(body, tt.never) || strings.Contains(body, "⟦") {
			t.Errorf("%s in %s: %d %s", tt.path, tt.language, w.Code, body)
		}
	}
}
