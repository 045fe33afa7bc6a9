package sheet

import "strings"

// formulaStarts are the characters that make a spreadsheet take a cell for a formula or
// that let one through after trimming (TRUST.md S7).
const formulaStarts = "=+-@\t\r"

// quote puts an apostrophe before text that a spreadsheet would run, and before text that
// begins with an apostrophe, so that unquote gives back exactly what was there. Numbers
// that we write ourselves are not quoted.
func quote(text string) string {
	if text != "" && strings.IndexByte(formulaStarts+"'", text[0]) >= 0 {
		return "'" + text
	}
	return text
}

// unquote takes off the apostrophe that quote put on. Any other apostrophe stays.
func unquote(text string) string {
	if len(text) > 1 && text[0] == '\'' && strings.IndexByte(formulaStarts+"'", text[1]) >= 0 {
		return text[1:]
	}
	return text
}
