package api

import (
	"context"

	"showrunner/conversion/care/guard"
	"showrunner/live"
)

// Followup is a person whom an agent shall turn to.
type Followup struct {
	FollowupID string `json:"followup_id"`
	PersonID   string `json:"person_id"`
	AgentID    string `json:"agent_id"`
	SessionID  string `json:"session_id,omitempty" doc:"The need that was not met."`
	Note       string `json:"note,omitempty"`
	DueAt      *Time  `json:"due_at,omitempty"`
	State      string `json:"state" enum:"open,done,dropped"`
	Result     string `json:"result,omitempty"`
	AssignedAt Time   `json:"assigned_at"`
	AssignedBy string `json:"assigned_by"`
	EndedAt    *Time  `json:"ended_at,omitempty"`
}

// NewFollowup is the body of POST /v1/service/followups.
type NewFollowup struct {
	PersonID   string `json:"person_id"`
	AgentID    string `json:"agent_id"`
	SessionID  string `json:"session_id,omitempty"`
	Note       string `json:"note,omitempty" maxLength:"200"`
	DueAt      *Time  `json:"due_at,omitempty"`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// FollowupResult is the body of POST /v1/service/followups/{followup_id}.
type FollowupResult struct {
	State  string `json:"state" enum:"done,dropped"`
	Result string `json:"result" minLength:"1" maxLength:"64" doc:"What it came to, or why it was dropped."`
}

type followupOutput struct{ Body Followup }

func followupOf(f guard.Followup) Followup {
	return Followup{
		f.ID, string(f.Person), f.Agent, f.Session, f.Note, timeOf(f.DueAt), f.State, f.Result, Time{f.AssignedAt}, f.By.ID, timeOf(f.EndedAt),
	}
}

func (a *API) followups() {
	add(a, Route{
		ID: "assign-followup", Method: "POST", Path: "/v1/service/followups", Tag: guardTag, Summary: "Assign somebody to an agent for a follow-up",
		Text: "Audited. What the agent then sends asks the guard like any other touch.", Actions: []live.Action{live.ActTouchPause}, status: 201, body: NewFollowup{},
		example: map[string]any{"person_id": "u1", "agent_id": "agent-1", "session_id": "s-17", "note": "asked twice for the size table"},
	}, a.assignFollowup)
	add(a, Route{
		ID: "list-followups", Method: "GET", Path: "/v1/service/followups", Tag: guardTag, Summary: "List follow-ups, last assigned first", Text: "An agent sees their own.",
		Actions: []live.Action{live.ActTouchRead},
	}, a.listFollowups)
	add(a, Route{
		ID: "end-followup", Method: "POST", Path: "/v1/service/followups/{followup_id}", Tag: guardTag, Summary: "Say what a follow-up came to",
		Text:    "Done is told as the fact followup_done. An agent ends their own; ended already it is 409 `followup_ended`.",
		Actions: []live.Action{live.ActTouchSend}, body: FollowupResult{}, example: map[string]any{"state": "done", "result": "answered"},
	}, a.endFollowup)
}

func (a *API) assignFollowup(ctx context.Context, p live.Principal, in *rawBody) (*followupOutput, error) {
	b, err := decode[NewFollowup](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := reasonOf("note", b.Note); err != nil {
		return nil, err
	}
	f := guard.Followup{Merchant: m, Person: live.PersonID(b.PersonID), Agent: b.AgentID, Session: b.SessionID, Note: b.Note, By: p.Actor()}
	if b.DueAt != nil {
		f.DueAt = b.DueAt.Time
	}
	if f, err = a.cfg.Guard.Assign(ctx, f); err != nil {
		return nil, err
	}
	return &followupOutput{followupOf(f)}, nil
}

func (a *API) listFollowups(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	AgentID    string `query:"agent_id" maxLength:"128"`
	State      string `query:"state" enum:"open,done,dropped"`
},
) (*listOutput[Followup], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	f := guard.FollowupFilter{Merchant: m, Agent: in.AgentID, State: in.State, Cursor: in.Cursor, Limit: in.Limit}
	if own := mine(p); own != "" {
		f.Agent = own
	}
	list, next, err := a.cfg.Guard.Followups(ctx, f)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, followupOf), nil
}

func (a *API) endFollowup(ctx context.Context, p live.Principal, in *struct {
	FollowupID string `path:"followup_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	rawBody
},
) (*followupOutput, error) {
	b, err := decode[FollowupResult](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	f, err := a.cfg.Guard.End(ctx, m, in.FollowupID, b.State, b.Result, p.Actor(), mine(p))
	if err != nil {
		return nil, err
	}
	return &followupOutput{followupOf(f)}, nil
}
