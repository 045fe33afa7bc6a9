package sheet

import "strings"

// formulaStarts are the characters that make a spreadsheet take a cell for a formula or
// that let one through after trimming (TRUST.md S7).
const formulaStarts = "=+-@\t\r"

// Quote puts an apostrophe before text that a spreadsheet would run, and before text that
// begins with an apostrophe, so that Unquote gives back exactly what was there. Numbers that
// we write ourselves are not quoted.
func Quote(text string) string {
	if text != "" && strings.IndexByte(formulaStarts+"'", text[0]) >= 0 {
		return "'" + text
	}
	return text
}

// Unquote takes off the apostrophe that Quote put on. Any other apostrophe stays: people write
// cells too.
func Unquote(text string) string {
	if len(text) > 1 && text[0] == '\'' && strings.IndexByte(formulaStarts+"'", text[1]) >= 0 {
		return text[1:]
	}
	return text
}
