package crowd

import "time"

// Tally is what a crowd saw. Sums of tallies are tallies of both crowds.
type Tally struct {
	Clients    int   `json:"clients"`
	Closed     int   `json:"closed"` // connections the server ended
	Frames     int64 `json:"frames"`
	Deliveries int64 `json:"deliveries"`
	Bytes      int64 `json:"bytes"`
	Gaps       int64 `json:"gaps"`
	// Must counts how many clients saw which sequence of must events, without
	// those who were sent a gap. One entry: everybody saw the same.
	Must map[uint64]int `json:"must,omitempty"`
	// Marks counts how many clients saw so many marked messages since they joined
	// or the last Reset, and Heard how many saw which sequence of them; both
	// without those who were sent a gap.
	Marks map[int64]int  `json:"marks,omitempty"`
	Heard map[uint64]int `json:"heard,omitempty"`
	// Late counts deliveries by how late they came, in steps of 250 µs.
	Late map[int]int64 `json:"late,omitempty"`
}

const (
	step    = 250 * time.Microsecond
	slowest = 20 * time.Second
	buckets = int(slowest/step) + 1
)

// Add adds what another crowd saw.
func (t *Tally) Add(o Tally) {
	t.Clients += o.Clients
	t.Closed += o.Closed
	t.Frames += o.Frames
	t.Deliveries += o.Deliveries
	t.Bytes += o.Bytes
	t.Gaps += o.Gaps
	for k, n := range o.Must {
		if t.Must == nil {
			t.Must = map[uint64]int{}
		}
		t.Must[k] += n
	}
	for k, n := range o.Marks {
		if t.Marks == nil {
			t.Marks = map[int64]int{}
		}
		t.Marks[k] += n
	}
	for k, n := range o.Heard {
		if t.Heard == nil {
			t.Heard = map[uint64]int{}
		}
		t.Heard[k] += n
	}
	for k, n := range o.Late {
		if t.Late == nil {
			t.Late = map[int]int64{}
		}
		t.Late[k] += n
	}
}

// Quantile is how late a share of all deliveries was at most, share from 0 to 1.
func (t *Tally) Quantile(share float64) time.Duration {
	var all int64
	for _, n := range t.Late {
		all += n
	}
	left := int64(share * float64(all))
	for i := range buckets {
		if left -= t.Late[i]; left <= 0 && all > 0 {
			return time.Duration(i+1) * step
		}
	}
	return slowest
}
