package store

import (
	"net/url"
	"strconv"
	"strings"
)

// dialect is all that differs between the databases the SQL text runs on.
type dialect struct {
	begin    string // opens a transaction that will write
	numbered bool   // placeholders are $1, $2 … instead of ?
}

// sqlite takes its write lock at once: a transaction that started by reading
// could otherwise not become a writer.
var sqlite = dialect{begin: "BEGIN IMMEDIATE"}

// bind turns the ? placeholders of a query into the dialect's own. No query of
// this package has a question mark in a literal.
func (d dialect) bind(query string) string {
	if !d.numbered {
		return query
	}
	var b strings.Builder
	n := 0
	for i := range len(query) {
		if query[i] != '?' {
			b.WriteByte(query[i])
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// marks is n placeholders for an IN list.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// sqliteURL is the data source of a database file. FULL makes a commit wait
// for the disk: what was acknowledged survives a power cut.
func sqliteURL(path string, pragmas ...string) string {
	q := url.Values{}
	for _, p := range append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}
