package sms

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"watchfire.dev/internal/clock"
	"watchfire.dev/internal/delivery"
	"watchfire.dev/internal/delivery/httpfault"
	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/response"
)

// A Gateway is any HTTP interface that takes one message a call. URL, Header and Body are
// templates with the places {{.To}} (+254700000000), {{.Digits}} (the same without +),
// {{.Text}}, {{.Key}} (the same at each attempt), {{.From}} and {{.Secret}}. What is put in
// is escaped for where it stands: a query, a header, or a body of the Content-Type given.
type Gateway struct {
	Method string // "" = POST
	URL    string
	Header map[string]string
	Body   string
	From   string
	User   string // with Secret: basic auth
	Secret func() (string, error)
	OK     string // regular expression that the answer's body must match, "" = a 2xx is enough
	IDPath string // where the answer's JSON holds the message's id: messages.0.id
	IDExpr string // or a regular expression whose first group it is
	Errors []Mean // what answers that are no success mean; the first that matches counts
	Back   *Back  // what the gateway calls us with; nil = it does not
}

// A Mean says what an answer means whose body matches.
type Mean struct {
	Match string
	Kind  delivery.FaultKind
}

type gateway struct {
	cfg    Gateway
	client *http.Client
	now    clock.Clock
	ok, id *regexp.Regexp
	errors []mean
	back   *back
	escape func(string) string
}

type mean struct {
	expr *regexp.Regexp
	kind delivery.FaultKind
}

var place = regexp.MustCompile(`\{\{.*?\}\}|\{\{|\}\}`)

func newGateway(cfg Config) (*gateway, error) {
	g := &gateway{cfg: *cfg.Gateway, client: cfg.Client, now: cfg.Now}
	if g.cfg.Method == "" {
		g.cfg.Method = http.MethodPost
	}
	if g.cfg.Method != http.MethodPost && g.cfg.Method != http.MethodGet && g.cfg.Method != http.MethodPut {
		return nil, fmt.Errorf("gateway: method %q, want POST, PUT or GET: %w", g.cfg.Method, fault.ErrInvalid)
	}
	if err := g.cfg.places(); err != nil {
		return nil, err
	}
	g.escape = escaper(g.cfg.Header)
	var err error
	if g.ok, err = expression("ok", g.cfg.OK); err != nil {
		return nil, err
	}
	if g.id, err = expression("id_expr", g.cfg.IDExpr); err != nil {
		return nil, err
	}
	for _, m := range g.cfg.Errors {
		e, err := expression("errors", m.Match)
		if err != nil || e == nil {
			return nil, fmt.Errorf("gateway: errors: %q is no expression: %w", m.Match, fault.ErrInvalid)
		}
		switch m.Kind {
		case delivery.Retry, delivery.Refused, delivery.Dead, delivery.Misset, delivery.Overload:
		default:
			return nil, fmt.Errorf("gateway: errors: kind %q, want retry, refused, dead, misset or overload: %w", m.Kind, fault.ErrInvalid)
		}
		g.errors = append(g.errors, mean{e, m.Kind})
	}
	if g.cfg.Back != nil {
		if g.back, err = newBack(*g.cfg.Back); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// places refuses a template with a place that does not exist: it would go out as it stands.
func (g *Gateway) places() error {
	if _, err := httpfault.Address(place.ReplaceAllString(g.URL, "x")); err != nil {
		return fmt.Errorf("gateway: url: want an http or https address: %w", fault.ErrInvalid)
	}
	texts := map[string]string{"url": g.URL, "body": g.Body}
	for name, value := range g.Header {
		texts["header "+name] = value
	}
	all := ""
	for _, where := range slices.Sorted(maps.Keys(texts)) {
		for _, p := range place.FindAllString(texts[where], -1) {
			switch p {
			case "{{.To}}", "{{.Digits}}", "{{.Text}}", "{{.Key}}", "{{.From}}", "{{.Secret}}":
			default:
				return fmt.Errorf("gateway: %s: %.40q is no place, want {{.To}}, {{.Digits}}, {{.Text}}, {{.Key}}, {{.From}} or {{.Secret}}: %w", where, p, fault.ErrInvalid)
			}
		}
		all += texts[where]
	}
	if !strings.Contains(all, "{{.Text}}") || !strings.Contains(all, "{{.To}}") && !strings.Contains(all, "{{.Digits}}") {
		return fmt.Errorf("gateway: neither url nor body has places for the number and the text: %w", fault.ErrInvalid)
	}
	return nil
}

func expression(where, text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no expression is a setting
	}
	e, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("gateway: %s: %q is no regular expression: %w", where, text, fault.ErrInvalid)
	}
	return e, nil
}

