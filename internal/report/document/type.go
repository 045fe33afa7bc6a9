package document

import "watchfire.dev/internal/portfolio/sheet"

// TypeOf is the content type of a form of a report: "html", "json", "xlsx" or "pdf".
func TypeOf(form string) (kind string, ok bool) {
	switch form {
	case "html":
		return "text/html; charset=utf-8", true
	case "json":
		return "application/json", true
	case "xlsx":
		return sheet.WorkbookType, true
	case "pdf":
		return "application/pdf", true
	}
	return "", false
}
