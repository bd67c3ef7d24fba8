package api

import (
	"context"
	"time"

	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// ServiceFigures are the figures of service of the sessions opened in a span.
type ServiceFigures struct {
	From     Time          `json:"from"`
	To       Time          `json:"to"`
	AgentID  string        `json:"agent_id,omitempty"`
	EntryID  string        `json:"entry_id,omitempty"`
	ShowID   string        `json:"show_id,omitempty"`
	Sessions int64         `json:"sessions"`
	Overdue  int64         `json:"resolution_breaches" doc:"Sessions whose promise of an end was broken."`
	Figures  []ServiceRate `json:"figures" doc:"docs/service.md defines each."`
}

// ServiceRate is a figure with what it was made of. Times are milliseconds.
type ServiceRate struct {
	Key         string   `json:"key" enum:"first_response_time,first_response_time_business,reply_rate,sla_breach_rate,resolution_time,resolved_rate,csat,csat_participation,bot_handover_rate,bot_only_rate"`
	Numerator   int64    `json:"numerator"`
	Denominator int64    `json:"denominator"`
	Value       *float64 `json:"value" doc:"Null while the denominator is 0."`
}

type serviceFiguresOutput struct{ Body ServiceFigures }

func (a *API) serviceFigures() {
	add(a, Route{
		ID: "get-service-figures", Method: "GET", Path: "/v1/service/figures", Tag: serviceTag, Summary: "Read how service is done",
		Text: "Of the sessions opened in a span, also of one agent, entry or show. Agents, hosts and moderators read their own.", Actions: []live.Action{live.ActServiceRead},
	}, a.getServiceFigures)
}

func (a *API) getServiceFigures(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	From       string `query:"from" required:"true" doc:"RFC 3339."`
	To         string `query:"to" required:"true" doc:"RFC 3339, exclusive."`
	AgentID    string `query:"agent_id" doc:"Who served last."`
	EntryID    string `query:"entry_id"`
	ShowID     string `query:"show_id"`
},
) (*serviceFiguresOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	var span [2]time.Time
	for i, x := range [][2]string{{"from", in.From}, {"to", in.To}} {
		if span[i], err = parseTime(x[1]); err != nil {
			return nil, live.Invalid("invalid_field", x[0], "%s", err)
		}
	}
	if p.May(live.ActServe) && !p.May(live.ActServiceWrite) {
		in.AgentID = p.Subject
	}
	n, err := a.cfg.Desk.Figures(ctx, desk.FigureFilter{Merchant: m, From: span[0], Until: span[1], Agent: in.AgentID, Entry: in.EntryID, Show: live.ShowID(in.ShowID)})
	if err != nil {
		return nil, err
	}
	out := ServiceFigures{From: Time{span[0]}, To: Time{span[1]}, AgentID: in.AgentID, EntryID: in.EntryID, ShowID: in.ShowID, Sessions: n.Sessions, Overdue: n.Overdue}
	for _, x := range []struct {
		key      string
		num, den int64
	}{
		{"first_response_time", n.ReplyMS, n.Replied},
		{"first_response_time_business", n.BusinessMS, n.Replied},
		{"reply_rate", n.Replied, n.Asked},
		{"sla_breach_rate", n.Late, n.Asked},
		{"resolution_time", n.ResolveMS, n.Closed},
		{"resolved_rate", n.Resolved, n.Closed},
		{"csat", n.Good, n.Rated},
		{"csat_participation", n.Rated, n.RateAsked},
		{"bot_handover_rate", n.HandedOver, n.WithBot},
		{"bot_only_rate", n.BotOnly, n.Opened},
	} {
		out.Figures = append(out.Figures, ServiceRate(rateOf(x.key, x.num, x.den)))
	}
	return &serviceFiguresOutput{out}, nil
}
