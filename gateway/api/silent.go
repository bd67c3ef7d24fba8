package api

import (
	"context"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

const (
	silentDays      = 14 // that are silence when the question names none
	silentRangeDays = 90 // range of who names neither a show nor days
	ownPage         = 200
)

// SilentBoard is the answer of GET /v1/temperature/silent.
type SilentBoard struct {
	Span
	ShowID    string       `json:"show_id,omitempty"`
	Days      int          `json:"days" doc:"Calendar days without contact that are silence."`
	Customers int64        `json:"customers_reached" doc:"Persons who bought in the show or range, or were sent a proactive touch for it; an agent is shown their own."`
	Rate      Rate         `json:"silent_customer_rate" doc:"沉默客户率: silent of those who can be judged."`
	Items     []SilentItem `json:"items" doc:"The longest silent first."`
}

// SilentItem is one silent customer with what shows it.
type SilentItem struct {
	PersonID    string          `json:"person_id"`
	AgentID     string          `json:"agent_id,omitempty" doc:"Whose person they are at the service desk; left out: nobody's."`
	ReachedAt   Time            `json:"reached_at" doc:"Their first order of the show or range, or the first touch for it."`
	LastContact Time            `json:"last_contact_at"`
	LastKind    string          `json:"last_contact" doc:"Type of the fact."`
	DaysSilent  int             `json:"days_silent" doc:"Calendar days since the later of the two."`
	RhythmDays  int             `json:"rhythm_days" doc:"Days between their days of contact before: the median, of two the longer."`
	ContactDays int             `json:"contact_days"`
	Orders      int64           `json:"orders_valid" doc:"That reached them and hold; 0: they were touched alone."`
	Touches     int64           `json:"touches" doc:"Proactive ones that reached them."`
	Products    []string        `json:"product_ids" doc:"Of those orders."`
	Actions     []ServiceAction `json:"actions" doc:"That the caller may take."`
}

// SilentShare stands beside a temperature and is no part of it.
type SilentShare struct {
	Days int  `json:"days" doc:"Calendar days without contact that are silence."`
	Rate Rate `json:"silent_customer_rate" doc:"沉默客户率 of whom the range reached."`
}

type silentOutput struct{ Body SilentBoard }

// silentInput is the query of the list.
type silentInput struct {
	RangeQuery
	ShowID string `query:"show_id" maxLength:"128" doc:"Whom this show reached, whenever; with from and to, in those days alone."`
	Days   int    `query:"days" minimum:"1" maximum:"365" default:"14"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (a *API) silences() {
	add(a, Route{
		ID: "list-silent", Method: "GET", Path: "/v1/temperature/silent", Tag: temperatureTag, Summary: "List customers who went silent after a show, with what to do",
		Text: "Silence is not satisfaction. Who bought in a show or range or was sent a proactive touch for it, and has had no contact of any kind for so many days: no entry, comment, session, reply, click or order; " +
			"what is sent to them breaks no silence. They are judged once they were reached so many days ago, by their own rhythm: with at least 3 days of contact, and silent for longer than the days between those. " +
			"Each row offers to assign the person for a follow-up. An agent sees their own people alone, without the offer, which is a supervisor's to give. There is no money in it.",
		Actions: []live.Action{live.ActTouchRead},
	}, a.listSilent)
}

func (a *API) listSilent(ctx context.Context, p live.Principal, in *silentInput) (*silentOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if in.RoomID != "" {
		return nil, live.Invalid("invalid_field", "room_id", "does not apply: people are of the whole merchant")
	}
	if in.Format != "json" {
		return nil, live.Invalid("invalid_field", "format", "must be json")
	}
	back := silentRangeDays
	if in.ShowID != "" {
		show, err := a.show(ctx, p, live.ShowID(in.ShowID))
		if err != nil {
			return nil, err
		}
		if show.Merchant != m {
			return nil, notFound("show", in.ShowID)
		}
		back = 0 // its touches may be from long before
	}
	s, from, until, span, err := a.days(ctx, p, &in.RangeQuery, back)
	if err != nil {
		return nil, err
	}
	q := temperature.SilenceQuestion{Scope: s, Show: live.ShowID(in.ShowID), From: from, Until: until, Days: in.Days, Limit: in.Limit}
	found, err := a.silence(ctx, p, q)
	if err != nil {
		return nil, err
	}
	out := SilentBoard{Span: span, ShowID: in.ShowID, Days: in.Days, Customers: found.Customers, Rate: fraction(found.Silent, found.Judged), Items: []SilentItem{}}
	for i := range found.Items {
		f := &found.Items[i]
		agent, err := a.cfg.Desk.Owner(ctx, m, f.Person)
		if err != nil {
			return nil, err
		}
		if own := mine(p); own != "" && agent != own {
			continue // Given to another since names were brought together.
		}
		item := SilentItem{
			PersonID: string(f.Person), AgentID: agent, ReachedAt: Time{f.Reached}, LastContact: Time{f.Last}, LastKind: string(f.LastKind),
			DaysSilent: f.Days, RhythmDays: f.Rhythm, ContactDays: f.Seen, Orders: f.Orders, Touches: f.Touches, Products: []string{},
		}
		for _, product := range f.Products {
			item.Products = append(item.Products, string(product))
		}
		item.Actions = []ServiceAction{}
		if p.May(live.ActTouchPause) {
			body := map[string]any{"person_id": item.PersonID, "agent_id": nil, "note": "silent"}
			if agent != "" {
				body["agent_id"] = agent
			}
			item.Actions = append(item.Actions, ServiceAction{"assign_followup", "POST", "/v1/service/followups", body})
		}
		out.Items = append(out.Items, item)
	}
	return &silentOutput{out}, nil
}

// silence answers a question for the caller: an agent's is of their own people.
func (a *API) silence(ctx context.Context, p live.Principal, q temperature.SilenceQuestion) (temperature.Silence, error) {
	if own := mine(p); own != "" {
		q.People = []live.PersonID{}
		for cursor := ""; ; {
			list, next, err := a.cfg.Desk.People(ctx, q.Merchant, p, own, cursor, ownPage)
			if err != nil {
				return temperature.Silence{}, err
			}
			for _, o := range list {
				q.People = append(q.People, o.Person)
			}
			if cursor = next; next == "" {
				break
			}
		}
	}
	return a.cfg.Care.Silence(ctx, q)
}

// silentShare is what a temperature of a range has beside it.
func (a *API) silentShare(ctx context.Context, p live.Principal, s conversion.Scope, from, until time.Time) (SilentShare, error) {
	found, err := a.silence(ctx, p, temperature.SilenceQuestion{Scope: s, From: from, Until: until, Days: silentDays, Limit: -1})
	return SilentShare{silentDays, fraction(found.Silent, found.Judged)}, err
}
