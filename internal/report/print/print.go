// Package print turns a report's page into PDF with a Chromium that is installed on the
// machine: tagged, so that it can be read aloud, with bookmarks of its headings, on the paper
// that the page names. The page is ours, carries no script and a policy that fetches nothing;
// the browser gets it from a folder of its own, which is gone afterwards, runs without network
// and is ended with the context. Where no Chromium is found the error says what was looked for.
// The bytes of a PDF are not the same each time: what is verified is the page, never its print.
package print

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"watchfire.dev/internal/fault"
)

// names are the programs that are looked for, in this order.
func names() []string {
	return []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"}
}

// A Printer prints with one browser. Program "" = the first that is found.
type Printer struct {
	Program string
}

// Find is the path of the browser. Errors wrap fault.ErrUnavailable.
func (p Printer) Find() (string, error) {
	list := names()
	if p.Program != "" {
		list = []string{p.Program}
	}
	for _, n := range list {
		if path, err := exec.LookPath(n); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("PDF needs Chromium or Chrome, and none of %s is on the path; install one, or take HTML and print it yourself: %w", strings.Join(list, ", "), fault.ErrUnavailable)
}

// mostPDF is how large a PDF may be.
const mostPDF = 200 << 20

// PDF prints a page. It returns the document and its number of pages.
func (p Printer) PDF(ctx context.Context, html []byte) (pdf []byte, pages int, err error) {
	program, err := p.Find()
	if err != nil {
		return nil, 0, err
	}
	dir, err := os.MkdirTemp("", "watchfire-print-")
	if err != nil {
		return nil, 0, fmt.Errorf("folder to print in: %w", err)
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.pdf")
	if err := os.WriteFile(in, html, 0o600); err != nil {
		return nil, 0, fmt.Errorf("page to print: %w", err)
	}
	args := []string{
		"--headless", "--disable-gpu", "--disable-extensions", "--disable-sync", "--disable-background-networking", "--no-first-run", "--disable-dev-shm-usage",
		// What a browser starts for people who surf costs a third of the time that a page takes.
		"--disable-component-update", "--disable-default-apps", "--disable-breakpad", "--disable-client-side-phishing-detection", "--metrics-recording-only", "--no-pings",
		"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,InterestFeedContentSuggestions",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + filepath.Join(dir, "profile"), "--no-pdf-header-footer", "--generate-pdf-document-outline",
		"--print-to-pdf=" + out,
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium refuses to start as root with it
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, append(args, "file://"+in)...)
	cmd.Stderr, cmd.Env = &said, []string{"HOME=" + dir, "PATH=/usr/bin:/bin", "LANG=C.UTF-8"}
	if err := cmd.Run(); err != nil {
		return nil, 0, fmt.Errorf("%s: %w: %s", program, err, last(said.String()))
	}
	info, err := os.Stat(out)
	if err != nil || info.Size() > mostPDF {
		return nil, 0, fmt.Errorf("%s made no PDF of at most %d bytes: %s: %w", program, mostPDF, last(said.String()), fault.ErrUnavailable)
	}
	if pdf, err = os.ReadFile(out); err != nil {
		return nil, 0, fmt.Errorf("read the PDF: %w", err)
	}
	return pdf, Pages(pdf), nil
}

// last is the end of what a program said.
func last(s string) string {
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-300):]
}

// page matches the dictionary of a page, and not that of the tree of pages.
var page = regexp.MustCompile(`/Type\s*/Page[^s]`)

// Pages counts the pages of a PDF that Chromium made, whose page dictionaries are plain text.
func Pages(pdf []byte) int { return len(page.FindAll(pdf, -1)) }
