package api

import (
	"context"
	"time"
	"unicode/utf8"

	"showrunner/conversion/care/guard"
	"showrunner/live"
)

// Touch is a touch of somebody who did not ask, and what the guard said.
type Touch struct {
	TouchID       string      `json:"touch_id,omitempty" doc:"Left out when it was only checked. The fact touch_sent has it for its id."`
	Decision      string      `json:"decision" enum:"allowed,suppressed"`
	State         string      `json:"state" enum:"suppressed,planned,sent,failed,rejected"`
	Rule          string      `json:"rule,omitempty" doc:"What suppressed it: the weightiest of rules."`
	Until         *Time       `json:"until,omitempty" doc:"When that rule alone would let it pass; left out when time does not help."`
	Rules         []TouchHold `json:"rules,omitempty" doc:"All that would suppress it; only where it was decided."`
	Version       int64       `json:"rule_version"`
	PersonID      string      `json:"person_id,omitempty"`
	GroupID       string      `json:"group_id,omitempty"`
	Channel       string      `json:"channel"`
	Kind          string      `json:"kind"`
	Transactional bool        `json:"transactional"`
	AgentID       string      `json:"agent_id,omitempty"`
	Template      string      `json:"template,omitempty"`
	At            Time        `json:"at" doc:"When it was decided; of a planned one that went out, when it did."`
	ExpiresAt     *Time       `json:"expires_at,omitempty" doc:"Of a planned one: until then it holds its place, and may go out."`
	SettledAt     *Time       `json:"settled_at,omitempty"`
	Late          bool        `json:"late,omitempty" doc:"It went out after its place had expired."`
	Outside       bool        `json:"outside,omitempty" doc:"Somebody sent it without asking."`
	Reason        string      `json:"reason,omitempty"`
}

// TouchHold is a rule that keeps a touch back.
type TouchHold struct {
	Rule  string `json:"rule" enum:"opt_out,opt_out_channel,consent,paused,quiet_hours,cool_down,cap_person,cap_person_channel,cap_group,cap_merchant"`
	Until *Time  `json:"until,omitempty"`
	Hours int    `json:"window_hours,omitempty"`
	Most  *int   `json:"at_most,omitempty"`
}

