package api

import (
	"context"

	"showrunner/conversion/care/guard"
	"showrunner/live"
)

// KeptTouchRules are the rules of touches on the wire.
type KeptTouchRules struct {
	Rules   guard.TouchRules `json:"rules" doc:"As PUT takes them; what it left out was filled in."`
	Version int64            `json:"rule_version" doc:"0: the rules of who has set none."`
	SetAt   *Time            `json:"set_at,omitempty"`
	SetBy   string           `json:"set_by,omitempty"`
}

type touchRulesOutput struct{ Body KeptTouchRules }

const guardTag = "Guard"

func (a *API) touchRules() {
	add(a, Route{
		ID: "get-touch-rules", Method: "GET", Path: "/v1/service/touch-rules", Tag: guardTag, Summary: "Read the rules of touches",
		Actions: []live.Action{live.ActTouchRead, live.ActTouchSend},
	}, a.getTouchRules)
	add(a, Route{
		ID: "put-touch-rules", Method: "PUT", Path: "/v1/service/touch-rules", Tag: guardTag, Summary: "Set the rules of touches",
		Text: "The body is the whole document. A member that is left out is that of the default; null or an empty list switches one off. " +
			"What is wrong is 400 `invalid_rules` with its field. The next touch goes by the new version.",
		Actions: []live.Action{live.ActTouchRules}, body: guard.TouchRules{}, example: exampleTouchRules(),
	}, a.putTouchRules)
}

// exampleTouchRules name what the default takes from the rooms.
func exampleTouchRules() guard.TouchRules {
	r := guard.DefaultRules()
	r.TimeZone = "Asia/Shanghai"
	return r
}

func (a *API) getTouchRules(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*touchRulesOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	k, err := a.cfg.Guard.Rules(ctx, m)
	if err != nil {
		return nil, err
	}
	return touchRulesOf(k), nil
}

func (a *API) putTouchRules(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	rawBody
},
) (*touchRulesOutput, error) {
	r, err := guard.ParseRules(in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	k, err := a.cfg.Guard.SetRules(ctx, m, *r, p.Actor())
	if err != nil {
		return nil, err
	}
	return touchRulesOf(k), nil
}

func touchRulesOf(k guard.KeptRules) *touchRulesOutput {
	return &touchRulesOutput{KeptTouchRules{Rules: k.Rules, Version: k.Version, SetAt: timeOf(k.SetAt), SetBy: k.By.ID}}
}
