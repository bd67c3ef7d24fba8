package gateway_test

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
	"showrunner/live/eventlog"
)

// groupLog answers how groups do from the whole log, by the definition of days.
type groupLog struct{ log *eventlog.Log }

func (l groupLog) days(ctx context.Context, m live.MerchantID, zone *time.Location, id string, today conversion.Day) ([]group.Day, map[conversion.Day]group.Reported, error) {
	head, err := l.log.Head(ctx)
	if err != nil {
		return nil, nil, err
	}
	var facts []group.Fact
	reports := map[conversion.Day]group.Reported{}
	err = l.log.Range(ctx, live.Position{}, head, func(en live.Entry) error {
		e := &en.Event
		var d struct {
			Group   string `json:"group_id"`
			Join    string `json:"join_scene"`
			Quit    string `json:"quit_scene"`
			Role    string `json:"by_role"`
			Kind    string `json:"kind"`
			Day     string `json:"day"`
			Members *int64 `json:"members"`
			Talkers *int64 `json:"talkers_to_date"`
		}
		if e.Merchant != m || json.Unmarshal(e.Data, &d) != nil || d.Group != id {
			return nil
		}
		if e.Kind == live.GroupStatsReported {
			at, err := time.Parse(time.DateOnly, d.Day)
			r := group.Reported{Day: conversion.DayOf(at, time.UTC), Members: *d.Members, Joins: -1, Leaves: -1, Talkers: *d.Talkers, Messages: -1}
			reports[r.Day] = r
			return err
		}
		if slices.Contains([]live.Kind{live.GroupJoined, live.GroupLeft, live.GroupMessageSent, live.GroupExposed, live.GroupCreated}, e.Kind) {
			facts = append(facts, group.Fact{
				Kind: e.Kind, At: e.OccurredAt, Position: en.Position, Person: e.Person, Scene: d.Join + d.Quit, Speaker: group.SpeakerOf(d.Role, e.Actor.Role), Message: d.Kind,
			})
		}
		return nil
	})
	return group.DaysOf(facts, zone, today), reports, err
}

func (l groupLog) GroupsThrough(context.Context, live.MerchantID, *time.Location) (time.Time, error) {
	return epoch, nil
}

func (l groupLog) Stands(ctx context.Context, m live.MerchantID, zone *time.Location, today conversion.Day, list []group.Group) (map[string]group.Stand, error) {
	out := map[string]group.Stand{}
	for i := range list {
		days, _, err := l.days(ctx, m, zone, list[i].ID, today)
		if err != nil {
			return nil, err
		}
		s := group.Stand{Group: list[i].ID}
		born := list[i].BornDay(zone)
		for _, d := range days {
			s.Last, s.Members, s.Active7, s.Active14 = d.Day, d.Members, d.Active7, d.Active14
			if d.Day == today-group.MonthDays {
				s.Before = d.Members
			}
			if d.Day > today-group.MonthDays {
				s.Joins, s.Leaves, s.Care, s.Sell, s.Staff = s.Joins+d.Joins, s.Leaves+d.Leaves, s.Care+d.Care, s.Sell+d.Sell, s.Staff+d.StaffMessages
			}
			if d.Day >= born+6 && d.Day < born+group.MonthDays && d.Day < today {
				s.FirstActive, s.FirstMembers = s.FirstActive+d.Active7, s.FirstMembers+d.Members
			}
			if d.Day >= today-7 && d.Day < today {
				s.LastActive, s.LastMembers = s.LastActive+d.Active7, s.LastMembers+d.Members
			}
		}
		out[s.Group] = s
	}
	return out, nil
}

func (l groupLog) MonthEnds(ctx context.Context, m live.MerchantID, zone *time.Location, today conversion.Day, list []group.Group) (out []group.MonthEnd, err error) {
	for i := range list {
		days, _, err := l.days(ctx, m, zone, list[i].ID, today)
		if err != nil {
			return nil, err
		}
		for _, d := range days {
			if age := int(d.Day-list[i].BornDay(zone)) + 1; age > 0 && age%group.MonthDays == 0 && d.Day < today {
				out = append(out, group.MonthEnd{Group: list[i].ID, Month: age / group.MonthDays, Members: d.Members, Active14: d.Active14})
			}
		}
	}
	return out, nil
}

func (l groupLog) GroupDays(ctx context.Context, m live.MerchantID, zone *time.Location, id string, from, until conversion.Day) ([]group.Day, error) {
	days, _, err := l.days(ctx, m, zone, id, until-1)
	return slices.DeleteFunc(days, func(d group.Day) bool { return d.Day < from }), err
}

func (l groupLog) GroupReports(ctx context.Context, m live.MerchantID, id string) (map[conversion.Day]group.Reported, error) {
	_, reports, err := l.days(ctx, m, time.UTC, id, 0)
	return reports, err
}

func (l groupLog) GroupWords(ctx context.Context, m live.MerchantID, zone *time.Location, _, until conversion.Day, ids []string) ([]group.Words, error) {
	w := group.Words{Agent: "a1"}
	for _, id := range ids {
		days, _, err := l.days(ctx, m, zone, id, until-1)
		if err != nil {
			return nil, err
		}
		for _, d := range days {
			w.Messages, w.Care, w.Sell = w.Messages+d.StaffMessages, w.Care+d.Care, w.Sell+d.Sell
		}
		if len(days) > 0 {
			w.Groups++
		}
	}
	if w.Messages == 0 {
		return nil, nil
	}
	return []group.Words{w}, nil
}

func (l groupLog) GroupSales(context.Context, group.SaleQuestion) ([]group.Sale, error) {
	return nil, nil
}