// NewTouch is the body of POST /v1/service/touches.
type NewTouch struct {
	PersonID      string `json:"person_id,omitempty" doc:"Under any of their names; or group_id."`
	GroupID       string `json:"group_id,omitempty"`
	Channel       string `json:"channel" minLength:"1" maxLength:"64" example:"sms"`
	Kind          string `json:"kind" minLength:"1" maxLength:"64" doc:"share, qa, recommend, care, notice, chat, or a word of your own." example:"care"`
	Transactional bool   `json:"transactional,omitempty" doc:"Passes every rule; only kinds that the rules declare."`
	AgentID       string `json:"agent_id,omitempty" doc:"Who serves; an agent's token is always itself."`
	Template      string `json:"template,omitempty" maxLength:"64"`
	Text          string `json:"text,omitempty" maxLength:"2000" doc:"Told in the fact, for who sends it."`
	Plan          bool   `json:"plan,omitempty" doc:"Hold a place; say later what became of it."`
	MerchantID    string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// TouchOutcome is the body of POST /v1/service/touches/{touch_id}.
type TouchOutcome struct {
	State  string `json:"state" enum:"sent,failed,rejected" doc:"failed: it reached nobody, and its place is free again. rejected: the person's side refused it, which opts them out of the channel."`
	Reason string `json:"reason,omitempty" maxLength:"200"`
}

type touchOutput struct{ Body Touch }

func (a *API) touches() {
	add(a, Route{
		ID: "send-touch", Method: "POST", Path: "/v1/service/touches", Tag: guardTag, Summary: "Ask whether somebody may be touched, and record it",
		Text: "One transaction decides and records: `allowed`, and you send it now, or `suppressed` with the rule and until when; neither is an error. " +
			"`check=true` decides and records nothing. With `plan` a place is held until `expires_at`, and you say what became of it.",
		Actions: []live.Action{live.ActTouchSend}, status: 201, body: NewTouch{},
		example: map[string]any{"person_id": "u1", "channel": "sms", "kind": "care", "template": "after-show-1"},
	}, a.sendTouch)
	add(a, Route{
		ID: "settle-touch", Method: "POST", Path: "/v1/service/touches/{touch_id}", Tag: guardTag, Summary: "Say what became of a touch",
		Text:    "Of a planned one, or of one that was sent and then failed or was rejected. Said twice it counts once; a wrong turn is 409 `touch_settled`.",
		Actions: []live.Action{live.ActTouchSend}, body: TouchOutcome{}, example: map[string]any{"state": "sent"},
	}, a.settleTouch)
	add(a, Route{
		ID: "list-touches", Method: "GET", Path: "/v1/service/touches", Tag: guardTag, Summary: "List touches, newest first, suppressed ones too",
		Text: "An agent sees their own.", Actions: []live.Action{live.ActTouchRead},
	}, a.listTouches)
	add(a, Route{
		ID: "count-touches", Method: "GET", Path: "/v1/service/touches/counts", Tag: guardTag, Summary: "Count what was sent and what was suppressed, by rule",
		Text: "Of the last days; an agent sees their own.", Actions: []live.Action{live.ActTouchRead},
	}, a.countTouches)
}

// mine is the agent whose touches alone a caller may see; empty: everybody's.
func mine(p live.Principal) string {
	if p.Role == live.RoleAgent {
		return p.Subject
	}
	return ""
}

func (a *API) sendTouch(ctx context.Context, p live.Principal, in *struct {
	Check bool `query:"check" doc:"Decide and record nothing."`
	rawBody
},
) (*touchOutput, error) {
	b, err := decode[NewTouch](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if n := utf8.RuneCountInString(b.Text); n > live.MaxTouchRunes {
		return nil, live.Invalid("invalid_field", "text", "must be at most %d characters", live.MaxTouchRunes)
	}
	if n := utf8.RuneCountInString(b.Template); n > 64 {
		return nil, live.Invalid("invalid_field", "template", "must be at most 64 characters")
	}
	t := guard.Touch{
		Merchant: m, Person: live.PersonID(b.PersonID), Group: b.GroupID, Channel: b.Channel, Kind: b.Kind, Transactional: b.Transactional,
		Agent: b.AgentID, Template: b.Template, Text: b.Text, By: p.Actor(),
	}
	if own := mine(p); own != "" {
		if t.Agent != "" && t.Agent != own {
			return nil, live.Forbidden("not_yourself", "an agent touches people in their own name alone")
		}
		t.Agent = own
	}
	if in.Check {
		t, err = a.cfg.Guard.Check(ctx, t, a.cfg.Now())
	} else {
		t, err = a.cfg.Guard.Send(ctx, t, b.Plan)
	}
	if err != nil {
		return nil, err
	}
	return &touchOutput{touchOf(t)}, nil
}

func (a *API) settleTouch(ctx context.Context, p live.Principal, in *struct {
	TouchID    string `path:"touch_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	rawBody
},
) (*touchOutput, error) {
	b, err := decode[TouchOutcome](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := reasonOf("reason", b.Reason); err != nil {
		return nil, err
	}
	t, err := a.cfg.Guard.Settle(ctx, m, in.TouchID, guard.State(b.State), b.Reason, p.Actor(), mine(p))
	if err != nil {
		return nil, err
	}
	return &touchOutput{touchOf(t)}, nil
}

func touchOf(t guard.Touch) Touch {
	out := Touch{
		TouchID: t.ID, Decision: "allowed", State: string(t.State), Version: t.Rules, PersonID: string(t.Person), GroupID: t.Group, Channel: t.Channel, Kind: t.Kind,
		Transactional: t.Transactional, AgentID: t.Agent, Template: t.Template, At: Time{t.At}, ExpiresAt: timeOf(t.ExpiresAt), SettledAt: timeOf(t.SettledAt),
		Late: t.Late, Outside: t.Outside, Reason: t.Reason,
	}
	if t.State != guard.Suppressed {
		return out
	}
	out.Decision = "suppressed"
	for i, h := range t.Holds {
		if i == 0 {
			out.Rule, out.Until = h.Rule, timeOf(h.Until)
		}
		hold := TouchHold{Rule: h.Rule, Until: timeOf(h.Until), Hours: h.Hours}
		if h.Hours > 0 {
			hold.Most = &h.Most
		}
		out.Rules = append(out.Rules, hold)
	}
	return out
}

func (a *API) listTouches(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	PersonID   string `query:"person_id" maxLength:"128" doc:"Under any of their names."`
	GroupID    string `query:"group_id" maxLength:"128"`
	AgentID    string `query:"agent_id" maxLength:"128"`
	State      string `query:"state" enum:"suppressed,planned,sent,failed,rejected"`
	Rule       string `query:"rule" maxLength:"64" doc:"That suppressed them."`
},
) (*listOutput[Touch], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	f := guard.TouchFilter{
		Merchant: m, Person: live.PersonID(in.PersonID), Group: in.GroupID, Agent: in.AgentID, State: guard.State(in.State), Rule: in.Rule,
		Cursor: in.Cursor, Limit: in.Limit,
	}
	if own := mine(p); own != "" {
		f.Agent = own
	}
	list, next, err := a.cfg.Guard.Touches(ctx, f)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, touchOf), nil
}

// TouchCounts are how many touches came to what.
type TouchCounts struct {
	From          Time             `json:"from"`
	Until         Time             `json:"until"`
	Allowed       int64            `json:"allowed" doc:"Proactive ones: sent, planned, failed or rejected."`
	Suppressed    int64            `json:"suppressed"`
	Transactional int64            `json:"transactional" doc:"Exempt, and counted here alone."`
	Outside       int64            `json:"outside" doc:"Of the allowed: sent by somebody who had not asked."`
	ByState       map[string]int64 `json:"by_state" doc:"Proactive ones."`
	ByRule        map[string]int64 `json:"by_rule" doc:"Of the suppressed."`
}

type touchCountsOutput struct{ Body TouchCounts }

func (a *API) countTouches(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	Days       int    `query:"days" minimum:"1" maximum:"90" default:"7"`
},
) (*touchCountsOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	until := a.cfg.Now().Add(time.Millisecond)
	out := TouchCounts{From: Time{until.Add(-time.Duration(in.Days) * 24 * time.Hour)}, Until: Time{until}, ByState: map[string]int64{}, ByRule: map[string]int64{}}
	list, err := a.cfg.Guard.Tallies(ctx, m, mine(p), out.From.Time, until)
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		if t.Transactional {
			out.Transactional += t.Touches
			continue
		}
		out.ByState[string(t.State)] += t.Touches
		if t.State == guard.Suppressed {
			out.Suppressed += t.Touches
			out.ByRule[t.Rule] += t.Touches
			continue
		}
		out.Allowed += t.Touches
		if t.Outside {
			out.Outside += t.Touches
		}
	}
	return &touchCountsOutput{out}, nil
}
