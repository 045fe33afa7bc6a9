package demo

import (
	_ "embed"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed inbox.html
var inboxHTML string

var inboxPages = template.Must(template.New("inbox").Parse(inboxHTML))

// The policy of every page: no script, nothing from elsewhere, no forms. A message in its
// frame inherits it, so its HTML cannot load or run anything either.
const inboxPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

// A listRow is one line of the list.
type listRow struct {
	ID                int
	At, To, From, Sub string
}

type listPage struct {
	Rows       []listRow
	Recipients []recipient
	To         string // chosen recipient; "" = all
	Total      int
}

type recipient struct {
	Address string
	Count   int
}

type letterPage struct {
	ID     int
	At     string
	To     string
	Letter *letter
	Lines  []line
	Links  []string // of the text, each once
	Broken string   // why the message cannot be read
}

// A line is text cut at its links.
type line []piece

type piece struct {
	Text string
	Link bool
}

// Inbox returns the pages of the inbox. Its links are relative, so it may be mounted below
// any path that ends in a slash (with http.StripPrefix). "?to=" limits the list to one
// recipient; the list reloads itself every five seconds.
func (m *MailSink) Inbox() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.list)
	mux.HandleFunc("GET /m/{id}", m.show)
	mux.HandleFunc("GET /m/{id}/raw", m.raw)
	return mux
}

func headers(w http.ResponseWriter, kind string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", inboxPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

func (m *MailSink) list(w http.ResponseWriter, r *http.Request) {
	page := listPage{To: r.URL.Query().Get("to")}
	counts := map[string]int{}
	for _, mail := range m.Mails() {
		page.Total++
		for _, to := range mail.To {
			counts[to]++
		}
		if page.To != "" && !slices.Contains(mail.To, page.To) {
			continue
		}
		line := listRow{ID: mail.ID, At: clockTime(mail.At), To: strings.Join(mail.To, ", "), Sub: "(cannot be read)"}
		if l, err := readLetter(mail.Raw); err == nil {
			line.Sub, line.From = l.Subject, l.From
		}
		page.Rows = append(page.Rows, line)
	}
	for address, n := range counts {
		page.Recipients = append(page.Recipients, recipient{address, n})
	}
	slices.SortFunc(page.Recipients, func(a, b recipient) int { return strings.Compare(a.Address, b.Address) })
	headers(w, "text/html; charset=utf-8")
	_ = inboxPages.ExecuteTemplate(w, "list", page) // the reader went away: nobody is left to tell
}

// clockTime writes a time for people who watch a demonstration: to the second, in UTC.
func clockTime(t time.Time) string { return t.UTC().Format("15:04:05") }

func (m *MailSink) find(w http.ResponseWriter, r *http.Request) (Mail, bool) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err == nil {
		var mail Mail
		if mail, err = m.Mail(id); err == nil {
			return mail, true
		}
	}
	headers(w, "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	_ = inboxPages.ExecuteTemplate(w, "missing", nil)
	return Mail{}, false
}

func (m *MailSink) show(w http.ResponseWriter, r *http.Request) {
	mail, ok := m.find(w, r)
	if !ok {
		return
	}
	page := letterPage{ID: mail.ID, At: mail.At.UTC().Format(time.DateTime) + " UTC", To: strings.Join(mail.To, ", ")}
	l, err := readLetter(mail.Raw)
	if err != nil {
		page.Broken = err.Error()
	} else {
		page.Letter = l
		page.Lines, page.Links = linked(l.Text)
	}
	headers(w, "text/html; charset=utf-8")
	_ = inboxPages.ExecuteTemplate(w, "letter", page)
}

// raw gives the message as it came, as text that no browser takes for anything else.
func (m *MailSink) raw(w http.ResponseWriter, r *http.Request) {
	mail, ok := m.find(w, r)
	if !ok {
		return
	}
	headers(w, "text/plain; charset=utf-8")
	_, _ = w.Write(mail.Raw)
}

// webAddress finds links in text, without the full stop or bracket that follows them.
var webAddress = regexp.MustCompile(`https?://[^\s<>"'()]+[^\s<>"'().,;:!?]`)

// linked cuts text into lines and pieces, and lists its links in order, each once.
func linked(text string) (lines []line, links []string) {
	for raw := range strings.SplitSeq(text, "\n") {
		var l line
		from := 0
		for _, at := range webAddress.FindAllStringIndex(raw, -1) {
			l = append(l, piece{Text: raw[from:at[0]]}, piece{Text: raw[at[0]:at[1]], Link: true})
			if link := raw[at[0]:at[1]]; !slices.Contains(links, link) && len(links) < 20 {
				links = append(links, link)
			}
			from = at[1]
		}
		lines = append(lines, append(l, piece{Text: raw[from:]}))
	}
	return lines, links
}

// Frame is the message's HTML for the frame: links open outside of it.
func (p letterPage) Frame() string { return `<base target="_blank">` + p.Letter.HTML }
