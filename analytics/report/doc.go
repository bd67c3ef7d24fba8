// Package report prints the post-show report.
//
// [Build] asks a [Source] for the figures and the journeys of a show as of an
// instant and puts them together; [WriteJSON], [WriteHTML],
// [WriteCSV] and [WriteXLSX] print the result.
// Nothing in a report depends on when or where it is printed: the same facts
// and the same as_of give the same bytes.
//
// The page is one file without scripts and without outside requests: its charts
// are inline SVG. Every number carries its definition as a tooltip.
package report
