package main

import (
	"fmt"
	"slices"
	"strings"
)

// verdict is one target and whether it is met.
type verdict struct {
	Target string  `json:"target"`
	Goal   string  `json:"goal"`
	Ours   spread  `json:"ours"`
	Theirs spread  `json:"theirs,omitzero"`
	Ratio  float64 `json:"ratio,omitempty"` // ours to theirs, of the medians
	Met    bool    `json:"met"`
}

// spread is the median of rounds with their least and most.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{}
	}
	s := slices.Sorted(slices.Values(values))
	mid := s[len(s)/2]
	if len(s)%2 == 0 {
		mid = (s[len(s)/2-1] + mid) / 2
	}
	return spread{mid, s[0], s[len(s)-1]}
}

// goal is a bound on our figure, as a ratio to another server's.
type goal struct {
	name    string
	pick    func(b *benchRooms, server string) []float64
	against string
	most    float64 // of ours divided by theirs; 0: no such bound
	least   float64
}

func ofEntries(f func(entry) float64) func(*benchRooms, string) []float64 {
	return func(b *benchRooms, server string) (out []float64) {
		large := 0
		for _, e := range b.Entries {
			large = max(large, e.Viewers)
		}
		for _, e := range b.Entries {
			if e.Server == server && e.Viewers == large {
				out = append(out, f(e))
			}
		}
		return out
	}
}

func ofRounds(trial string, f func(round) float64) func(*benchRooms, string) []float64 {
	return func(b *benchRooms, server string) (out []float64) {
		for _, r := range b.Rounds {
			if r.Server == server && r.Trial == trial {
				out = append(out, f(r))
			}
		}
		return out
	}
}

// mostDeliveries is the most a server carried, in each round.
func mostDeliveries(b *benchRooms, server string) (out []float64) {
	best := 0.0
	for _, r := range b.Rounds {
		if r.Server != server {
			continue
		}
		if r.Trial == "T5" {
			if r.carried() {
				best = max(best, r.PerSecond)
			}
		} else if best > 0 {
			out, best = append(out, best), 0
		}
	}
	if best > 0 {
		out = append(out, best)
	}
	return out
}

func kb(e entry) float64      { return e.KB }
func joinCPU(e entry) float64 { return e.CPU }
func cpuEach(r round) float64 { return r.CPU }
func cores(r round) float64   { return r.Cores }
func p99(r round) float64     { return r.P99 }

// goals are the targets that are ratios to another server on the same machine
// in the same minutes.
var goals = []goal{
	{"T1 KB of a viewer", ofEntries(kb), "centrifugo", 1.0 / 15, 0},
	{"T1 KB of a viewer", ofEntries(kb), "centrifuge", 1.0 / 13, 0},
	{"T2 CPU of a delivery, 10,000 viewers, 5/s", ofRounds("T2", cpuEach), "centrifugo", 0.6, 0},
	{"T2 CPU of a delivery, 10,000 viewers, 5/s", ofRounds("T2", cpuEach), "centrifuge", 0.55, 0},
	{"T3 CPU of a delivery, 1,000 viewers, 200/s", ofRounds("T3", cpuEach), "centrifugo", 1 / 5.5, 0},
	{"T3 CPU of a delivery, 1,000 viewers, 200/s", ofRounds("T3", cpuEach), "centrifuge", 1 / 2.5, 0},
	{"T4 cores, 10,000 viewers, 20/s", ofRounds("T4", cores), "centrifuge", 0.5, 0},
	{"T5 most deliveries a second, 10,000 viewers", mostDeliveries, "centrifugo", 0, 80},
	{"T5 most deliveries a second, 10,000 viewers", mostDeliveries, "centrifuge", 0, 20},
	{"T7 p99, 1,000 viewers, 50/s", ofRounds("T7 small", p99), "centrifugo", 1, 0},
	{"T7 p99, 1,000 viewers, 50/s", ofRounds("T7 small", p99), "centrifuge", 0.2, 0},
	{"T7 p99, 10,000 viewers, 12/s", ofRounds("T7 large", p99), "centrifugo", 0.4, 0},
	{hugeTrial + " most deliveries a second, 54,000 viewers", mostHuge, "centrifugo", 0, 18},
	{hugeTrial + " most deliveries a second, 54,000 viewers", mostHuge, "centrifuge", 0, 18},
	{"T7 p99, 54,000 viewers, 1/s", ofRounds("T7 huge", p99), "centrifugo", 0.5, 0},
	{"T8 CPU of a connect", ofEntries(joinCPU), "centrifugo", 0.55, 0},
	{"T8 CPU of a connect", ofEntries(joinCPU), "centrifuge", 0.6, 0},
	{"T8 CPU of a connect, everybody verifies a token", ofEntries(joinCPU), verifies + "centrifugo", 0.55, 0},
	{"T8 CPU of a connect, everybody verifies a token", ofEntries(joinCPU), verifies + "centrifuge", 0.6, 0},
}

