package api

import (
	"context"

	"showrunner/conversion/care"
	"showrunner/conversion/care/need"
	"showrunner/live"
)

// Need is what one person needed once.
type Need struct {
	ID         string     `json:"need_id"`
	State      string     `json:"state" enum:"captured,responded,validated"`
	Text       string     `json:"text"`
	Terms      []string   `json:"terms"`
	Source     string     `json:"source" enum:"desk,question"`
	PersonID   string     `json:"person_id,omitempty"`
	ShowID     string     `json:"show_id,omitempty"`
	SessionID  string     `json:"session_id,omitempty"`
	AgentID    string     `json:"agent_id,omitempty"`
	Answer     string     `json:"answer,omitempty"`
	ClusterID  string     `json:"cluster_id,omitempty" doc:"Of needs alike."`
	CapturedAt Time       `json:"captured_at"`
	Steps      []CareStep `json:"steps,omitempty" doc:"Of one need: who did what when, on what evidence, the first first."`
}

// NewNeed is the body of POST /v1/service/needs.
type NewNeed struct {
	Text       string `json:"text" minLength:"1" maxLength:"500"`
	PersonID   string `json:"person_id,omitempty"`
	ShowID     string `json:"show_id,omitempty"`
	SessionID  string `json:"session_id,omitempty"`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// NeedResponse is the body of POST /v1/service/needs/{need_id}/respond.
type NeedResponse struct {
	Answer string `json:"answer" minLength:"1" maxLength:"500"`
}

// NeedEvidence is the body of POST /v1/service/needs/{need_id}/validate.
type NeedEvidence struct {
	Evidence string `json:"evidence" minLength:"1" maxLength:"500" doc:"How it is known that the answer served."`
}

type needOutput struct{ Body Need }

// NeedPath is the path of one need.
type NeedPath struct {
	NeedID     string `path:"need_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

type needTurn struct {
	NeedPath
	rawBody
}

func (a *API) needs() {
	read, write := []live.Action{live.ActNeedRead}, []live.Action{live.ActNeedWrite}
	const tag = "Needs"
	add(a, Route{
		ID: "capture-need", Method: "POST", Path: "/v1/service/needs", Tag: tag, Summary: "Capture what somebody needs", Text: "Questions that viewers ask in rooms are captured by themselves.",
		Actions: write, status: 201, errors: []int{404}, body: NewNeed{}, example: map[string]any{"text": "能不能帮我挑尺码", "person_id": "u1"},
	}, a.captureNeed)
	add(a, Route{ID: "list-needs", Method: "GET", Path: "/v1/service/needs", Tag: tag, Summary: "List needs, latest first", Text: "An agent sees what they or nobody has taken.", Actions: read}, a.listNeeds)
	a.needClusters()
	add(a, Route{ID: "get-need", Method: "GET", Path: "/v1/service/needs/{need_id}", Tag: tag, Summary: "Read a need with its steps", Actions: read}, a.getNeed)
	add(a, Route{
		ID: "respond-need", Method: "POST", Path: "/v1/service/needs/{need_id}/respond", Tag: tag, Summary: "Note what was answered", Text: "Whoever answers has the need.", Actions: write,
		body: NeedResponse{}, example: map[string]any{"answer": "身高体重发我，我来配"},
	}, func(ctx context.Context, p live.Principal, in *needTurn) (*needOutput, error) {
		b, err := decode[NeedResponse](in.RawBody)
		if err != nil {
			return nil, err
		}
		m, err := ofMerchant(p, in.MerchantID)
		if err != nil {
			return nil, err
		}
		return needAnswer(a.cfg.Needs.Respond(ctx, care.ReachOf(m, p), in.NeedID, b.Answer, p))
	})
	add(a, Route{
		ID: "validate-need", Method: "POST", Path: "/v1/service/needs/{need_id}/validate", Tag: tag, Summary: "Note that the answer served", Text: "A need nobody has answered is 409 `wrong_state`.",
		Actions: write, body: NeedEvidence{}, example: map[string]any{"evidence": "ordered o-7, kept it"},
	}, func(ctx context.Context, p live.Principal, in *needTurn) (*needOutput, error) {
		b, err := decode[NeedEvidence](in.RawBody)
		if err != nil {
			return nil, err
		}
		m, err := ofMerchant(p, in.MerchantID)
		if err != nil {
			return nil, err
		}
		return needAnswer(a.cfg.Needs.Validate(ctx, care.ReachOf(m, p), in.NeedID, b.Evidence, p))
	})
}

func (a *API) captureNeed(ctx context.Context, p live.Principal, in *rawBody) (*needOutput, error) {
	b, err := decode[NewNeed](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	return needAnswer(a.cfg.Needs.Capture(ctx, need.Wanted{
		Merchant: m, Person: live.PersonID(b.PersonID), Show: live.ShowID(b.ShowID), Session: b.SessionID, Text: b.Text, Source: need.FromDesk,
	}, p.Actor()))
}

func (a *API) listNeeds(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	State      string `query:"state" enum:"captured,responded,validated"`
	ClusterID  string `query:"cluster_id" maxLength:"128"`
	ShowID     string `query:"show_id" maxLength:"128"`
},
) (*listOutput[Need], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Needs.Needs(ctx, need.Filter{
		Reach: care.ReachOf(m, p), State: need.State(in.State), Cluster: in.ClusterID, Show: live.ShowID(in.ShowID), Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return listOf(list, next, needOf), nil
}

func (a *API) getNeed(ctx context.Context, p live.Principal, in *NeedPath) (*needOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	reach := care.ReachOf(m, p)
	n, err := a.cfg.Needs.Need(ctx, reach, in.NeedID)
	if err != nil {
		return nil, err
	}
	steps, err := a.cfg.Needs.History(ctx, reach, in.NeedID)
	if err != nil {
		return nil, err
	}
	out := needOf(n)
	out.Steps = needSteps(steps)
	return &needOutput{out}, nil
}

func needAnswer(n need.Need, err error) (*needOutput, error) {
	if err != nil {
		return nil, err
	}
	return &needOutput{needOf(n)}, nil
}

func needOf(n need.Need) Need {
	return Need{
		ID: n.ID, State: string(n.State), Text: n.Text, Terms: n.Terms, Source: string(n.Source), PersonID: string(n.Person), ShowID: string(n.Show), SessionID: n.Session,
		AgentID: n.Agent, Answer: n.Answer, ClusterID: n.Cluster, CapturedAt: Time{n.CapturedAt},
	}
}

func needSteps(list []need.Entry) []CareStep {
	out := make([]CareStep, len(list))
	for i, s := range list {
		out[i] = CareStep{Step: s.Step, State: s.State, Note: s.Evidence, By: s.Actor, Role: string(s.Role), At: Time{s.At}}
	}
	return out
}
