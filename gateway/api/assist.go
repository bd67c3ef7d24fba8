package api

import (
	"context"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

const assistDays = 30

// ServiceAssisted is the answer of GET /v1/service/assisted.
type ServiceAssisted struct {
	Span
	Window  string              `json:"window" doc:"How far before the payment an agent may have served the buyer, both ends included."`
	ShowID  string              `json:"show_id,omitempty"`
	AgentID string              `json:"agent_id,omitempty" doc:"Whose work alone is counted."`
	Totals  []ServiceAssistedOf `json:"totals" doc:"By currency."`
}

// ServiceAssistedOf is one currency of what service earned. Without the right to
// money the amounts are left out, and for agents what others sold too.
type ServiceAssistedOf struct {
	Currency string       `json:"currency"`
	Orders   *int64       `json:"orders,omitempty" doc:"All orders that hold: paid, neither cancelled nor refunded in full."`
	Net      *int64       `json:"gmv_net_minor,omitempty" doc:"Of all of them."`
	Assisted int64        `json:"service_assisted_orders" doc:"Those whose buyer an agent served within the window, each once."`
	GMV      *int64       `json:"service_assisted_gmv_minor,omitempty" doc:"Net: what is refunded or cancelled is out of it again."`
	Share    *Rate        `json:"service_assisted_share,omitempty" doc:"service_assisted_gmv_minor / gmv_net_minor"`
	Agents   []ServiceRow `json:"agents" doc:"Most money first. An order that two agents assisted is in the row of each: rows do not add up."`
	Groups   []ServiceRow `json:"groups" doc:"Groups in which an agent spoke while the buyer was a member."`
	Entries  []ServiceRow `json:"entries" doc:"Service entries that the acts name."`
}

// ServiceRow is what one agent, group or entry assisted.
type ServiceRow struct {
	Key    string `json:"key"`
	Orders int64  `json:"service_assisted_orders"`
	GMV    *int64 `json:"service_assisted_gmv_minor,omitempty"`
	Share  *Rate  `json:"service_assisted_share,omitempty"`
}

func (a *API) assists() {
	add(a, Route{
		ID: "get-service-assisted", Method: "GET", Path: "/v1/service/assisted", Tag: serviceTag, Summary: "Read what service earned",
		Text: "Orders paid after an agent had served their buyer: in a session, by a touch that is not transactional or a follow-up, or by a message in a group while the buyer was a member. By the day of payment in the merchant's time zone. " +
			"It says that service came before, not that it was the cause. Agents read their own alone; without the right to money there are counts only.",
		Actions: []live.Action{live.ActServiceRead}, output: sheetTypes, answer: ServiceAssisted{},
	}, a.getServiceAssisted)
}

func (a *API) getServiceAssisted(ctx context.Context, p live.Principal, in *struct {
	From       string `query:"from" doc:"First day of payment, as 2026-01-02; 30 days with the last one when left out." format:"date"`
	To         string `query:"to" doc:"Last day; today when left out." format:"date"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	TimeZone   string `query:"time_zone" doc:"IANA name; the one that all rooms of the merchant share, when left out." maxLength:"64"`
	AsOf       string `query:"as_of" doc:"RFC 3339: only facts received until then; now when left out."`
	Format     string `query:"format" enum:"json,csv" default:"json"`
	Window     string `query:"window" enum:"24h,72h,168h" default:"72h"`
	AgentID    string `query:"agent_id" doc:"The work of this agent only; an agent's own when left out." maxLength:"128"`
	ShowID     string `query:"show_id" doc:"Orders of this show only." maxLength:"128"`
},
) (*sheetOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if p.Role == live.RoleAgent {
		if in.AgentID != "" && in.AgentID != p.Subject {
			return nil, live.Forbidden("agent_forbidden", "an agent reads what they themselves assisted")
		}
		in.AgentID = p.Subject
	}
	if in.ShowID != "" {
		s, err := a.show(ctx, p, live.ShowID(in.ShowID))
		if err != nil {
			return nil, err
		}
		if s.Merchant != m {
			return nil, notFound("show", in.ShowID)
		}
	}
	window, err := assistWindow(in.Window)
	if err != nil {
		return nil, err
	}
	scope, from, until, span, err := a.days(ctx, p, &RangeQuery{
		From: in.From, To: in.To, MerchantID: string(m), TimeZone: in.TimeZone, AsOf: in.AsOf,
	}, assistDays)
	if err != nil {
		return nil, err
	}
	totals, err := a.cfg.Retention.Assisted(ctx, conversion.AssistQuestion{
		Scope: scope, From: conversion.DayOf(from, scope.Zone), Until: conversion.DayOf(until, scope.Zone),
		Window: window, Agent: in.AgentID, Show: live.ShowID(in.ShowID),
	})
	if err != nil {
		return nil, err
	}
	out := ServiceAssisted{Span: span, Window: in.Window, ShowID: in.ShowID, AgentID: in.AgentID, Totals: []ServiceAssistedOf{}}
	for i := range totals {
		out.Totals = append(out.Totals, assistedOf(p, &totals[i]))
	}
	return sheet(in.Format, "service-assisted", out, func() [][]string { return assistRows(&out) })
}

// assistWindow reads how long before a payment service counts.
func assistWindow(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, live.Invalid("invalid_field", "window", "must be 24h, 72h or 168h")
	}
	return d, nil
}

// assistedOf shows as much of a total as the caller may see.
func assistedOf(p live.Principal, t *conversion.AssistTotal) ServiceAssistedOf {
	out := ServiceAssistedOf{Currency: string(t.Currency), Assisted: t.Assisted.Orders, Agents: []ServiceRow{}, Groups: []ServiceRow{}, Entries: []ServiceRow{}}
	money := p.May(live.ActMoney)
	amount := func(net int64) (*int64, *Rate) {
		if !money {
			return nil, nil
		}
		share := fraction(net, t.Net)
		return &net, &share
	}
	if p.Role != live.RoleAgent {
		out.Orders = &t.Orders
	}
	if money {
		out.Net = &t.Net
	}
	out.GMV, out.Share = amount(t.Assisted.Net)
	for _, r := range t.Rows {
		row := ServiceRow{Key: r.Key, Orders: r.Orders}
		row.GMV, row.Share = amount(r.Net)
		switch r.By {
		case conversion.AssistByAgent:
			out.Agents = append(out.Agents, row)
		case conversion.AssistByGroup:
			out.Groups = append(out.Groups, row)
		case conversion.AssistByEntry:
			out.Entries = append(out.Entries, row)
		}
	}
	return out
}

// assistRows are the answer as rows of a sheet, amounts empty where the caller
// may not see them.
func assistRows(out *ServiceAssisted) [][]string {
	rows := [][]string{{"currency", "by", "key", "service_assisted_orders", "service_assisted_gmv_minor", "gmv_net_minor", "service_assisted_share"}}
	for i := range out.Totals {
		t := &out.Totals[i]
		row := func(by, key string, orders int64, net *int64, share *Rate) {
			cells := []string{t.Currency, by, plain(key), number(orders), "", "", ""}
			if net != nil {
				cells[4] = number(*net)
				copy(cells[5:], rateCells(*share)[1:])
			}
			rows = append(rows, cells)
		}
		row("all", "", t.Assisted, t.GMV, t.Share)
		for _, list := range []struct {
			by   conversion.AssistBy
			rows []ServiceRow
		}{{conversion.AssistByAgent, t.Agents}, {conversion.AssistByGroup, t.Groups}, {conversion.AssistByEntry, t.Entries}} {
			for _, r := range list.rows {
				row(string(list.by), r.Key, r.Orders, r.GMV, r.Share)
			}
		}
	}
	return rows
}
