package api

import (
	"context"
	"time"

	"showrunner/conversion/care/incubation"
	"showrunner/live"
)

const incubationTag = "Incubation"

// Incubation keeps who becomes a host; conversion/care/incubation is it.
type Incubation interface {
	SetSkills(ctx context.Context, m live.MerchantID, list []incubation.Skill, by live.Principal) error
	Skills(ctx context.Context, m live.MerchantID) ([]incubation.Skill, error)
	SetTrack(ctx context.Context, m live.MerchantID, x incubation.Track, by live.Principal) error
	Withdraw(ctx context.Context, m live.MerchantID, id string, by live.Principal) error
	Tracks(ctx context.Context, m live.MerchantID) ([]incubation.Track, error)
	Join(ctx context.Context, m live.MerchantID, agent, track, coach string, by live.Principal) (incubation.Candidate, error)
	Leave(ctx context.Context, m live.MerchantID, agent, reason string, by live.Principal) (incubation.Candidate, error)
	Candidates(ctx context.Context, f incubation.Filter) ([]incubation.Progress, string, error)
	Candidate(ctx context.Context, r incubation.Reach, agent string, now time.Time) (incubation.Record, error)
	Prove(ctx context.Context, r incubation.Reach, agent, skill, evidence string, by live.Principal) error
	Rehearsal(ctx context.Context, r incubation.Reach, agent string, show live.ShowID, by live.Principal) (incubation.Drill, error)
	Judge(ctx context.Context, r incubation.Reach, agent string, show live.ShowID, marks []incubation.Mark, note string, by live.Principal) (incubation.Drill, error)
	Review(ctx context.Context, r incubation.Reach, agent string, show live.ShowID, note string, by live.Principal) (incubation.Shadow, error)
	Ask(ctx context.Context, r incubation.Reach, agent string, by live.Principal) (incubation.Promotion, error)
	Decide(ctx context.Context, m live.MerchantID, agent string, grant bool, reason string, by live.Principal) (incubation.Promotion, error)
	Pass(ctx context.Context, r incubation.Reach, agent string, by live.Principal) (live.Role, error)
}

// IncubationCandidate is how far an agent is on the way to become a host.
type IncubationCandidate struct {
	AgentID    string                `json:"agent_id"`
	TrackID    string                `json:"track_id"`
	Stage      string                `json:"stage"`
	Role       string                `json:"role" enum:"agent,trainee,host" doc:"Of the token they may have."`
	CoachID    string                `json:"coach_id,omitempty"`
	JoinedAt   Time                  `json:"joined_at"`
	StageAt    Time                  `json:"stage_since"`
	LeftAt     *Time                 `json:"left_at,omitempty"`
	NextStage  string                `json:"next_stage,omitempty" doc:"Left out: they are through, or left."`
	Ready      bool                  `json:"ready" doc:"Everything that the next stage asks for is met."`
	Checks     []IncubationCheck     `json:"checks" doc:"What the next stage asks for, one by one."`
	Pending    *IncubationPromotion  `json:"pending,omitempty" doc:"The promotion that nobody has decided on."`
	Skills     []IncubationProof     `json:"skills,omitempty" doc:"Of one candidate."`
	Drills     []IncubationDrill     `json:"drills,omitempty" doc:"Of one candidate, the newest first."`
	Shadows    []IncubationShadow    `json:"shadows,omitempty" doc:"Of one candidate, the newest first."`
	Promotions []IncubationPromotion `json:"promotions,omitempty" doc:"Of one candidate, the newest first."`
}

// IncubationCheck is a requirement and what is known of it.
type IncubationCheck struct {
	IncubationRequirement
	Verdict  string   `json:"verdict" enum:"met,not_met,sample_too_small"`
	Have     int64    `json:"have" doc:"How many there are; of a figure its numerator."`
	Of       int64    `json:"of,omitempty" doc:"The denominator of a figure."`
	ShowIDs  []string `json:"show_ids,omitempty" doc:"What was counted."`
	Evidence string   `json:"evidence,omitempty" doc:"What a skill was proved by."`
}

// IncubationProof is that a candidate showed a skill.
type IncubationProof struct {
	Skill    string `json:"skill"`
	Evidence string `json:"evidence"`
	By       string `json:"by"`
	At       Time   `json:"at"`
}

// IncubationPromotion is that somebody asked for the next stage, and what was decided.
type IncubationPromotion struct {
	ID        string            `json:"promotion_id"`
	From      string            `json:"from"`
	To        string            `json:"to"`
	State     string            `json:"state" enum:"asked,granted,refused"`
	Checks    []IncubationCheck `json:"evidence" doc:"As it stood when it was asked for, or decided on."`
	Reason    string            `json:"reason,omitempty"`
	AskedBy   string            `json:"asked_by"`
	AskedAt   Time              `json:"asked_at"`
	DecidedBy string            `json:"decided_by,omitempty"`
	DecidedAt *Time             `json:"decided_at,omitempty"`
}

