package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pages maps a page's name to its template, layout and parts included, which is made when the
// page is first asked for: each has a copy of all the parts.
type pages map[string]func() (*template.Template, error)

// loadPages parses the layout and the parts (files that begin with "_") and names the pages.
func loadPages(files static) (pages, error) {
	funcs := template.FuncMap{
		"sub":    sub,
		"file":   files.path,
		"has":    files.has,
		"upper":  strings.ToUpper,
		"join":   strings.Join,
		"list":   func(v ...any) []any { return v },
		"lower":  strings.ToLower,
		"string": func(v any) string { return fmt.Sprint(v) },
	}
	base, err := template.New("").Funcs(funcs).Option("missingkey=error").ParseFS(templateFiles, "templates/_*.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(templateFiles, "templates/[a-z]*.html")
	if err != nil {
		return nil, err
	}
	out := pages{}
	for _, name := range names {
		out[strings.TrimSuffix(path.Base(name), ".html")] = sync.OnceValues(func() (*template.Template, error) {
			t, err := base.Clone()
			if err == nil {
				t, err = t.ParseFS(templateFiles, name)
			}
			return t, err
		})
	}
	return out, nil
}

// render writes a page. It is built in memory first: half a page is never sent, and an
// error in a template is an error of ours that the log must name.
func (s *server) render(w http.ResponseWriter, status int, page string, v *View) {
	var out bytes.Buffer
	load, ok := s.pages[page]
	if !ok {
		s.Log.Error("page has no template", "page", page)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	t, err := load()
	if err == nil {
		err = t.ExecuteTemplate(&out, "layout", v)
	}
	if err != nil {
		s.Log.Error("render page", "page", page, "error", err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Language())
	w.WriteHeader(status)
	w.Write(out.Bytes()) //nolint:errcheck // the reader may have gone; nothing is left to do
}

// ok renders a page that went well.
func (s *server) ok(w http.ResponseWriter, page, title string, v *View, data any) error {
	s.render(w, http.StatusOK, page, v.with(title, data))
	return nil
}

// seeOther ends a POST: the browser fetches the page that shows what has been done.
func seeOther(w http.ResponseWriter, r *http.Request, to, done string) error {
	if done != "" {
		sep := "?"
		if strings.Contains(to, "?") {
			sep = "&"
		}
		to += sep + "done=" + done
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
