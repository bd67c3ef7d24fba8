package clickhouse

import (
	"showrunner/conversion"
	"showrunner/live"
)

// Encoder makes of facts what the sink sends, and sends nothing: for who measures
// what that takes.
type Encoder struct{ span *span }

// NewEncoder makes one; nil rules are those that are built in.
func NewEncoder(rules *conversion.RuleSet) *Encoder { return &Encoder{newSpan(rules)} }

// Encode makes the blocks of a range, before they are compressed for the way over a
// network, and tells how many bytes they are.
func (e *Encoder) Encode(entries []live.Entry) (bytes int) {
	e.Add(entries)
	return e.Cut()
}

// Add takes the next facts of a range in.
func (e *Encoder) Add(entries []live.Entry) {
	for i := range entries {
		ahead(entries, i)
		e.span.add(&entries[i])
	}
}

// Cut makes the blocks of what was added and begins another range. It tells how many
// bytes they are.
func (e *Encoder) Cut() (bytes int) {
	for _, b := range e.span.blocks() {
		bytes += b.size()
	}
	e.span.reset()
	return bytes
}
