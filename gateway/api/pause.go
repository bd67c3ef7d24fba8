package api

import (
	"context"
	"time"

	"showrunner/conversion/care/guard"
	"showrunner/live"
)

// Pause keeps back proactive touches of a person or a group.
type Pause struct {
	PauseID  string `json:"pause_id"`
	PersonID string `json:"person_id,omitempty"`
	GroupID  string `json:"group_id,omitempty"`
	Until    Time   `json:"until"`
	Reason   string `json:"reason,omitempty"`
	SetAt    Time   `json:"set_at"`
	SetBy    string `json:"set_by"`
	EndedAt  *Time  `json:"ended_at,omitempty" doc:"It was ended before its time."`
}

// NewPause is the body of POST /v1/service/pauses.
type NewPause struct {
	PersonID   string `json:"person_id,omitempty" doc:"Or group_id."`
	GroupID    string `json:"group_id,omitempty"`
	Days       int    `json:"days" minimum:"1" maximum:"366"`
	Reason     string `json:"reason,omitempty" maxLength:"200"`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

type pauseOutput struct{ Body Pause }

func pauseOf(p guard.Pause) Pause {
	return Pause{p.ID, string(p.Person), p.Group, Time{p.Until}, p.Reason, Time{p.SetAt}, p.By.ID, timeOf(p.EndedAt)}
}

func (a *API) pauses() {
	act := []live.Action{live.ActTouchPause}
	add(a, Route{
		ID: "pause-touches", Method: "POST", Path: "/v1/service/pauses", Tag: guardTag, Summary: "Keep back touches of somebody for some days",
		Text: "The guard suppresses every proactive touch of them until then; transactional notices pass. Audited.", Actions: act, status: 201, body: NewPause{},
		example: map[string]any{"person_id": "u1", "days": 14, "reason": "over-served"},
	}, a.pauseTouches)
	add(a, Route{ID: "list-pauses", Method: "GET", Path: "/v1/service/pauses", Tag: guardTag, Summary: "List pauses, newest first", Actions: []live.Action{live.ActTouchPause, live.ActAudit}}, a.listPauses)
	add(a, Route{ID: "end-pause", Method: "POST", Path: "/v1/service/pauses/{pause_id}/end", Tag: guardTag, Summary: "End a pause before its time", Actions: act}, a.endPause)
}

func (a *API) pauseTouches(ctx context.Context, p live.Principal, in *rawBody) (*pauseOutput, error) {
	b, err := decode[NewPause](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := reasonOf("reason", b.Reason); err != nil {
		return nil, err
	}
	if b.Days < 1 || b.Days > 366 {
		return nil, live.Invalid("invalid_field", "days", "must be from 1 to 366")
	}
	found, err := a.cfg.Guard.Pause(ctx, guard.Pause{Merchant: m, Person: live.PersonID(b.PersonID), Group: b.GroupID, Reason: b.Reason, By: p.Actor()}, time.Duration(b.Days)*24*time.Hour)
	if err != nil {
		return nil, err
	}
	return &pauseOutput{pauseOf(found)}, nil
}

func (a *API) listPauses(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*listOutput[Pause], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Guard.Pauses(ctx, m, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, pauseOf), nil
}

func (a *API) endPause(ctx context.Context, p live.Principal, in *struct {
	PauseID    string `path:"pause_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*pauseOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	found, err := a.cfg.Guard.Resume(ctx, m, in.PauseID, p.Actor())
	if err != nil {
		return nil, err
	}
	return &pauseOutput{pauseOf(found)}, nil
}
