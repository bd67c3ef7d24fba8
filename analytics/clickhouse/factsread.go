package clickhouse

import "showrunner/live"

// factsRead reads the data of facts, each text that comes again once.
type factsRead struct {
	met  live.Repeated[facts]
	once facts
}

// of reads data. What it finds is good until the next call.
func (r *factsRead) of(data []byte) *facts {
	is, kept, met := r.met.Find(data)
	if is == nil {
		is = &r.once
		*is = facts{}
	}
	if !met {
		is.read(kept)
	}
	return is
}
