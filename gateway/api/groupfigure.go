package api

import (
	"context"
	"maps"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// GroupDay is a group at the end of a day.
type GroupDay struct {
	Day            string           `json:"day" format:"date"`
	Provisional    bool             `json:"provisional" doc:"The day is not over."`
	Members        int64            `json:"members"`
	Joins          int64            `json:"joins"`
	JoinInvite     int64            `json:"joins_direct_invite"`
	JoinLink       int64            `json:"joins_link"`
	JoinQR         int64            `json:"joins_qr"`
	Leaves         int64            `json:"leaves"`
	Removed        int64            `json:"removed"`
	NetGrowth      int64            `json:"net_growth"`
	Active7        int64            `json:"active_7d"`
	Active14       int64            `json:"active_14d"`
	ActiveRate     Rate             `json:"group_active_rate"`
	SilentRate     Rate             `json:"silent_rate"`
	Exposures      int64            `json:"exposures"`
	MemberMessages int64            `json:"member_messages"`
	StaffMessages  int64            `json:"staff_messages"`
	CareToSell     Rate             `json:"care_to_sell"`
	Messages       []GroupSpeech    `json:"messages" doc:"By role and kind."`
	Reported       []ReportedFigure `json:"reported" doc:"What the platform said of the day, beside ours. Figures to date can never fall and have no counterpart."`
}

// GroupSpeech is how often a role sent messages of a kind.
type GroupSpeech struct {
	RoleKind string `json:"role_kind" example:"expert/qa"`
	Messages int64  `json:"messages"`
}

// ReportedFigure is a figure of the platform.
type ReportedFigure struct {
	Figure     string `json:"figure" enum:"members,joins,leaves,talkers_to_date,messages_to_date"`
	Platform   int64  `json:"platform_said"`
	Difference *int64 `json:"platform_difference,omitempty" doc:"The platform's less ours; left out where there is none of ours."`
}

// GroupDays is a group day by day.
type GroupDays struct {
	GroupSpan
	GroupID string     `json:"group_id"`
	Items   []GroupDay `json:"items"`
}

// GroupSurvival is how long groups live.
type GroupSurvival struct {
	GroupSpan
	Cohort  string       `json:"cohort" enum:"week,month"`
	AliveBP int64        `json:"alive_bp" doc:"The least active rate of 14 days of a group that is alive, in basis points."`
	Curves  []GroupCurve `json:"curves"`
	All     GroupCurve   `json:"all"`
}

// GroupCurve is the survival of one cohort.
type GroupCurve struct {
	Key    string       `json:"key" doc:"The month, or the Monday of the week, in which its groups began."`
	Size   int64        `json:"size"`
	Months []GroupMonth `json:"months"`
}

// GroupMonth is one month of a curve.
type GroupMonth struct {
	Month      int  `json:"month"`
	Alive      Rate `json:"group_survival" doc:"Alive at the end of the month, of the groups whose month is over."`
	Throughout Rate `json:"alive_throughout" doc:"Alive at the end of this month and of each before."`
}

// GroupWords is what agents wrote in groups.
type GroupWords struct {
	GroupSpan
	Days  int          `json:"days"`
	Items []AgentWords `json:"items"`
}

// AgentWords is what one agent wrote.
type AgentWords struct {
	AgentID    string `json:"agent_id" doc:"Empty: the facts name nobody."`
	Groups     int64  `json:"groups"`
	Messages   int64  `json:"messages"`
	CareToSell Rate   `json:"care_to_sell"`
}

// GroupSales is what members ordered.
type GroupSales struct {
	GroupSpan
	Days       int         `json:"days"`
	WindowDays int         `json:"window_days"`
	Items      []GroupSale `json:"items"`
}

// GroupSale is what the members of one group ordered in one currency.
type GroupSale struct {
	GroupID  string `json:"group_id"`
	Currency string `json:"currency"`
	Orders   int64  `json:"orders"`
	Buyers   int64  `json:"buyers"`
	Net      int64  `json:"gmv_net_minor"`
}

type (
	groupDaysOutput     struct{ Body GroupDays }
	groupSurvivalOutput struct{ Body GroupSurvival }
	groupWordsOutput    struct{ Body GroupWords }
	groupSalesOutput    struct{ Body GroupSales }
)

func (a *API) getGroupDays(ctx context.Context, p live.Principal, in *struct {
	GroupPath
	Days int `query:"days" minimum:"1" maximum:"1000" default:"90" doc:"How many, today included."`
},
) (*groupDaysOutput, error) {
	g, _, err := a.group(ctx, p, &in.GroupPath)
	if err != nil {
		return nil, err
	}
	zone, err := a.cfg.Groups.Zone(ctx, g.Merchant)
	if err != nil {
		return nil, err
	}
	today := conversion.DayOf(a.cfg.Now(), zone)
	days, err := a.cfg.GroupFigures.GroupDays(ctx, g.Merchant, zone, g.ID, today+1-conversion.Day(in.Days), today+1)
	if err != nil {
		return nil, err
	}
	reports, err := a.cfg.GroupFigures.GroupReports(ctx, g.Merchant, g.ID)
	if err != nil {
		return nil, err
	}
	made, err := a.cfg.GroupFigures.GroupsThrough(ctx, g.Merchant, zone)
	if err != nil {
		return nil, err
	}
	out := &groupDaysOutput{GroupDays{GroupSpan: GroupSpan{zone.String(), today.String(), timeOf(made)}, GroupID: g.ID, Items: []GroupDay{}}}
	for i := range days {
		out.Body.Items = append(out.Body.Items, dayOf(&days[i], reports, today))
	}
	return out, nil
}

func dayOf(d *group.Day, reports map[conversion.Day]group.Reported, today conversion.Day) GroupDay {
	out := GroupDay{
		Day: d.Day.String(), Provisional: d.Day == today, Members: d.Members, Joins: d.Joins, JoinInvite: d.JoinInvite, JoinLink: d.JoinLink, JoinQR: d.JoinQR,
		Leaves: d.Leaves, Removed: d.Removed, NetGrowth: d.Joins - d.Leaves, Active7: d.Active7, Active14: d.Active14, ActiveRate: fraction(d.Active7, d.Members),
		SilentRate: fraction(d.Members-d.Active7, d.Members), Exposures: d.Exposed, MemberMessages: d.MemberMessages, StaffMessages: d.StaffMessages, CareToSell: fraction(d.Care, d.Sell),
		Messages: []GroupSpeech{}, Reported: []ReportedFigure{},
	}
	for _, k := range slices.Sorted(maps.Keys(d.Said)) {
		out.Messages = append(out.Messages, GroupSpeech{k, d.Said[k]})
	}
	r, ok := reports[d.Day]
	if !ok {
		return out
	}
	for _, f := range []struct {
		name string
		said int64
		ours *int64
	}{{"members", r.Members, &d.Members}, {"joins", r.Joins, &d.Joins}, {"leaves", r.Leaves, &d.Leaves}, {"talkers_to_date", r.Talkers, nil}, {"messages_to_date", r.Messages, nil}} {
		if f.said < 0 {
			continue
		}
		one := ReportedFigure{Figure: f.name, Platform: f.said}
		if f.ours != nil {
			difference := f.said - *f.ours
			one.Difference = &difference
		}
		out.Reported = append(out.Reported, one)
	}
	return out
}

func (a *API) getGroupSurvival(ctx context.Context, p live.Principal, in *struct {
	GroupQuery
	Cohort  string `query:"cohort" enum:"week,month" default:"month"`
	Months  int    `query:"months" minimum:"1" maximum:"24" default:"6"`
	AliveBP int64  `query:"alive_bp" minimum:"1" maximum:"10000" default:"1000"`
},
) (*groupSurvivalOutput, error) {
	in.Archived = true // Without the dead nobody dies.
	f, err := in.filter(p, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	list, zone, today, span, err := a.groupsOf(ctx, f)
	if err != nil {
		return nil, err
	}
	ends, err := a.cfg.GroupFigures.MonthEnds(ctx, f.Merchant, zone, today, list)
	if err != nil {
		return nil, err
	}
	curves, all := group.SurvivalOf(list, ends, zone, today, conversion.Period(in.Cohort), in.Months, in.AliveBP)
	out := &groupSurvivalOutput{GroupSurvival{GroupSpan: span, Cohort: in.Cohort, AliveBP: in.AliveBP, Curves: []GroupCurve{}, All: curveOf(all)}}
	for _, c := range curves {
		out.Body.Curves = append(out.Body.Curves, curveOf(c))
	}
	return out, nil
}

func curveOf(c group.Curve) GroupCurve {
	out := GroupCurve{Key: c.Key, Size: c.Size, Months: []GroupMonth{}}
	for i, m := range c.Months {
		out.Months = append(out.Months, GroupMonth{i + 1, fraction(m.Alive, m.Of), fraction(m.Throughout, m.Of)})
	}
	return out
}

// GroupSpanQuery is the query of what happened in groups in the last days.
type GroupSpanQuery struct {
	GroupQuery
	Days int `query:"days" minimum:"1" maximum:"366" default:"30" doc:"How many, today included."`
}

// narrow are the ids of the groups of a query, nil for all there are.
func (a *API) narrow(ctx context.Context, p live.Principal, in *GroupSpanQuery) (ids []string, m live.MerchantID, zone *time.Location, today conversion.Day, span GroupSpan, err error) {
	f, err := in.filter(p, a.cfg.Now())
	if err != nil {
		return nil, "", nil, 0, span, err
	}
	list, zone, today, span, err := a.groupsOf(ctx, f)
	ids = []string{}
	for _, g := range list {
		ids = append(ids, g.ID)
	}
	return ids, f.Merchant, zone, today, span, err
}

func (a *API) getGroupWords(ctx context.Context, p live.Principal, in *GroupSpanQuery) (*groupWordsOutput, error) {
	ids, m, zone, today, span, err := a.narrow(ctx, p, in)
	if err != nil {
		return nil, err
	}
	words, err := a.cfg.GroupFigures.GroupWords(ctx, m, zone, today+1-conversion.Day(in.Days), today+1, ids)
	if err != nil {
		return nil, err
	}
	out := &groupWordsOutput{GroupWords{GroupSpan: span, Days: in.Days, Items: []AgentWords{}}}
	for _, w := range words {
		if p.Role == live.RoleAgent && w.Agent != p.Subject {
			continue
		}
		out.Body.Items = append(out.Body.Items, AgentWords{w.Agent, w.Groups, w.Messages, fraction(w.Care, w.Sell)})
	}
	return out, nil
}

func (a *API) getGroupSales(ctx context.Context, p live.Principal, in *struct {
	GroupSpanQuery
	WindowDays int `query:"window_days" minimum:"1" maximum:"90" default:"7" doc:"How long after the last touch of a group an order is its doing."`
},
) (*groupSalesOutput, error) {
	ids, m, zone, today, span, err := a.narrow(ctx, p, &in.GroupSpanQuery)
	if err != nil {
		return nil, err
	}
	sales, err := a.cfg.GroupFigures.GroupSales(ctx, group.SaleQuestion{
		Scope: conversion.Scope{Merchant: m, Zone: zone, AsOf: a.cfg.Now().UTC()}, From: today + 1 - conversion.Day(in.Days), Until: today + 1,
		Window: time.Duration(in.WindowDays) * 24 * time.Hour, Groups: ids,
	})
	if err != nil {
		return nil, err
	}
	out := &groupSalesOutput{GroupSales{GroupSpan: span, Days: in.Days, WindowDays: in.WindowDays, Items: []GroupSale{}}}
	for _, s := range sales {
		out.Body.Items = append(out.Body.Items, GroupSale{s.Group, string(s.Currency), s.Orders, s.Buyers, s.Net})
	}
	return out, nil
}
