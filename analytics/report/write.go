package report

import (
	"io"

	"showrunner/analytics"
	"showrunner/live"
)

// Write prints the report in a format: json, html, csv, windows or xlsx. lang is the
// language of html and xlsx. Another format is a [live.Error] with code
// "format_unavailable".
func Write(w io.Writer, r analytics.Report, format, lang string) error {
	switch format {
	case "json":
		return WriteJSON(w, r)
	case "html":
		return WriteHTMLIn(w, r, lang)
	case "csv":
		return WriteCSV(w, r)
	case "windows":
		return WriteWindows(w, r)
	case "xlsx":
		return WriteXLSXIn(w, r, lang)
	}
	return live.Invalid("format_unavailable", "format", "must be json, html, csv, windows or xlsx")
}
