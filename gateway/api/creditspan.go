package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

// Bounds of an attribution of a merchant.
const (
	maxCreditSpan = 366 * 24 * time.Hour
	// Chains and games go over everybody who came, buyers or not.
	maxChainSpan      = 92 * 24 * time.Hour
	defaultCreditSpan = 30 * 24 * time.Hour
	maxCreditOrders   = 100_000
	maxCreditTouches  = 500_000
	maxChainKeys      = 2000
)

// allModels are those of a merchant's attribution, in the order they are shown.
var allModels = []string{"first", "last", "last_non_direct", "position", "time_decay", "linear", "markov", "shapley", "participation"}

// CreditSpan is a merchant's time as of an instant, and what is asked of it.
type CreditSpan struct {
	Merchant              live.MerchantID
	From, Until, AsOf     time.Time // zero AsOf: now
	Window                time.Duration
	Experiment            string
	By                    conversion.Dimension
	Lost                  bool // the paths of those who bought nothing, too
	MaxOrders, MaxTouches int64
}

// CreditPaths is what a merchant's attribution is made of.
type CreditPaths struct {
	// Journeys are the orders that were first paid in the span, with who is held
	// out and which was the first of its buyer.
	Journeys []conversion.Journey
	Lost     []attribution.LostPath
	Costs    []conversion.Cost
	Arms     map[live.PersonID]conversion.Arm
	AsOf     time.Time
	Complete bool // every fact received until AsOf is in
}

// creditQuery is what a request for a merchant's attribution says.
type creditQuery struct {
	Model      string `query:"model" enum:"first,last,last_non_direct,linear,position,time_decay,markov,shapley,participation" default:"last"`
	Models     string `query:"models" maxLength:"200" doc:"Further models to compare by, as first,last,markov; all of them with all."`
	Order      int    `query:"order" minimum:"1" maximum:"4" default:"1" doc:"Of markov: how many touches a state remembers."`
	Window     string `query:"window" default:"168h" doc:"1m to 2160h."`
	By         string `query:"by" enum:"stage,channel,channel_l1,flow,agent,group,show,entry,host,campaign,referrer" default:"channel"`
	From       string `query:"from" doc:"RFC 3339: orders first paid from here on; 30 days before to when left out."`
	To         string `query:"to" doc:"RFC 3339, not included; as_of or now when left out. At most 366 days after from, 92 with markov or shapley."`
	AsOf       string `query:"as_of" doc:"RFC 3339: only facts received until then; now when left out."`
	Experiment string `query:"experiment" maxLength:"128" doc:"Whose control group is held out; that of any when left out."`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

// span reads the question and the models it names, each once, the first first.
func (a *API) span(p live.Principal, in *creditQuery) (s CreditSpan, models []attribution.Options, err error) {
	if s.Merchant, err = merchant(p, in.MerchantID); err != nil {
		return s, nil, err
	}
	if p.Rooms != nil {
		return s, nil, live.Forbidden("room_forbidden", "a merchant's attribution is of all rooms, and the token reaches some")
	}
	if s.Window, err = creditWindow(in.Window); err != nil {
		return s, nil, err
	}
	if s.AsOf, err = a.asOf(in.AsOf); err != nil {
		return s, nil, err
	}
	s.Until = s.AsOf
	if s.Until.IsZero() {
		s.Until = a.cfg.Now().UTC().Truncate(time.Millisecond)
	}
	if in.To != "" {
		if s.Until, err = parseTime(in.To); err != nil {
			return s, nil, live.Invalid("invalid_field", "to", "%s", err)
		}
	}
	s.From = s.Until.Add(-defaultCreditSpan)
	if in.From != "" {
		if s.From, err = parseTime(in.From); err != nil {
			return s, nil, live.Invalid("invalid_field", "from", "%s", err)
		}
	}
	names := []string{in.Model}
	switch {
	case in.Models == "all":
		names = append(names, allModels...)
	case in.Models != "":
		names = append(names, strings.Split(in.Models, ",")...)
	}
	for i, name := range names {
		if !slices.Contains(allModels, name) {
			return s, nil, live.Invalid("unknown_model", "models", "must be a list of %s, or all", strings.Join(allModels, ", "))
		}
		if !slices.Contains(names[:i], name) {
			models = append(models, attribution.Options{Model: name, Order: in.Order})
		}
		s.Lost = s.Lost || name == "markov"
	}
	chain := slices.Contains(names, "markov") || slices.Contains(names, "shapley")
	switch length := s.Until.Sub(s.From); {
	case length <= 0:
		return s, nil, live.Invalid("invalid_field", "to", "must be after from")
	case length > maxCreditSpan:
		return s, nil, live.Invalid("invalid_field", "from", "must be at most 366 days before to")
	case chain && length > maxChainSpan:
		return s, nil, live.Invalid("invalid_field", "from", "must be at most 92 days before to with markov or shapley, which go over every journey")
	}
	s.By, _ = conversion.DimensionOf(in.By)
	s.Experiment, s.MaxOrders, s.MaxTouches = in.Experiment, maxCreditOrders, maxCreditTouches
	return s, models, nil
}

// divided is what one model made of the orders.
type divided struct {
	options attribution.Options
	totals  []attribution.CurrencyCredits
}

// divide goes over the orders by each model.
func divide(ctx context.Context, s *CreditSpan, paths *CreditPaths, models []attribution.Options) ([]divided, []conversion.Journey, error) {
	open := slices.DeleteFunc(slices.Clone(paths.Journeys), func(j conversion.Journey) bool { return j.Control })
	lost := slices.Clone(paths.Lost)
	policy := conversion.Policy{Window: s.Window}
	var keyed []conversion.Journey
	var out []divided
	for _, o := range models {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		journeys, key, nulls := open, attribution.Key(s.By.Of), []attribution.LostPath(nil)
		if o.Model == "markov" {
			if keyed == nil {
				keyed = attribution.Keyed(open, s.By)
				if n := countKeys(keyed, lost); n > maxChainKeys {
					return nil, nil, live.TooLarge("too_many_keys", "by", "there are %d, at most %d are chained: divide by something with fewer", n, maxChainKeys)
				}
			}
			journeys, key, nulls = keyed, attribution.ByChannel, lost
		}
		totals, err := attribution.ByCurrency(o, policy, journeys, nulls, key)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, divided{o, totals})
	}
	return out, open, nil
}

func countKeys(journeys []conversion.Journey, lost []attribution.LostPath) int {
	seen := map[string]bool{}
	for i := range journeys {
		for k := range journeys[i].Touches {
			seen[journeys[i].Touches[k].Channel] = true
		}
	}
	for i := range lost {
		for _, k := range lost[i].Keys {
			seen[k] = true
		}
	}
	return len(seen)
}
