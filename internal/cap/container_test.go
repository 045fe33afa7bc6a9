package cap_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"watchfire.dev/internal/cap"
	"watchfire.dev/internal/fault"
)

// outline gives one line for each piece: its path, then its identifier or its error.
func outline(pieces []cap.Piece) []string {
	var out []string
	for _, p := range pieces {
		if p.Err != nil {
			out = append(out, p.Path+" error")
			continue
		}
		out = append(out, p.Path+" "+p.Alert.Identifier)
	}
	return out
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParseAllFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file string
		want []string
	}{
		{"two-languages.cap", []string{"/alert 2.49.0.0.999.0.20260301.7"}},
		{"distribution.edxl", []string{
			"/EDXLDistribution/contentObject[1]/xmlContent/embeddedXMLContent/alert fire-1",
			"/EDXLDistribution/contentObject[2]/xmlContent/embeddedXMLContent/alert error",
			"/EDXLDistribution/contentObject[3]/xmlContent/embeddedXMLContent/alert fire-3",
		}},
		{"embedded.atom", []string{"/feed/entry[1]/content/alert whole-1", "/feed/entry[2]/content/alert whole-2"}},
		{"embedded.rss", []string{
			"/rss/channel/item[1]/description/alert text-1",
			"/rss/channel/item[2]/description/alert text-2",
			"/rss/channel/item[3]/description/alert error",
		}},
		{"broken-list.xml", []string{"/alerts/alert l-1", "/alerts/alert[2] error", "byte 486 error", "byte 709 error"}},
		{"warnings.json", []string{
			"/warnings[1]/alert 2.49.0.0.999.0.XX.1", "/warnings[2]/alert error", "/warnings[3]/alert error",
			"/warnings[4]/alert error", "/warnings[5]/alert n-5",
		}},
		{"nws.atom", nil},
		{"sources.rss", nil},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			pieces, err := cap.ParseAll(readFile(t, c.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, outline(pieces)); diff != "" {
				t.Errorf("pieces (-want +got):\n%s", diff)
			}
			for _, p := range pieces {
				if p.Err != nil && !errors.Is(p.Err, fault.ErrInvalid) {
					t.Errorf("%s: %v wraps no sentinel", p.Path, p.Err)
				}
				if (p.Alert == nil) == (p.Err == nil) {
					t.Errorf("%s: alert %v with error %v", p.Path, p.Alert, p.Err)
				}
			}
		})
	}
}

func TestParseAllTexts(t *testing.T) {
	t.Parallel()
	one := string(document(head + body))
	for _, c := range []struct {
		name, doc string
		want      []string
	}{
		{"row", one + "\n" + one, []string{"/alert i-1", "/alert[2] i-1"}},
		{"row of documents", `<?xml version="1.0"?>` + one + `<?xml version="1.0"?>` + one, []string{"/alert i-1", "/alert[2] i-1"}},
		{"list without namespace", "<alerts>" + one + one + "</alerts>", []string{"/alerts/alert i-1", "/alerts/alert[2] i-1"}},
		{"envelope", "<Envelope><Body>" + one + "</Body></Envelope>", []string{"/Envelope/Body/alert i-1"}},
		{"cut in the alert", "<alerts>" + one + one[:100], []string{"/alerts/alert i-1", "/alerts/alert[2] error"}},
		{"cut between", "<alerts>" + one + "<note>", []string{"/alerts/alert i-1", "/alerts/note error"}},
		{"broken start tag", "<alerts>" + one + "<alert a=1>" + one, []string{"/alerts/alert i-1", fmt.Sprintf("byte %d error", 8+len(one)), fmt.Sprintf("byte %d error", 19+len(one))}},
		{"broken before all", "<alerts>&x;" + one + "</alerts>", []string{"byte 11 error"}},
		{"signs of none", "<feed><entry><title>red alert &lt; 3</title></entry></feed>", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			pieces, err := cap.ParseAll([]byte(c.doc))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, outline(pieces)); diff != "" {
				t.Errorf("pieces (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseAllRefuses(t *testing.T) {
	t.Parallel()
	one := string(document(head + body))
	for _, c := range []struct {
		name, doc string
		want      error
	}{
		{"doctype", "<!DOCTYPE alert>" + one, fault.ErrInvalid},
		{"page", "<html><body>Not found</body></html>", fault.ErrInvalid},
		{"nothing", " \n", fault.ErrInvalid},
		{"other JSON", `{"type":"FeatureCollection"}`, fault.ErrInvalid},
		{"JSON list", `[1]`, fault.ErrInvalid},
		{"deep JSON", `{"warnings":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`, fault.ErrTooLarge},
		{"many values", `{"warnings":[` + strings.Repeat("0,", 2_000_001) + `0]}`, fault.ErrTooLarge},
		{"large", strings.Repeat(" ", 32<<20+1), fault.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if pieces, err := cap.ParseAll([]byte(c.doc)); !errors.Is(err, c.want) || pieces != nil {
				t.Errorf("%d pieces, error %v, want %v", len(pieces), err, c.want)
			}
		})
	}
}

func TestParseAllWarnings(t *testing.T) {
	t.Parallel()
	data := readFile(t, "warnings.json")
	pieces, err := cap.ParseAll(data)
	if err != nil {
		t.Fatal(err)
	}
	a := pieces[0].Alert
	if len(pieces[0].Problems) != 0 {
		t.Errorf("problems: %v", pieces[0].Problems)
	}
	in := a.Infos[0]
	if level, ok := in.AwarenessLevel(); !ok || level.Level != 2 || level.Colour != "yellow" {
		t.Errorf("level %v %v", level, ok)
	}
	if len(in.Areas[0].Polygons) != 1 || *in.Areas[0].Altitude != 12.5 || in.Areas[0].Geocodes[0].Value != "XX001" {
		t.Errorf("area %+v", in.Areas[0])
	}
	if got := a.Supersedes(); !slices.Equal(got, []string{"met@example,2.49.0.0.999.0.XX.0,2026-03-02T00:02:43-00:00"}) {
		t.Errorf("supersedes %q", got)
	}
	if p := pieces[4].Problems; len(p) != 1 || p[0].String() != `/warnings[5]/alert: member "surprise" is not of CAP and was left out` {
		t.Errorf("problems %v", p)
	}
	many := `{"warnings":[{"alert":{"info":[` + strings.Repeat("{},", 1001) + `{}]}}]}`
	if pieces, err := cap.ParseAll([]byte(many)); err != nil || len(pieces) != 1 || !errors.Is(pieces[0].Err, fault.ErrTooLarge) {
		t.Errorf("many infos: %v, error %v", outline(pieces), err)
	}
	cut := data[:len(data)/2]
	pieces, err = cap.ParseAll(cut)
	if err != nil || len(pieces) != 1 || pieces[0].Err == nil {
		t.Errorf("cut off: %v, error %v", outline(pieces), err)
	}
}

func TestProblemsOfTheDocumentReachEveryPiece(t *testing.T) {
	t.Parallel()
	one := string(document(head + body + "<note>caf\xe9</note>"))
	pieces, err := cap.ParseAll([]byte("<alerts>" + one + one + "</alerts>"))
	if err != nil || len(pieces) != 2 {
		t.Fatalf("%d pieces, error %v", len(pieces), err)
	}
	for _, p := range pieces {
		if p.Alert.Note != "café" || len(p.Problems) != 1 {
			t.Errorf("%s: note %q, problems %v", p.Path, p.Alert.Note, p.Problems)
		}
	}
}