// IncubationJoin is the body of PUT /v1/incubation/candidates/{agent_id}.
type IncubationJoin struct {
	TrackID    string `json:"track_id"`
	CoachID    string `json:"coach_id,omitempty" doc:"A host who judges them; left out: operators alone do."`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// IncubationReason is the body of a request that needs no more than a reason.
type IncubationReason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
}

// IncubationDecision is the body of PUT …/promotion.
type IncubationDecision struct {
	Grant  bool   `json:"grant"`
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
}

// CandidatePath is the path of one candidate.
type CandidatePath struct {
	AgentID    string `path:"agent_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

type candidateTurn struct {
	CandidatePath
	rawBody
}

type candidateOutput struct{ Body IncubationCandidate }

func (a *API) incubations() {
	const one = "/v1/incubation/candidates/{agent_id}"
	read, write, ask := []live.Action{live.ActIncubationRead}, []live.Action{live.ActIncubationWrite}, []live.Action{live.ActIncubationAsk}
	a.incubationTracks()
	add(a, Route{
		ID: "list-incubation", Method: "GET", Path: "/v1/incubation", Tag: incubationTag, Summary: "List who becomes a host, and what is missing",
		Text: "Who joined last first. Agents and trainees see themselves, hosts themselves and whom they coach.", Actions: read,
	}, a.listCandidates)
	add(a, Route{
		ID: "join-incubation", Method: "PUT", Path: one, Tag: incubationTag, Summary: "Put an agent on a track, or give them another coach",
		Text: "They begin in its first stage. Drills, shadow shows and shows count from then on; proofs of skills stay.", Actions: write, body: IncubationJoin{}, example: map[string]any{"track_id": "host", "coach_id": "h1"},
	}, a.joinIncubation)
	add(a, Route{ID: "get-incubation", Method: "GET", Path: one, Tag: incubationTag, Summary: "Read everything that is known of a candidate", Actions: read}, a.getCandidate)
	add(a, Route{
		ID: "leave-incubation", Method: "POST", Path: one + "/leave", Tag: incubationTag, Summary: "Take a candidate off their track", Actions: write, body: IncubationReason{}, example: map[string]any{"reason": "back to the desk"},
	}, a.leaveIncubation)
	a.coaching(one)
	add(a, Route{
		ID: "ask-promotion", Method: "POST", Path: one + "/promotion", Tag: incubationTag, Summary: "Ask for the next stage", status: 201,
		Text: "Of candidates for themselves. Everything it asks for must be met: 409 `not_ready` names in `missing` what is not, and where the sample is too small to say.", Actions: ask,
	}, a.askPromotion)
	add(a, Route{
		ID: "decide-promotion", Method: "PUT", Path: one + "/promotion", Tag: incubationTag, Summary: "Grant or refuse the next stage",
		Text: "What it asks for is looked at again in the same transaction; nobody can grant what is not met, and nobody decides on themselves.", Actions: write, body: IncubationDecision{}, example: map[string]any{"grant": false, "reason": "one more shadow show"},
	}, a.decidePromotion)
	add(a, Route{
		ID: "create-incubation-token", Method: "POST", Path: one + "/token", Tag: incubationTag, Summary: "Get the token of a candidate's stage", status: 201,
		Text: "Of candidates for themselves. It carries the role of the stage that was granted to them and holds for 8 hours; it is limited to the rooms of the token that asks. In a stage of the role agent there is none: 409 `not_promoted`.", Actions: ask,
	}, a.createStageToken)
}

// candidates is the merchant of a path and what the caller sees of it.
func (in *CandidatePath) candidates(p live.Principal) (incubation.Reach, error) {
	m, err := ofMerchant(p, in.MerchantID)
	return incubation.ReachOf(m, p), err
}

func (a *API) listCandidates(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	TrackID    string `query:"track_id" maxLength:"128"`
	Stage      string `query:"stage" maxLength:"128"`
	Left       bool   `query:"left" doc:"Those who left too."`
},
) (*listOutput[IncubationCandidate], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Incubation.Candidates(ctx, incubation.Filter{
		Reach: incubation.ReachOf(m, p), Track: in.TrackID, Stage: in.Stage, Left: in.Left, Now: a.cfg.Now(), Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return listOf(list, next, func(x incubation.Progress) IncubationCandidate { return candidateOf(&x) }), nil
}

func (a *API) joinIncubation(ctx context.Context, p live.Principal, in *candidateTurn) (*candidateOutput, error) {
	b, err := decode[IncubationJoin](in.RawBody)
	if err != nil {
		return nil, err
	}
	if b.MerchantID != "" {
		in.MerchantID = b.MerchantID
	}
	r, err := in.candidates(p)
	if err != nil {
		return nil, err
	}
	if _, err := a.cfg.Incubation.Join(ctx, r.Merchant, in.AgentID, b.TrackID, b.CoachID, p); err != nil {
		return nil, err
	}
	return a.candidateNow(ctx, r, in.AgentID)
}

func (a *API) leaveIncubation(ctx context.Context, p live.Principal, in *candidateTurn) (*candidateOutput, error) {
	r, err := in.candidates(p)
	if err != nil {
		return nil, err
	}
	b, err := decode[IncubationReason](in.RawBody)
	if err != nil {
		return nil, err
	}
	if _, err := a.cfg.Incubation.Leave(ctx, r.Merchant, in.AgentID, b.Reason, p); err != nil {
		return nil, err
	}
	return a.candidateNow(ctx, r, in.AgentID)
}

func (a *API) getCandidate(ctx context.Context, p live.Principal, in *CandidatePath) (*candidateOutput, error) {
	r, err := in.candidates(p)
	if err != nil {
		return nil, err
	}
	return a.candidateNow(ctx, r, in.AgentID)
}

func (a *API) askPromotion(ctx context.Context, p live.Principal, in *CandidatePath) (*candidateOutput, error) {
	r, err := in.candidates(p)
	if err != nil {
		return nil, err
	}
	if _, err := a.cfg.Incubation.Ask(ctx, r.Alone(), in.AgentID, p); err != nil {
		return nil, err
	}
	return a.candidateNow(ctx, r, in.AgentID)
}

func (a *API) decidePromotion(ctx context.Context, p live.Principal, in *candidateTurn) (*candidateOutput, error) {
	r, err := in.candidates(p)
	if err != nil {
		return nil, err
	}
	b, err := decode[IncubationDecision](in.RawBody)
	if err != nil {
		return nil, err
	}
	if _, err := a.cfg.Incubation.Decide(ctx, r.Merchant, in.AgentID, b.Grant, b.Reason, p); err != nil {
		return nil, err
	}
	return a.candidateNow(ctx, r, in.AgentID)
}

func (a *API) candidateNow(ctx context.Context, r incubation.Reach, agent string) (*candidateOutput, error) {
	x, err := a.cfg.Incubation.Candidate(ctx, r, agent, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	return &candidateOutput{recordOf(&x)}, nil
}

func candidateOf(x *incubation.Progress) IncubationCandidate {
	out := IncubationCandidate{
		AgentID: x.Agent, TrackID: x.Track, Stage: x.Stage, Role: string(x.Role), CoachID: x.Coach, JoinedAt: Time{x.JoinedAt}, StageAt: Time{x.StageAt},
		NextStage: x.Next, Ready: x.Next != "" && incubation.Ready(x.Checks), Checks: checksOf(x.Checks),
	}
	if !x.LeftAt.IsZero() {
		out.LeftAt = &Time{x.LeftAt}
	}
	if x.Pending != nil {
		open := promotionOf(x.Pending)
		out.Pending = &open
	}
	return out
}

func recordOf(x *incubation.Record) IncubationCandidate {
	out := candidateOf(&x.Progress)
	for _, s := range x.Proofs {
		out.Skills = append(out.Skills, IncubationProof{s.Skill, s.Evidence, s.By, Time{s.At}})
	}
	for i := range x.Drills {
		out.Drills = append(out.Drills, drillOf(&x.Drills[i]))
	}
	for i := range x.Shadows {
		out.Shadows = append(out.Shadows, shadowOf(&x.Shadows[i]))
	}
	for i := range x.Promotions {
		out.Promotions = append(out.Promotions, promotionOf(&x.Promotions[i]))
	}
	return out
}

func promotionOf(p *incubation.Promotion) IncubationPromotion {
	out := IncubationPromotion{
		ID: p.ID, From: p.From, To: p.To, State: string(p.State), Checks: checksOf(p.Checks), Reason: p.Reason, AskedBy: p.AskedBy, AskedAt: Time{p.AskedAt}, DecidedBy: p.DecidedBy,
	}
	if !p.DecidedAt.IsZero() {
		out.DecidedAt = &Time{p.DecidedAt}
	}
	return out
}

func checksOf(list []incubation.Check) []IncubationCheck {
	out := make([]IncubationCheck, len(list))
	for i := range list {
		c := &list[i]
		out[i] = IncubationCheck{IncubationRequirement: requirementOf(&c.Requirement), Verdict: string(c.Verdict), Have: c.Have, Of: c.Of, Evidence: c.Evidence}
		for _, s := range c.Shows {
			out[i].ShowIDs = append(out[i].ShowIDs, string(s))
		}
	}
	return out
}
