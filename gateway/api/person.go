package api

import (
	"context"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Person is one person over all their names and channels.
type Person struct {
	PersonID   string           `json:"person_id" doc:"The name that stands for them now."`
	MerchantID string           `json:"merchant_id"`
	Identities []PersonIdentity `json:"identities" doc:"What they are known by; never the names themselves."`
	Rung       string           `json:"rung" enum:",passerby,fan,customer,member,partner" doc:"Empty: a name is known and nothing else."`
	Since      *Time            `json:"since,omitempty"`
	Cause      *LadderCause     `json:"cause,omitempty" doc:"What brought them to their rung."`
	Touches    []LadderTouch    `json:"touches" doc:"The last touch of each class before that, latest first."`
	Rule       int64            `json:"rule_version" doc:"Of the rules they were judged by; 0 is the rule of who has set none."`
	First      *PersonOrigin    `json:"first_touch,omitempty"`
	Incentive  bool             `json:"joined_by_incentive" doc:"They became a fan by scanning a code or for something given, and nobody had served them before."`
	Reached    []RungReached    `json:"reached" doc:"When they first stood on each rung or above."`
	Channels   []PersonChannel  `json:"channels"`
	Orders     int64            `json:"orders_valid" doc:"Paid, and neither cancelled nor refunded in full."`
	Money      []PersonMoney    `json:"money,omitempty" doc:"By currency; only for roles that may see money."`
	Referral   PersonReferral   `json:"referral"`
	Partner    *Partner         `json:"partner,omitempty"`
}

// PersonIdentity is one name of a person, hidden.
type PersonIdentity struct {
	Kind  string `json:"kind" enum:"anonymous,login,platform,phone"`
	Hash  string `json:"hash" doc:"Keyed by a secret of the merchant: the same name, the same hash."`
	Since Time   `json:"since"`
}

// PersonOrigin is where a person came from.
type PersonOrigin struct {
	At      Time   `json:"at"`
	Channel string `json:"channel,omitempty"`
	ShowID  string `json:"show_id,omitempty" doc:"The first they came to."`
	AgentID string `json:"agent_id,omitempty" doc:"The first they met, in service, in a group or by another touch."`
}

// RungReached is when a rung was first reached.
type RungReached struct {
	Rung string `json:"rung"`
	At   Time   `json:"at"`
}

// PersonChannel is a channel over which somebody came.
type PersonChannel struct {
	Channel string `json:"channel"`
	Touches int64  `json:"touches" doc:"Different things, not repetitions."`
	First   Time   `json:"first_at"`
	Last    Time   `json:"last_at"`
}

// PersonMoney is what a person's orders come to.
type PersonMoney struct {
	Currency string `json:"currency"`
	Orders   int64  `json:"orders_paid" doc:"Whatever became of them."`
	Paid     int64  `json:"gmv_paid_minor"`
	Net      int64  `json:"gmv_net_minor" doc:"Less refunded and cancelled."`
}

// PersonReferral is to whom somebody belongs and who belongs to them.
type PersonReferral struct {
	Referrer string `json:"referrer_id,omitempty"`
	BoundAt  *Time  `json:"bound_at,omitempty"`
	Expires  *Time  `json:"expires_at,omitempty"`
	Brought  int64  `json:"brought" doc:"People who belong to them now."`
}

// LadderCause is the event that moved somebody.
type LadderCause struct {
	EventID string `json:"event_id"`
	Type    string `json:"type"`
	Ref     string `json:"ref,omitempty" doc:"The order, or what the event is about."`
	ShowID  string `json:"show_id,omitempty"`
}

// LadderTouch is a touch before a move.
type LadderTouch struct {
	Class    string `json:"class" enum:"service,show,offer,referral,group"`
	Type     string `json:"type"`
	Ref      string `json:"ref,omitempty"`
	At       Time   `json:"at"`
	EventID  string `json:"event_id"`
	ShowID   string `json:"show_id,omitempty"`
	Channel  string `json:"channel,omitempty"`
	AgentID  string `json:"agent_id,omitempty"`
	Referrer string `json:"referrer_id,omitempty"`
}

type personOutput struct{ Body Person }

// PersonPath is the path of one person.
type PersonPath struct {
	PersonID   string `path:"person_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token: names are unique within a merchant."`
}

func (a *API) people() {
	read := []live.Action{live.ActPeopleRead}
	add(a, Route{
		ID: "get-person", Method: "GET", Path: "/v1/people/{person_id}", Tag: "People", Summary: "Read who somebody is",
		Text: "Under any of their names; an agent reads of people they serve. The rung comes with what caused it and what came before; money only for roles that may see it.", Actions: read,
	}, a.getPerson)
	add(a, Route{
		ID: "get-journey", Method: "GET", Path: "/v1/people/{person_id}/journey", Tag: "People", Summary: "Read somebody's way, latest first",
		Text: "The first touch of each kind with each thing (a show, a group, a batch of coupons), moves on the ladder, and the life of orders, over all names.", Actions: read,
	}, a.getJourney)
}

// ofMerchant decides whose people a caller asks for. People are of the whole
// merchant, so a token limited to rooms reaches none.
func ofMerchant(p live.Principal, named string) (live.MerchantID, error) {
	m, err := merchant(p, named)
	if err != nil {
		return "", err
	}
	if p.Rooms != nil {
		return "", live.Forbidden("room_forbidden", "people are of the whole merchant, and the token is limited to rooms")
	}
	return m, nil
}

// person finds the merchant whose person a path names.
func (in *PersonPath) person(p live.Principal) (live.MerchantID, live.PersonID, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err == nil && !live.ValidID(in.PersonID) {
		err = live.NotFound("person_not_found", "there is no such person")
	}
	return m, live.PersonID(in.PersonID), err
}

// theirs is [PersonPath.person] for a caller who may see the person: agents see
// only people whom they serve, for them the others are not there.
func (a *API) theirs(ctx context.Context, p live.Principal, in *PersonPath) (live.MerchantID, live.PersonID, error) {
	m, id, err := in.person(p)
	if err != nil || p.Role != live.RoleAgent {
		return m, id, err
	}
	ok, err := a.cfg.Desk.Serves(ctx, m, p, id)
	if err == nil && !ok {
		err = live.NotFound("person_not_found", "there is no such person")
	}
	return m, id, err
}

func (a *API) getPerson(ctx context.Context, p live.Principal, in *PersonPath) (*personOutput, error) {
	m, id, err := a.theirs(ctx, p, in)
	if err != nil {
		return nil, err
	}
	found, err := a.cfg.Store.Profile(ctx, m, id, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	return &personOutput{profileOf(&found, p.May(live.ActMoney))}, nil
}

func profileOf(f *store.Profile, money bool) Person {
	s := &f.Standing
	out := Person{
		PersonID: string(f.Person), MerchantID: string(f.Merchant), Rung: string(s.Rung), Since: timeOf(s.Since), Rule: s.Rule, Incentive: s.Incentive,
		Orders: f.Valid, Identities: []PersonIdentity{}, Touches: []LadderTouch{}, Reached: []RungReached{}, Channels: []PersonChannel{},
		Referral: PersonReferral{Brought: f.Brought},
	}
	for _, n := range f.Names {
		out.Identities = append(out.Identities, PersonIdentity{string(n.Kind), n.Hash, Time{n.Since}})
	}
	if n := len(s.Moves); n > 0 {
		last := &s.Moves[n-1]
		out.Cause, out.Touches = causeOf(last), touchesOf(last)
	}
	if !s.FirstAt.IsZero() {
		out.First = &PersonOrigin{Time{s.FirstAt}, s.Channel, string(s.Show), s.Agent}
	}
	for i, when := range s.Reached {
		if !when.IsZero() {
			out.Reached = append(out.Reached, RungReached{string(live.Rungs[i]), Time{when}})
		}
	}
	for _, c := range f.Channels {
		out.Channels = append(out.Channels, PersonChannel{c.Channel, c.Touches, Time{c.First}, Time{c.Last}})
	}
	for _, c := range f.Money {
		if money {
			out.Money = append(out.Money, PersonMoney{string(c.Currency), c.Orders, c.Paid, c.Net})
		}
	}
	if b := f.Bound; b != nil {
		out.Referral.Referrer, out.Referral.BoundAt, out.Referral.Expires = string(b.Referrer), timeOf(b.BoundAt), timeOf(b.ExpiresAt)
	}
	if f.Partner != nil {
		partner := partnerOf(*f.Partner)
		out.Partner = &partner
	}
	return out
}

// timeOf is nil for the zero time.
func timeOf(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	return &Time{t}
}

func causeOf(m *live.LadderMove) *LadderCause {
	return &LadderCause{string(m.Cause), string(m.Kind), m.Ref, string(m.Show)}
}

func touchesOf(m *live.LadderMove) []LadderTouch {
	out := make([]LadderTouch, len(m.Touches))
	for i, t := range m.Touches {
		out[i] = LadderTouch{
			string(t.Class), string(t.Kind), t.Ref, Time{t.At}, string(t.Event), string(t.Show), t.Channel, t.Agent, string(t.Referrer),
		}
	}
	return out
}
