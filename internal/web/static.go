package web

import (
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/id"
)

//go:embed static
var staticFiles embed.FS

// A file of ours with the name under which browsers may keep it for good.
type staticFile struct {
	body []byte
	mime string
}

// static maps names in the program to addresses, and addresses to files. The address holds
// a hash over all files, so that modules that import one another by relative name always
// get the versions that belong together.
type static struct {
	byPath map[string]staticFile // "/static/HASH/app.js"
	base   string                // "/static/HASH/"
}

func loadStatic() (static, error) {
	files := map[string][]byte{}
	var all strings.Builder
	err := fs.WalkDir(staticFiles, "static", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := staticFiles.ReadFile(p)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(p, "static/")
		files[name] = body
		all.WriteString(name + " " + id.Hash(body) + "\n")
		return nil
	})
	if err != nil {
		return static{}, err
	}
	s := static{byPath: map[string]staticFile{}, base: "/static/" + id.Hash([]byte(all.String()))[:16] + "/"}
	for name, body := range files {
		s.byPath[s.base+name] = staticFile{body, mimeOf(name)}
	}
	return s, nil
}

// mimeOf is fixed for the kinds that we have: the machine's own table may say otherwise.
func mimeOf(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	default:
		if m := mime.TypeByExtension(path.Ext(name)); m != "" {
			return m
		}
		return "application/octet-stream"
	}
}

func (s static) path(name string) string { return s.base + name }

func (s static) has(name string) bool {
	_, ok := s.byPath[s.base+name]
	return ok
}

// serveStatic answers with what the browser may keep for a year: its address changes when
// the bytes do.
func (s *server) serveStatic(w http.ResponseWriter, r *http.Request) {
	f, ok := s.static.byPath[r.URL.Path]
	if !ok {
		s.fail(w, r, fault.ErrNotFound)
		return
	}
	w.Header().Set("Content-Type", f.mime)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(f.body) //nolint:errcheck // the reader may have gone
}

func (s *server) favicon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, s.static.path("mark.svg"), http.StatusSeeOther)
}