// judge holds the figures against the targets. Of several tunings of a server
// the one that is best at the target counts.
func judge(b *benchRooms) (out []verdict) {
	for _, g := range goals {
		mine := g.pick(b, "showrunner")
		if len(mine) == 0 {
			continue // not measured in this run
		}
		v := verdict{Target: g.name, Ours: spreadOf(mine)}
		found := false
		for _, name := range b.servers(g.against) {
			theirs := g.pick(b, name)
			if len(theirs) == 0 {
				continue
			}
			s := spreadOf(theirs)
			if !found || (g.most > 0) == (s.Median < v.Theirs.Median) {
				v.Theirs, v.Goal = s, name
			}
			found = true
		}
		if !found {
			continue
		}
		v.Ratio = v.Ours.Median / v.Theirs.Median
		if g.most > 0 {
			v.Goal, v.Met = fmt.Sprintf("at most %.3f of %s", g.most, v.Goal), v.Ratio <= g.most
		} else {
			v.Goal, v.Met = fmt.Sprintf("at least %.0f times %s", g.least, v.Goal), v.Ratio >= g.least
		}
		out = append(out, v)
	}
	if len(ofRounds(slowTrial, p99)(b, "showrunner")) > 0 {
		out = append(out, judgeSlow(b))
	}
	if len(b.Returns) > 0 {
		out = append(out, judgeReturns(b))
	}
	if b.Huge != nil {
		out = append(out, b.Huge.judge()...)
	}
	if b.Herd != nil {
		out = append(out, b.Herd.judge()...)
	}
	return out
}

// judgeSlow compares the room with viewers that never read to the one without.
func judgeSlow(b *benchRooms) verdict {
	v := verdict{
		Target: "T9 p99 of the others while 5 % of 1,000 viewers never read, nothing lost", Goal: "at most 1.1 times without them",
		Ours: spreadOf(ofRounds(slowTrial, p99)(b, "showrunner")), Theirs: spreadOf(ofRounds(quickTrial, p99)(b, "showrunner")),
	}
	v.Ratio = v.Ours.Median / v.Theirs.Median
	v.Met = v.Ratio <= 1.1
	for _, r := range b.Rounds {
		if r.Trial == slowTrial && r.Delivered != 1 {
			v.Met = false
		}
	}
	return v
}

// judgeReturns wants everybody back, with everything they missed, within two
// seconds of the first connect.
func judgeReturns(b *benchRooms) verdict {
	v := verdict{Target: "T10 seconds until all returned after a restart, each with 100 missed messages", Goal: "below 2, none lost, none twice", Met: true}
	var took []float64
	for _, r := range b.Returns {
		took = append(took, r.Seconds)
		v.Met = v.Met && r.Lost == 0 && r.Twice == 0
	}
	v.Ours = spreadOf(took)
	v.Met = v.Met && v.Ours.Median < 2
	return v
}

// servers are the tunings of a server that were measured.
func (b *benchRooms) servers(kind string) (out []string) {
	for _, e := range b.Entries {
		if strings.HasPrefix(e.Server, kind) && !slices.Contains(out, e.Server) {
			out = append(out, e.Server)
		}
	}
	return out
}
