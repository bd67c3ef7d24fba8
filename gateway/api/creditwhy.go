package api

import (
	"context"
	"time"

	"showrunner/conversion/attribution"
	"showrunner/live"
)

// CreditWhy says how an order's money was divided, touch by touch.
type CreditWhy struct {
	OrderID      string        `json:"order_id"`
	ShowID       string        `json:"show_id"`
	Model        string        `json:"model"`
	Version      int           `json:"version"`
	WindowS      int64         `json:"window_s"`
	PaidAt       Time          `json:"paid_at" doc:"The end of the window."`
	AsOf         Time          `json:"as_of"`
	Provisional  bool          `json:"provisional"`
	Currency     string        `json:"currency"`
	Value        int64         `json:"value_minor"`
	Unattributed int64         `json:"unattributed_minor"`
	Touches      []CreditTouch `json:"touches" doc:"All of the buyer's before the payment, ascending."`
}

// CreditTouch is a touch and what became of it.
type CreditTouch struct {
	At          Time   `json:"at"`
	Kind        string `json:"kind"`
	Stage       string `json:"stage"`
	Channel     string `json:"channel"`
	Campaign    string `json:"campaign"`
	ShowID      string `json:"show_id"`
	HostID      string `json:"host_id,omitempty"`
	AgentID     string `json:"agent_id,omitempty"`
	GroupID     string `json:"group_id,omitempty"`
	EntryID     string `json:"entry_id,omitempty"`
	Referrer    string `json:"referrer,omitempty"`
	Weight      int64  `json:"weight" doc:"Of all weights of the order; zero earns nothing."`
	Minor       int64  `json:"value_minor"`
	RuleVersion string `json:"rule_version" doc:"Of the rules that made a touch of the fact; empty for one of before rules had versions."`
	Rule        string `json:"rule" enum:"credited,no_weight,before_window" doc:"Why it earned or did not: the model gave it nothing, or it was before the window."`
}

type creditWhyOutput struct{ Body CreditWhy }

func (a *API) getCreditWhy(ctx context.Context, p live.Principal, in *struct {
	OrderID    string `path:"order_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token: order ids are unique within a merchant."`
	Model      string `query:"model" enum:"first,last,last_non_direct,linear,position,time_decay" default:"last"`
	Window     string `query:"window" default:"168h" doc:"1m to 2160h."`
},
) (*creditWhyOutput, error) {
	o, _, err := a.order(ctx, p, &orderQuery{OrderID: in.OrderID, MerchantID: in.MerchantID})
	if err != nil {
		return nil, err
	}
	model, window, err := creditRule(in.Model, in.Window)
	if err != nil {
		return nil, err
	}
	s, err := a.show(ctx, p, o.Show)
	if err != nil {
		return nil, err
	}
	paths, err := a.cfg.Figures.Journeys(ctx, s, time.Time{}, 0)
	if err != nil {
		return nil, err
	}
	for i := range paths.Journeys {
		j := &paths.Journeys[i]
		if j.Order != o.ID {
			continue
		}
		r := attribution.Attribute(model, paths.Journeys[i:i+1], window)
		out := CreditWhy{
			OrderID: string(o.ID), ShowID: string(s.ID), Model: r.Model, Version: r.Version, WindowS: int64(window.Seconds()), PaidAt: Time{j.At},
			AsOf: Time{paths.AsOf}, Provisional: !paths.Final || !paths.Complete, Currency: string(j.Currency), Value: j.Value,
			Unattributed: r.Orders[0].Unattributed, Touches: []CreditTouch{},
		}
		credits := r.Orders[0].Credits
		for _, t := range j.Within(0) {
			c := CreditTouch{
				At: Time{t.At}, Kind: string(t.Kind), Stage: string(t.Stage), Channel: t.Channel, Campaign: t.Campaign, ShowID: string(t.Show), Rule: "no_weight",
				RuleVersion: t.Rule, HostID: t.Host, AgentID: t.Agent, GroupID: t.Group, EntryID: t.Entry, Referrer: string(t.Referrer),
			}
			if len(credits) > 0 && credits[0].Touch == t { // both ascend
				c.Weight, c.Minor, c.Rule = credits[0].Weight, credits[0].Minor, "credited"
				credits = credits[1:]
			} else if t.At.Before(j.At.Add(-window)) {
				c.Rule = "before_window"
			}
			out.Touches = append(out.Touches, c)
		}
		return &creditWhyOutput{out}, nil
	}
	return nil, live.Conflict("order_not_paid", "order %s is not paid as of %s: only paid orders are attributed", o.ID, paths.AsOf.Format(timeLayout))
}

// creditRule is the model and the window that a request names.
func creditRule(model, window string) (attribution.Model, time.Duration, error) {
	w, err := creditWindow(window)
	if err != nil {
		return nil, 0, err
	}
	m, err := attribution.Named(model)
	return m, w, err
}

// creditWindow reads a window.
func creditWindow(s string) (time.Duration, error) {
	window, err := time.ParseDuration(s)
	if err != nil || window < minCreditWindow || window > maxCreditWindow {
		return 0, live.Invalid("invalid_field", "window", "must be a duration of 1m to 2160h, such as 168h")
	}
	return window, nil
}
