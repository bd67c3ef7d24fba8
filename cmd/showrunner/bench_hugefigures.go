package main

import "strconv"

// huge is how a room over several servers went.
type huge struct {
	Viewers int      `json:"viewers"`
	Seconds float64  `json:"seconds"`
	Pins    int      `json:"pins"`
	Likes   int64    `json:"likes"`
	Samples []sample `json:"samples"`
	Orders  int      `json:"orders_of_pins"` // in how many different orders pins were seen by those who kept up; 1 is right
	KeptUp  int      `json:"kept_up"`
	Closed  int      `json:"closed"`
	Gaps    int64    `json:"gaps"`
	StartMB float64  `json:"start_mb"` // of the servers before the viewers came
	Share   float64  `json:"delivered"`
}

// sample is what the servers did and held in one part of the time.
type sample struct {
	At         float64 `json:"at_s"`
	PerSecond  float64 `json:"deliveries_per_second"`
	Frames     float64 `json:"frames_per_second"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	Cores      float64 `json:"cores"`
	MB         float64 `json:"mb"` // beyond start
	Goroutines float64 `json:"goroutines"`
	Files      float64 `json:"open_files"`
}

// judge holds the run against target T6.
func (h *huge) judge() []verdict {
	var per, late, mb []float64
	for i := range h.Samples {
		per, late, mb = append(per, h.Samples[i].PerSecond), append(late, h.Samples[i].P99), append(mb, h.Samples[i].MB)
	}
	warm, last := h.Samples[min(len(h.Samples)-1, len(h.Samples)/4)], h.Samples[len(h.Samples)-1]
	n := strconv.Itoa(h.Viewers)
	return []verdict{
		{Target: "T6 deliveries a second, " + n + " viewers over three servers", Goal: "at least 1,000,000", Ours: spreadOf(per), Met: spreadOf(per).Median >= 1e6},
		{Target: "T6 p99 in ms", Goal: "below 1000", Ours: spreadOf(late), Met: spreadOf(late).Median < 1000},
		{Target: "T6 MB of the three servers beyond start", Goal: "below 150", Ours: spreadOf(mb), Met: spreadOf(mb).Max < 150},
		{Target: "T6 growth after a quarter of the time, in MB", Goal: "at most 10 %", Ours: spread{last.MB - warm.MB, 0, 0}, Met: last.MB <= warm.MB*1.1},
		{Target: "T6 goroutines and open files after a quarter of the time", Goal: "no more at the end, 1 % allowed", Ours: spread{last.Goroutines - warm.Goroutines + last.Files - warm.Files, 0, 0}, Met: last.Goroutines+last.Files <= (warm.Goroutines+warm.Files)*1.01},
		{Target: "T6 orders in which pins were seen, of " + strconv.Itoa(h.KeptUp) + " viewers that kept up", Goal: "one", Ours: spread{float64(h.Orders), 0, 0}, Met: h.Orders == 1 && h.KeptUp > 0},
	}
}

// mostHuge is the most deliveries a second that three servers carried.
func mostHuge(b *benchRooms, server string) []float64 {
	best := 0.0
	for _, r := range b.Rounds {
		if r.Server == server && (r.Trial == hugeTrial || r.Trial == "T7 huge") && r.carried() {
			best = max(best, r.PerSecond)
		}
	}
	if server == "showrunner" && b.Huge != nil {
		var per []float64
		for _, s := range b.Huge.Samples {
			per = append(per, s.PerSecond)
		}
		best = max(best, spreadOf(per).Median)
	}
	if best == 0 {
		return nil
	}
	return []float64{best}
}
