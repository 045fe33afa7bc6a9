package corpus

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/feed"
	"watchfire.dev/internal/feed/formats"
)

// hostile returns bodies that are made to hurt: attacks by entity, nesting, numbers beyond
// everything, wrong bytes, compression where none is due, crowds of tiny items, and every
// look-alike of every format cut off in three places.
func hostile(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{
		"empty": {}, "nul": make([]byte, 4096), "text": []byte("Service unavailable"),
		"deep json":      []byte(`{"features":` + strings.Repeat(`[{"a":`, 12_000)),
		"deep list":      []byte(strings.Repeat("[", 212_000)),
		"deep xml":       []byte(`<rss><channel><item>` + strings.Repeat("<a>", 25_000)),
		"deep cap":       []byte(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">` + strings.Repeat("<info>", 15_000)),
		"open quotes":    []byte(`{"features":["` + strings.Repeat(`\"`, 25_000)),
		"open comment":   []byte("<rss><!--" + strings.Repeat("<item>", 12_000)),
		"open tags":      []byte("<feed " + strings.Repeat("<entry ", 12_000)),
		"attributes":     []byte("<alert " + strings.Repeat(`a="1" `, 12_000) + "/>"),
		"crowd of items": []byte("<rss><channel>" + strings.Repeat("<item/>", 15_000) + "</channel></rss>"),
		"crowd of json":  []byte(`{"features":[` + strings.Repeat("{},", 15_000) + `{}]}`),
		"crowd of rows":  []byte(strings.Repeat("AL, 06,\n", 12_000)),
		"crowd of areas": []byte(`<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>i</identifier><sender>s</sender><sent>2026-01-01T00:00:00+00:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info><event>flood</event>` + strings.Repeat("<area><areaDesc>x</areaDesc><geocode><valueName>UGC</valueName><value>TXZ001</value></geocode></area>", 4_000) + `</info></alert>`),
		"utf-16":         []byte("\xff\xfe<\x00a\x00l\x00e\x00r\x00t\x00/\x00>\x00"),
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out["gzip"] = packed.Bytes()
	for pattern, cuts := range map[string][]int{"testdata/hostile/*": {4}, "../*/testdata/*": {1, 2, 3}} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil { // a folder
				continue
			}
			for _, quarter := range cuts {
				out[fmt.Sprintf("%s %d/4", file, quarter)] = body[:len(body)*quarter/4]
			}
		}
	}
	return out
}

// TestEveryFormatSurvivesHostileBytes: no panic, no body that takes two seconds, an error
// that says invalid or too large, and a result whose pieces do not outgrow the record.
func TestEveryFormatSurvivesHostileBytes(t *testing.T) {
	bodies := hostile(t)
	for _, format := range formats.All() {
		t.Run(format.Kind, func(t *testing.T) {
			for name, body := range bodies {
				in := feed.Input{Source: feed.Source{ID: "x", Kind: format.Kind, Follow: true}, Record: "r", URL: "https://x.example/", Body: body}
				out := fenced(format.Parse, in)
				if out.took > maxTime { // once more: the machine may have been busy
					out = fenced(format.Parse, in)
				}
				switch {
				case out.panicked != nil:
					t.Errorf("%s: panic %v", name, out.panicked)
				case out.took > maxTime:
					t.Errorf("%s: %v for %d bytes", name, out.took.Round(time.Millisecond), len(body))
				case out.err != nil && !isFault(out.err):
					t.Errorf("%s: error without meaning: %v", name, out.err)
				}
				raw := 0
				for _, q := range out.res.Quarantined {
					raw += len(q.Raw)
				}
				if raw > 2*len(body)+(64<<10) {
					t.Errorf("%s: %d bytes quarantined of %d", name, raw, len(body))
				}
			}
		})
	}
}

func isFault(err error) bool {
	for _, meaning := range []error{fault.ErrInvalid, fault.ErrTooLarge} {
		if errors.Is(err, meaning) {
			return true
		}
	}
	return false
}

// TestEntitiesAreRefused: whoever reads XML refuses a document type, whatever it declares.
func TestEntitiesAreRefused(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"xxe.xml", "bomb.xml"} {
		body, err := os.ReadFile("testdata/hostile/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range formats.All() {
			res, err := format.Parse(feed.Input{Source: feed.Source{ID: "x", Follow: true}, Body: body})
			if err == nil && len(res.Signals)+len(res.Links) > 0 {
				t.Errorf("%s: %s makes %d signals", file, format.Kind, len(res.Signals))
			}
		}
	}
}
