package main

import "slices"

// benchPace is how fast one side was over the rounds, with so many clients.
type benchPace struct {
	Name    string `json:"name"`
	Clients int    `json:"clients"`
	PerSec  spread `json:"orders_per_second"`
	rounds  []float64
}

// pacesOf sums up the rounds of each side and number of clients, in the order
// in which they were measured first.
func pacesOf(sides []benchSide) []benchPace {
	var out []benchPace
	for _, s := range sides {
		if s.Skipped != "" {
			continue
		}
		i := slices.IndexFunc(out, func(p benchPace) bool { return p.Name == s.Name && p.Clients == s.Clients })
		if i < 0 {
			i = len(out)
			out = append(out, benchPace{Name: s.Name, Clients: s.Clients})
		}
		out[i].rounds = append(out[i].rounds, s.PerSec)
	}
	for i := range out {
		out[i].PerSec = spreadOf(out[i].rounds)
	}
	return out
}

// benchGoal is how many times as fast as another side the store should be, and
// was: the ratio within each round, each side with the number of clients it
// does best with.
type benchGoal struct {
	Side         string  `json:"side"`
	Clients      int     `json:"clients"`
	Other        string  `json:"other"`
	OtherClients int     `json:"other_clients"`
	Goal         float64 `json:"goal"`
	Ratio        spread  `json:"ratio"`
	Verdict      string  `json:"verdict"` // of the median: met or missed
	// Same is the ratio where both sides had the same number of clients.
	Same map[int]spread `json:"ratio_at_same_clients,omitempty"`
}

// benchGoals are the ratios asked of the store.
var benchGoals = []struct {
	other string
	ratio float64
}{{"postgres", 10}, {"redis", 1}}

func goalsOf(sides []benchSide) []benchGoal {
	paces := pacesOf(sides)
	best := func(name string) (b benchPace) {
		for _, p := range paces {
			if p.Name == name && (b.Name == "" || p.PerSec.Median > b.PerSec.Median) {
				b = p
			}
		}
		return b
	}
	var out []benchGoal
	for _, g := range benchGoals {
		s, o := best("store"), best(g.other)
		if o.Name == "" || s.Name == "" {
			continue
		}
		goal := benchGoal{
			Side: s.Name, Clients: s.Clients, Other: o.Name, OtherClients: o.Clients, Goal: g.ratio, Ratio: ratioOf(s, o),
			Verdict: "missed", Same: map[int]spread{},
		}
		if goal.Ratio.Median >= g.ratio {
			goal.Verdict = "met"
		}
		for _, a := range paces {
			for _, b := range paces {
				if a.Name == s.Name && b.Name == o.Name && a.Clients == b.Clients {
					goal.Same[a.Clients] = ratioOf(a, b)
				}
			}
		}
		out = append(out, goal)
	}
	return out
}

// ratioOf divides two sides round by round.
func ratioOf(a, b benchPace) spread {
	var ratios []float64
	for i := range min(len(a.rounds), len(b.rounds)) {
		if b.rounds[i] > 0 {
			ratios = append(ratios, a.rounds[i]/b.rounds[i])
		}
	}
	return spreadOf(ratios)
}
