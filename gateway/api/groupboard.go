package api

import (
	"context"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// GroupSpan is what figures of groups are about.
type GroupSpan struct {
	TimeZone string `json:"time_zone" doc:"Whose calendar days: of most of the merchant's rooms."`
	Today    string `json:"today" format:"date"`
	MadeAt   *Time  `json:"made_at,omitempty" doc:"When the days were made from facts last; they are made again within a minute of a new fact. Left out: never."`
}

// GroupStanding is a group with how it stands today.
type GroupStanding struct {
	Group
	AgeDays        int         `json:"age_days"`
	Members        int64       `json:"members"`
	Active7        int64       `json:"active_7d"`
	ActiveRate     Rate        `json:"group_active_rate"`
	SilentRate     Rate        `json:"silent_rate"`
	Alive          bool        `json:"alive" doc:"One member in ten or more has said something in 14 days."`
	Joins          int64       `json:"joins_30d"`
	Leaves         int64       `json:"leaves_30d"`
	Removed        int64       `json:"removed_30d"`
	NetGrowth      int64       `json:"net_growth"`
	JoinRate       Rate        `json:"group_join_rate"`
	LeaveRate      Rate        `json:"leave_rate"`
	MemberMessages int64       `json:"member_messages_30d"`
	StaffMessages  int64       `json:"staff_messages_30d"`
	CareToSell     Rate        `json:"care_to_sell"`
	Health         []GroupPart `json:"health" doc:"By its parts, never as one number."`
	Alarm          *GroupAlarm `json:"alarm,omitempty" doc:"Of the third month, when it rings."`
}

// GroupPart is one part of a group's health.
type GroupPart struct {
	Name   string `json:"name" enum:"active_rate,growth_30d,leave_rate_30d,activity_since_first_month,care_to_sell"`
	Grade  string `json:"grade" enum:"good,watch,bad,unknown"`
	Rate   Rate   `json:"health_rate"`
	GoodBP int64  `json:"good_bp" doc:"Where good begins, in basis points."`
	BadBP  int64  `json:"bad_bp" doc:"Where bad begins."`
}

// GroupAlarm is the alarm of the third month with its evidence.
type GroupAlarm struct {
	Alarm           string `json:"alarm" enum:"third_month"`
	FallenBP        int64  `json:"fallen_bp" doc:"By how much activity fell since the first month, in basis points."`
	LimitBP         int64  `json:"limit_bp" doc:"From where on it rings."`
	FirstMonth      Rate   `json:"first_month_active_rate"`
	LastWeek        Rate   `json:"last_week_active_rate"`
	FirstMonthStaff int64  `json:"first_month_staff_messages"`
	State           string `json:"state" enum:"open,acknowledged,assigned"`
	AgentID         string `json:"agent_id,omitempty" doc:"Whom it was assigned to."`
	Note            string `json:"note,omitempty"`
	By              string `json:"by,omitempty"`
	At              *Time  `json:"at,omitempty"`
}

// GroupBoard is how groups stand.
type GroupBoard struct {
	GroupSpan
	Items []GroupStanding `json:"items" doc:"Those that need somebody first: alarms that nobody took up, then by bad parts of health, then by parts to watch, then by members."`
	All   int             `json:"groups" doc:"How many there are, listed or not."`
	Rings int             `json:"alarms" doc:"How many alarms ring, taken up or not."`
}

// AlarmAction is the body of POST /v1/groups/{group_id}/alarm.
type AlarmAction struct {
	State   string `json:"state" enum:"acknowledged,assigned"`
	AgentID string `json:"agent_id,omitempty" doc:"Whom it is assigned to."`
	Note    string `json:"note,omitempty" maxLength:"500"`
}

// AlarmTaken answers it.
type AlarmTaken struct {
	GroupID string `json:"group_id"`
	State   string `json:"state"`
	AgentID string `json:"agent_id,omitempty"`
	Note    string `json:"note,omitempty"`
	By      string `json:"by"`
	At      Time   `json:"at"`
}

type (
	groupBoardOutput struct{ Body GroupBoard }
	alarmTakenOutput struct{ Body AlarmTaken }
)

func (a *API) groupFigures() {
	read := []live.Action{live.ActGroupRead}
	add(a, Route{
		ID: "get-group-board", Method: "GET", Path: "/v1/groups/board", Tag: groupTag, Summary: "See how groups stand",
		Text: "Everything is counted from our own daily snapshots, never from cumulative figures of platforms. Agents see their own groups.", Actions: read, errors: []int{409},
	}, a.getGroupBoard)
	add(a, Route{
		ID: "get-group-alarms", Method: "GET", Path: "/v1/groups/alarms", Tag: groupTag, Summary: "See which groups fall silent in their third month",
		Text: "A group of 60 to 90 days whose activity in the last seven whole days is below that of its own first month by `fall_bp` or more.", Actions: read, errors: []int{409},
	}, a.getGroupAlarms)
	add(a, Route{
		ID: "get-group-survival", Method: "GET", Path: "/v1/groups/survival", Tag: groupTag, Summary: "See how long groups live, by cohort",
		Text: "Months are 30 days of a group's own life. A group is counted in a month only once that month is over for it; one that was archived before is dead in it.", Actions: read, errors: []int{409},
	}, a.getGroupSurvival)
	add(a, Route{
		ID: "get-group-words", Method: "GET", Path: "/v1/groups/agents", Tag: groupTag, Summary: "See how agents care and sell in groups",
		Text: "By who wrote, whoever owns the group now. Agents see themselves in their own groups.", Actions: read, errors: []int{409},
	}, a.getGroupWords)
	add(a, Route{
		ID: "get-group-sales", Method: "GET", Path: "/v1/groups/sales", Tag: groupTag, Summary: "See what members order after a touch of their group",
		Text:    "An order is of the group that touched its buyer last within the window before the payment, so groups add up. Refunds and cancellations are taken off.",
		Actions: []live.Action{live.ActMoney}, errors: []int{409},
	}, a.getGroupSales)
	add(a, Route{
		ID: "get-group-days", Method: "GET", Path: "/v1/groups/{group_id}/days", Tag: groupTag, Summary: "Read a group day by day",
		Text: "Our own snapshot of each day, and what the platform said of it beside. Today's is provisional.", Actions: read,
	}, a.getGroupDays)
	add(a, Route{
		ID: "take-up-group-alarm", Method: "POST", Path: "/v1/groups/{group_id}/alarm", Tag: groupTag, Summary: "Acknowledge or assign the alarm of a group",
		Text: "It stands in the audit log.", Actions: []live.Action{live.ActGroupAlarm}, body: AlarmAction{}, example: map[string]any{"state": "assigned", "agent_id": "a2", "note": "revive with a quiz"},
	}, a.takeUpAlarm)
}

// standing asks how the groups of a query stand.
func (a *API) standing(ctx context.Context, p live.Principal, in *GroupQuery, limit int64) (list []group.Standing, span GroupSpan, err error) {
	f, err := in.filter(p, a.cfg.Now())
	if err != nil {
		return nil, span, err
	}
	groups, zone, today, span, err := a.groupsOf(ctx, f)
	if err != nil {
		return nil, span, err
	}
	stands, err := a.cfg.GroupFigures.Stands(ctx, f.Merchant, zone, today, groups)
	if err != nil {
		return nil, span, err
	}
	actions, err := a.cfg.Groups.Actions(ctx, f.Merchant)
	if err != nil {
		return nil, span, err
	}
	return group.Board(groups, stands, actions, zone, today, limit), span, nil
}

// groupsOf are the groups of a filter, and by whose days they are counted.
func (a *API) groupsOf(ctx context.Context, f group.Filter) (list []group.Group, zone *time.Location, today conversion.Day, span GroupSpan, err error) {
	if zone, err = a.cfg.Groups.Zone(ctx, f.Merchant); err != nil {
		return nil, nil, 0, span, err
	}
	if list, err = a.cfg.Groups.All(ctx, f); err != nil {
		return nil, nil, 0, span, err
	}
	made, err := a.cfg.GroupFigures.GroupsThrough(ctx, f.Merchant, zone)
	today = conversion.DayOf(a.cfg.Now(), zone)
	return list, zone, today, GroupSpan{zone.String(), today.String(), timeOf(made)}, err
}

func (a *API) getGroupBoard(ctx context.Context, p live.Principal, in *struct {
	GroupQuery
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*groupBoardOutput, error) {
	list, span, err := a.standing(ctx, p, &in.GroupQuery, group.DefaultFall)
	if err != nil {
		return nil, err
	}
	return boardOf(list, span, in.Limit, false), nil
}

func (a *API) getGroupAlarms(ctx context.Context, p live.Principal, in *struct {
	GroupQuery
	FallBP int64 `query:"fall_bp" minimum:"1" maximum:"10000" default:"3000" doc:"By how much activity must have fallen, in basis points."`
	Limit  int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
},
) (*groupBoardOutput, error) {
	list, span, err := a.standing(ctx, p, &in.GroupQuery, in.FallBP)
	if err != nil {
		return nil, err
	}
	return boardOf(list, span, in.Limit, true), nil
}

func boardOf(list []group.Standing, span GroupSpan, limit int, ringing bool) *groupBoardOutput {
	out := &groupBoardOutput{GroupBoard{GroupSpan: span, Items: []GroupStanding{}, All: len(list)}}
	for i := range list {
		if list[i].Alarm != nil {
			out.Body.Rings++
		}
		if len(out.Body.Items) < limit && (!ringing || list[i].Alarm != nil) {
			out.Body.Items = append(out.Body.Items, standingOf(&list[i]))
		}
	}
	return out
}

func standingOf(s *group.Standing) GroupStanding {
	out := GroupStanding{
		Group: groupOf(s.Group), AgeDays: s.Age, Members: s.Members, Active7: s.Active7, ActiveRate: fraction(s.Active7, s.Members), SilentRate: fraction(s.Members-s.Active7, s.Members),
		Alive: group.Alive(s.Active14, s.Members, group.DefaultAlive), Joins: s.Joins, Leaves: s.Leaves, Removed: s.Removed, NetGrowth: s.Joins - s.Leaves,
		JoinRate: fraction(s.Joins, s.Exposed), LeaveRate: fraction(s.Leaves, s.Before+s.Joins), MemberMessages: s.Member, StaffMessages: s.Staff, CareToSell: fraction(s.Care, s.Sell),
	}
	for _, p := range s.Health {
		out.Health = append(out.Health, GroupPart{p.Name, string(p.Grade), fraction(p.Ratio.Num, p.Ratio.Den), p.Good, p.Bad})
	}
	if s.Alarm != nil {
		state := s.Action.State
		if state == "" {
			state = group.AlarmOpen
		}
		out.Alarm = &GroupAlarm{
			Alarm: group.ThirdMonth, FallenBP: s.Alarm.FallBP, LimitBP: s.Alarm.LimitBP, FirstMonth: fraction(s.FirstActive, s.FirstMembers), LastWeek: fraction(s.LastActive, s.LastMembers),
			FirstMonthStaff: s.FirstStaff, State: string(state), AgentID: s.Action.Agent, Note: s.Action.Note, By: s.Action.By, At: timeOf(s.Action.At),
		}
	}
	return out
}

func (a *API) takeUpAlarm(ctx context.Context, p live.Principal, in *struct {
	GroupPath
	rawBody
},
) (*alarmTakenOutput, error) {
	b, err := decode[AlarmAction](in.RawBody)
	if err != nil {
		return nil, err
	}
	g, _, err := a.group(ctx, p, &in.GroupPath)
	if err != nil {
		return nil, err
	}
	done, err := a.cfg.Groups.TakeUp(ctx, group.Action{Merchant: g.Merchant, Group: g.ID, Alarm: group.ThirdMonth, State: group.AlarmState(b.State), Agent: b.AgentID, Note: b.Note}, p)
	if err != nil {
		return nil, err
	}
	return &alarmTakenOutput{AlarmTaken{done.Group, string(done.State), done.Agent, done.Note, done.By, Time{done.At}}}, nil
}
