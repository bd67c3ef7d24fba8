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

// attributionTotal is one currency of a result, divided by a dimension.
func attributionTotal(r *attribution.Result, t *attribution.Total, by string) AttributionTotal {
	total := AttributionTotal{
		Currency: string(t.Currency), Orders: t.Orders, Value: t.Value, Unattributed: t.Unattributed, UnattributedOrders: t.UnattributedOrders,
		Credits: []AttributionCredit{},
	}
	if by == "stage" {
		for _, share := range t.ByStage {
			total.Credits = append(total.Credits, AttributionCredit(share))
		}
	} else {
		total.Credits = creditsBy(r, t.Currency, by, "")
	}
	for _, stage := range live.Stages {
		s := AttributionStage{Stage: string(stage)}
		for _, share := range t.ByStage {
			if share.Key == s.Stage {
				s.Minor, s.Orders = share.Minor, share.Orders
			}
		}
		s.Channels, s.Agents = creditsBy(r, t.Currency, "channel", stage), creditsBy(r, t.Currency, "agent", stage)
		s.Groups, s.Shows = creditsBy(r, t.Currency, "group", stage), creditsBy(r, t.Currency, "show", stage)
		s.Entries = creditsBy(r, t.Currency, "entry", stage)
		total.Stages = append(total.Stages, s)
	}
	return total
}

// creditsBy are the credits of a currency by a dimension, of one stage if it
// names one.
func creditsBy(r *attribution.Result, currency live.Currency, by string, stage live.Stage) []AttributionCredit {
	d, ok := conversion.DimensionOf(by)
	if !ok {
		panic("BUG: no dimension " + by)
	}
	out := []AttributionCredit{}
	for _, share := range r.ByOf(currency, func(c *conversion.Credit) (string, bool) {
		return d.Of(&c.Touch), stage == "" || c.Touch.Stage == stage
	}) {
		out = append(out, AttributionCredit(share))
	}
	return out
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
