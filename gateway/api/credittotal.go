package api

import (
	"maps"
	"slices"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

// AttributionTotal is one currency. The credits and what is unattributed sum to
// the value exactly, and so do the stages.
type AttributionTotal struct {
	Currency           string              `json:"currency"`
	Orders             int64               `json:"orders"`
	Value              int64               `json:"value_minor" doc:"Paid less refunds and cancellations."`
	Unattributed       int64               `json:"unattributed_minor" doc:"Of orders without any touch in the window."`
	UnattributedOrders int64               `json:"unattributed_orders"`
	Credits            []AttributionCredit `json:"credits" doc:"Most money first; stages along the chain."`
	Stages             []AttributionStage  `json:"stages,omitempty" doc:"The four links of the chain and what earned inside each; not by markov and shapley, which divide totals."`
}

// AttributionCredit is what one key earned.
type AttributionCredit struct {
	Key    string `json:"key" doc:"Empty for touches that name none."`
	Minor  int64  `json:"value_minor"`
	Orders int64  `json:"orders" doc:"In which the key had a part; does not add up."`
}

// AttributionStage is what one link of the chain earned, and who and what earned
// inside it: each list sums to the money of the stage.
type AttributionStage struct {
	Stage    string              `json:"stage" enum:"lead,nurture,convert,retain"`
	Minor    int64               `json:"value_minor"`
	Orders   int64               `json:"orders"`
	Channels []AttributionCredit `json:"channels"`
	Agents   []AttributionCredit `json:"agents"`
	Groups   []AttributionCredit `json:"groups"`
	Shows    []AttributionCredit `json:"shows"`
	Entries  []AttributionCredit `json:"entries"`
}

// stageDimensions are what earned inside a stage, in the order of their lists in
// [AttributionStage].
var stageDimensions = func() (keys []attribution.Key) {
	for _, name := range []string{"channel", "agent", "group", "show", "entry"} {
		keys = append(keys, dimension(name).Of)
	}
	return keys
}()

func dimension(name string) conversion.Dimension {
	d, ok := conversion.DimensionOf(name)
	if !ok {
		panic("BUG: no dimension " + name)
	}
	return d
}

// stagesOf are all stages, by what those earned that earned anything.
func stagesOf(earned []attribution.StageShare) (out []AttributionStage) {
	for _, stage := range live.Stages {
		s := AttributionStage{
			Stage: string(stage), Channels: []AttributionCredit{}, Agents: []AttributionCredit{}, Groups: []AttributionCredit{}, Shows: []AttributionCredit{}, Entries: []AttributionCredit{},
		}
		for i := range earned {
			if e := &earned[i]; e.Key == s.Stage {
				s.Minor, s.Orders = e.Minor, e.Orders
				for k, list := range []*[]AttributionCredit{&s.Channels, &s.Agents, &s.Groups, &s.Shows, &s.Entries} {
					*list = creditsOf(e.By[k])
				}
			}
		}
		out = append(out, s)
	}
	return out
}

func creditsOf(shares []attribution.Share) []AttributionCredit {
	out := []AttributionCredit{}
	for _, share := range shares {
		out = append(out, AttributionCredit(share))
	}
	return out
}

// attributionTotal is one currency of a result, divided by a dimension.
func attributionTotal(r *attribution.Result, t *attribution.Total, by string, stages []attribution.StageShare) AttributionTotal {
	shares := t.ByStage
	if by != "stage" {
		d := dimension(by)
		shares = r.By(t.Currency, func(c *conversion.Credit) string { return d.Of(&c.Touch) })
	}
	return AttributionTotal{
		Currency: string(t.Currency), Orders: t.Orders, Value: t.Value, Unattributed: t.Unattributed, UnattributedOrders: t.UnattributedOrders,
		Credits: creditsOf(shares), Stages: stagesOf(stages),
	}
}

// rulesSeen are the versions of the rules that made the touches of journeys.
func rulesSeen(journeys []conversion.Journey) []string {
	seen := map[string]bool{}
	for i := range journeys {
		for k := range journeys[i].Touches {
			seen[journeys[i].Touches[k].Rule] = true
		}
	}
	return append([]string{}, slices.Sorted(maps.Keys(seen))...)
}
