package api

import (
	"context"

	"showrunner/live"
	"showrunner/live/store"
)

// JourneyPage is a piece of a person's way.
type JourneyPage struct {
	PersonID   string        `json:"person_id" doc:"The name that stands for them now."`
	Items      []JourneyItem `json:"items"`
	NextCursor string        `json:"next_cursor,omitempty" doc:"Left out on the last page."`
}

// JourneyItem is one thing on a person's way.
type JourneyItem struct {
	At    Time          `json:"at"`
	Item  string        `json:"item" enum:"touch,move,order"`
	Touch *JourneyTouch `json:"touch,omitempty"`
	Move  *JourneyMove  `json:"move,omitempty"`
	Order *JourneyOrder `json:"order,omitempty"`
}

// JourneyTouch is the first of all touches of a kind with one thing.
type JourneyTouch struct {
	Type     string `json:"type" example:"group_joined"`
	Ref      string `json:"ref,omitempty" doc:"What it is about."`
	Stage    string `json:"stage,omitempty" enum:"lead,nurture,convert,retain" doc:"Left out for what is no touch of the chain, such as a parting."`
	Class    string `json:"class,omitempty" enum:"service,show,offer,referral,group"`
	Channel  string `json:"channel,omitempty"`
	EventID  string `json:"event_id"`
	ShowID   string `json:"show_id,omitempty"`
	AgentID  string `json:"agent_id,omitempty"`
	Referrer string `json:"referrer_id,omitempty"`
}

// JourneyMove is a move on the ladder.
type JourneyMove struct {
	From    string        `json:"from"`
	To      string        `json:"to"`
	Up      bool          `json:"up"`
	Cause   *LadderCause  `json:"cause"`
	Touches []LadderTouch `json:"touches" doc:"The last touch of each class before it, latest first."`
	Rule    int64         `json:"rule_version"`
}

// JourneyOrder is an order at one step of its life.
type JourneyOrder struct {
	OrderID  string `json:"order_id"`
	ShowID   string `json:"show_id,omitempty"`
	Type     string `json:"type" doc:"order_created, or the fact that made it valid or invalid."`
	Valid    bool   `json:"valid" doc:"From here on: paid, and neither cancelled nor refunded in full."`
	State    string `json:"state" doc:"Now."`
	Currency string `json:"currency"`
	Paid     *int64 `json:"gmv_paid_minor,omitempty" doc:"Now; only for roles that may see money."`
	Net      *int64 `json:"gmv_net_minor,omitempty"`
}

type journeyOutput struct{ Body JourneyPage }

func (a *API) getJourney(ctx context.Context, p live.Principal, in *struct {
	PersonPath
	Page
},
) (*journeyOutput, error) {
	m, id, err := a.theirs(ctx, p, &in.PersonPath)
	if err != nil {
		return nil, err
	}
	one, items, next, err := a.cfg.Store.Journey(ctx, m, id, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := JourneyPage{PersonID: string(one), Items: make([]JourneyItem, len(items)), NextCursor: next}
	for i := range items {
		out.Items[i] = journeyItemOf(&items[i], p.May(live.ActMoney))
	}
	return &journeyOutput{out}, nil
}

func journeyItemOf(i *store.JourneyItem, money bool) JourneyItem {
	out := JourneyItem{At: Time{i.At}}
	switch {
	case i.Touch != nil:
		f := i.Touch
		out.Item = "touch"
		out.Touch = &JourneyTouch{
			string(f.Kind), f.Ref, string(f.Stage), string(f.Class), f.Channel, string(f.Event), string(f.Show), f.Agent, string(f.Referrer),
		}
	case i.Move != nil:
		out.Item = "move"
		out.Move = &JourneyMove{string(i.Move.From), string(i.Move.To), i.Move.Up(), causeOf(i.Move), touchesOf(i.Move), i.Move.Rule}
	default:
		o := i.Order
		out.Item = "order"
		out.Order = &JourneyOrder{OrderID: string(o.Order), ShowID: string(o.Show), Type: string(o.Kind), Valid: o.Valid, State: string(o.State), Currency: string(o.Currency)}
		if money {
			out.Order.Paid, out.Order.Net = &o.Paid, &o.Net
		}
	}
	return out
}
