package clickhouse

import (
	"showrunner/conversion"
	"showrunner/live"
)

// reading is what was read of the data of a fact.
type reading struct {
	facts
	touch conversion.TouchData // once it was asked for
	asked bool
}

// touchOf is what a touch takes from the same data.
func (r *reading) touchOf(data []byte, met live.Words) *conversion.TouchData {
	if !r.asked {
		r.touch, r.asked = conversion.ReadTouch(data, met), true
	}
	return &r.touch
}

// factsRead reads the data of facts, each text that comes again once.
type factsRead struct {
	met  live.Repeated[reading]
	once reading
}

// of reads data of a kind. What it finds is good until the next call. Most facts of a
// kind say what the one before said, which is looked at first.
func (r *factsRead) of(is *kindRow, data []byte) *reading {
	if is.before.Is(data) {
		return &is.before.Of
	}
	found, met := r.met.Find(data)
	if found == nil {
		r.once = reading{}
		r.once.read(data)
		return &r.once
	}
	is.before = found
	if !met {
		found.Of.read(found.Text())
	}
	return &found.Of
}
