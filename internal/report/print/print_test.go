package print

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"watchfire.dev/internal/fault"
	"watchfire.dev/internal/report/document"
)

// TestNoBrowser: the error says what is missing.
func TestNoBrowser(t *testing.T) {
	t.Parallel()
	_, _, err := Printer{Program: "no-such-browser"}.PDF(context.Background(), []byte("<p>"))
	if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), "no-such-browser") {
		t.Errorf("%v", err)
	}
}

// browser leaves a test out where there is none, unless WATCHFIRE_REQUIRE=1.
func browser(t *testing.T) {
	t.Helper()
	if _, err := (Printer{}).Find(); err != nil {
		if os.Getenv("WATCHFIRE_REQUIRE") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// TestPDF prints two pages, tagged and with bookmarks.
func TestPDF(t *testing.T) {
	t.Parallel()
	browser(t)
	d := document.Document{
		Lang: "en", Dir: "ltr", Title: "Two pages", Page: document.Page{Word: "page", Of: "of"},
		Sections: []document.Section{{ID: "a", Heading: "First", Blocks: []document.Block{{Text: "a"}}}, {ID: "b", Heading: "Second", Break: true, Blocks: []document.Block{{Text: "b"}}}},
	}
	pdf, pages, err := Printer{}.PDF(context.Background(), d.HTML())
	if err != nil {
		t.Fatal(err)
	}
	if pages != 2 || !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("%d pages", pages)
	}
	for _, part := range []string{"/StructTreeRoot", "/Outlines", "/MarkInfo", "/Lang (en)"} {
		if !bytes.Contains(pdf, []byte(part)) {
			t.Errorf("no %s", part)
		}
	}
}
