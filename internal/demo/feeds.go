package demo

import (
	"html/template"
	"net/http"
	"strconv"
	"time"
)

// Feeds returns the feed server. Documents link to the address that was asked for, so it
// may listen on any loopback port. "/" describes the scenario; links of the documents lead
// there.
func (s *Scenario) Feeds() http.Handler {
	mux := http.NewServeMux()
	serve := func(path, kind string, write func(moment) ([]byte, error)) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			s.answer(w, r, kind, write)
		})
	}
	serve(pathQuakes, "application/geo+json", s.quakes)
	serve(pathGDACS, "text/xml; charset=utf-8", s.gdacsRSS)
	serve(pathMap, "application/geo+json", s.gdacsMap)
	serve(pathDeck+deckFile(s.start), "text/plain; charset=utf-8", s.deck)
	serve(pathStorms, "application/json", s.storms)
	serve(pathFlood, "application/atom+xml", s.floodIndex)
	serve(pathStale, "application/atom+xml", s.staleIndex)
	serve(pathNews, "application/rss+xml", s.news)
	for i := range floodMessages() {
		serve(pathAlert+floodFile(i), "application/cap+xml", func(m moment) ([]byte, error) { return s.floodDocument(m, i) })
	}
	mux.HandleFunc("GET /", s.about)
	return mux
}

func (s *Scenario) answer(w http.ResponseWriter, r *http.Request, kind string, write func(moment) ([]byte, error)) {
	body, err := write(s.moment("http://" + r.Host))
	switch {
	case err != nil:
		http.Error(w, simulated+": "+err.Error(), http.StatusInternalServerError)
		return
	case body == nil:
		http.Error(w, simulated+": not published yet", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // the reader went away: nobody is left to tell
}

var aboutPage = template.Must(template.New("about").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated scenario</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}dt{font-weight:600;margin-top:1rem}</style>
</head><body><h1>Simulated scenario</h1>
<p><strong>Nothing on this server happened.</strong> It plays invented events in the formats of real services, for the demonstration of Watchfire.</p>
<dl>{{range .}}<dt>{{.Clock}} {{.Title}}</dt><dd>{{.Text}}</dd>{{end}}</dl></body></html>
`))

// about answers every address that is not a feed, so that links in documents lead somewhere.
func (s *Scenario) about(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	_ = aboutPage.Execute(w, s.Describe("en"))
}

// stamp writes a time as the Unix milliseconds of the USGS.
func stamp(t time.Time) int64 { return t.UnixMilli() }
