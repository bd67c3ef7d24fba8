package api

import (
	"context"
	"encoding/json"

	"showrunner/conversion"
	"showrunner/live"
)

// LadderRules are the rules by which people stand on a rung.
type LadderRules struct {
	Rules   json.RawMessage `json:"rules" doc:"As PUT takes them."`
	Version int64           `json:"rule_version" doc:"0: the rules of who has set none."`
	SetAt   *Time           `json:"set_at,omitempty"`
	SetBy   string          `json:"set_by,omitempty"`
}

// NewLadderRules is the body of PUT /v1/ladder/rules.
type NewLadderRules struct {
	TimeZone         string       `json:"time_zone,omitempty" doc:"IANA name, in which days of orders outside a show are told apart; UTC when left out. Orders of a show go by the show's."`
	TouchWindowHours int          `json:"touch_window_hours,omitempty" minimum:"1" maximum:"8760" doc:"How long before a move a touch may be to stand beside it; 168 when left out."`
	Rungs            []LadderRule `json:"rungs" doc:"All five, from below."`
}

// LadderRule is the rule of one rung: one condition suffices.
type LadderRule struct {
	Rung string            `json:"rung" enum:"passerby,fan,customer,member,partner"`
	Any  []LadderCondition `json:"any" minItems:"1" maxItems:"10"`
}

// LadderCondition is either of facts or of orders.
type LadderCondition struct {
	Fact          string `json:"fact,omitempty" doc:"Holds when there are at_least such facts about different things."`
	Until         string `json:"until,omitempty" doc:"With fact: ceases when a fact of this kind is the later. Only for kinds of which every fact is kept."`
	AtLeast       int    `json:"at_least,omitempty" minimum:"1" maximum:"1000"`
	Orders        int    `json:"orders,omitempty" minimum:"1" maximum:"1000" doc:"Holds while so many orders are paid and neither cancelled nor refunded in full."`
	DifferentDays bool   `json:"different_days,omitempty" doc:"With orders: which became so on as many different days."`
}

type ladderRulesOutput struct{ Body LadderRules }

func (a *API) ladderRules() {
	add(a, Route{
		ID: "get-ladder-rules", Method: "GET", Path: "/v1/ladder/rules", Tag: "People", Summary: "Read the rules of the ladder", Actions: []live.Action{live.ActLadderRead},
	}, a.getLadderRules)
	add(a, Route{
		ID: "put-ladder-rules", Method: "PUT", Path: "/v1/ladder/rules", Tag: "People", Summary: "Set the rules of the ladder",
		Text: "The body is the file of rules. What is wrong is 400 `invalid_ladder` with the line and the place. A new version judges everybody anew, their history too; " +
			"moves it does not know are withdrawn and stay on record. Who satisfies several rungs stands on the highest.",
		Actions: []live.Action{live.ActLadderWrite}, body: NewLadderRules{},
		example: json.RawMessage(`{"time_zone":"Asia/Shanghai","rungs":[{"rung":"passerby","any":[{"fact":"room_entered"}]},{"rung":"fan","any":[{"fact":"followed"},{"fact":"group_joined"}]},` +
			`{"rung":"customer","any":[{"orders":1}]},{"rung":"member","any":[{"orders":2,"different_days":true}]},{"rung":"partner","any":[{"fact":"partner_approved","until":"partner_suspended"}]}]}`),
	}, a.putLadderRules)
}

func (a *API) getLadderRules(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*ladderRulesOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	r, err := a.cfg.Store.LadderRules(ctx, m)
	if err != nil {
		return nil, err
	}
	return ladderRulesOf(r)
}

func (a *API) putLadderRules(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	rawBody
},
) (*ladderRulesOutput, error) {
	if _, err := conversion.ParseLadder(in.RawBody); err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	r, err := a.cfg.Store.SetLadderRules(ctx, live.LadderRules{Merchant: m, Text: string(in.RawBody), By: p.Actor()})
	if err != nil {
		return nil, err
	}
	return ladderRulesOf(r)
}

func ladderRulesOf(r live.LadderRules) (*ladderRulesOutput, error) {
	out := LadderRules{Rules: json.RawMessage(r.Text), Version: r.Version, SetAt: timeOf(r.SetAt), SetBy: r.By.ID}
	if r.Version == 0 {
		raw, err := json.Marshal(conversion.DefaultLadder())
		if err != nil {
			return nil, err
		}
		out.Rules = raw
	}
	return &ladderRulesOutput{out}, nil
}