// escaper is how values are put into the body, by its type.
func escaper(header map[string]string) func(string) string {
	kind := ""
	for name, value := range header {
		if strings.EqualFold(name, "Content-Type") {
			kind = strings.ToLower(value)
		}
	}
	switch {
	case strings.Contains(kind, "json"):
		return func(s string) string {
			raw, err := json.Marshal(s)
			if err != nil {
				return ""
			}
			return string(raw[1 : len(raw)-1])
		}
	case strings.Contains(kind, "xml"):
		return func(s string) string {
			var b strings.Builder
			_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
			return b.String()
		}
	case strings.Contains(kind, "text/plain"):
		return func(s string) string { return s }
	default:
		return url.QueryEscape
	}
}

func (g *gateway) receipts() bool { return g.back != nil && g.back.cfg.Status != "" }
func (g *gateway) answers() bool  { return g.back != nil && g.back.cfg.Text != "" }

func (g *gateway) send(ctx context.Context, to, text, key string) (delivery.Receipt, error) {
	secret := ""
	if g.cfg.Secret != nil {
		var err error
		if secret, err = g.cfg.Secret(); err != nil {
			return delivery.Receipt{}, misset("secret of the gateway: %w", err)
		}
	}
	fill := func(template string, escape func(string) string) string {
		return strings.NewReplacer(
			"{{.To}}", escape(to), "{{.Digits}}", escape(strings.TrimPrefix(to, "+")), "{{.Text}}", escape(text), "{{.Key}}", escape(key),
			"{{.From}}", escape(g.cfg.From), "{{.Secret}}", escape(secret),
		).Replace(template)
	}
	h := http.Header{}
	if g.cfg.Body != "" {
		h.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range g.cfg.Header {
		h.Set(name, fill(value, func(s string) string { return httpfault.Line(s, 1000) }))
	}
	if g.cfg.User != "" {
		h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(g.cfg.User+":"+secret)))
	}
	got, err := httpfault.Call(ctx, g.client, g.cfg.Method, fill(g.cfg.URL, url.QueryEscape), h, []byte(fill(g.cfg.Body, g.escape)))
	if err != nil {
		return delivery.Receipt{}, err
	}
	if got.Good() && (g.ok == nil || g.ok.Match(got.Body)) {
		return delivery.Receipt{State: response.Sent, Remote: g.remote(got.Body), Detail: fmt.Sprintf("%d %s", got.Status, http.StatusText(got.Status))}, nil
	}
	return delivery.Receipt{}, g.judge(got)
}

// judge says what an answer means that is no success. The body may repeat number and key, so
// the error has none of it.
func (g *gateway) judge(got httpfault.Answer) error {
	f := got.Fault(g.now())
	switch {
	case got.Good(): // a 2xx whose body says something else: the message was not taken
		f.Kind = delivery.Refused
	case got.Status == http.StatusUnauthorized, got.Status == http.StatusForbidden, got.Status == http.StatusNotFound:
		f.Kind = delivery.Misset
	}
	f.Err = fmt.Errorf("the gateway answered with status %d", got.Status)
	for i, m := range g.errors {
		if m.expr.Match(got.Body) {
			f.Kind, f.Err = m.kind, fmt.Errorf("the gateway answered with status %d and error %d of the configuration", got.Status, i+1)
			break
		}
	}
	return f
}

func (g *gateway) remote(body []byte) string {
	found := ""
	if g.id != nil {
		if m := g.id.FindSubmatch(body); len(m) > 1 {
			found = string(m[1])
		}
	} else if g.cfg.IDPath != "" {
		var doc any
		if json.Unmarshal(body, &doc) == nil {
			found = at(doc, g.cfg.IDPath)
		}
	}
	return httpfault.Line(found, 200)
}
