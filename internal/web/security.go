package web

import (
	"fmt"
	"net/http"
	"strings"

	"watchfire.dev/internal/fault"
)

// policy allows our own files and nothing else (TRUST.md S27); map pages draw in a worker.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// maxForm bounds every form but the upload, in bytes.
const maxForm = 64 << 10

// maxUpload bounds an uploaded portfolio, in bytes.
const maxUpload = 16 << 20

// secure puts the headers on every answer, refuses effects that come from other sites
// (S16) and bounds what a client may send.
func (s *server) secure(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(s.open(func(http.ResponseWriter, *http.Request) error {
		return fmt.Errorf("a form of another site: %w", fault.ErrForbidden)
	}))
	// The link itself is the right to act here: there is no cookie that another site could
	// make a browser send. A mail program in a browser may post it as RFC 8058 wants.
	guard.AddInsecureBypassPattern("POST /leave/{token}")
	guarded := guard.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		limit := int64(maxForm)
		if strings.HasPrefix(r.URL.Path, "/portfolio/preview") || r.URL.Path == "/register/import" || r.URL.Path == "/forecasts/panel" {
			limit = maxUpload + maxForm
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		guarded.ServeHTTP(w, r)
	})
}

// localPath keeps a redirect within our own pages: anything that a browser could read as
// another host becomes the queue.
func localPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t\x00") {
		return "/"
	}
	return p
}
