package api

import (
	"context"
	"slices"
	"time"

	"showrunner/conversion/care/incubation"
	"showrunner/live"
)

// IncubationDrill is a rehearsal that a candidate hosts to be judged.
type IncubationDrill struct {
	ShowID   string              `json:"show_id"`
	State    string              `json:"state" enum:"booked,passed,failed"`
	CoachID  string              `json:"coach_id"`
	Points   int64               `json:"points"`
	Marks    []IncubationMark    `json:"marks"`
	Evidence *IncubationEvidence `json:"evidence,omitempty" doc:"What the rehearsal's own facts say; left out until it is judged."`
	Misses   []string            `json:"misses,omitempty" doc:"The bounds it failed by: least_minutes, most_mistakes, most_prompt_ms, least_answered_bps or pass_points."`
	Note     string              `json:"note,omitempty"`
	BookedAt Time                `json:"booked_at"`
	JudgedAt *Time               `json:"judged_at,omitempty"`
}

// IncubationEvidence is what the facts of a rehearsal say of its host, of the time they were on.
type IncubationEvidence struct {
	OnMS     int64 `json:"on_ms"`
	Commands int64 `json:"commands"`
	Mistakes int64 `json:"mistakes" doc:"Commands that were refused."`
	Prompts  int64 `json:"prompts"`
	Followed int64 `json:"prompts_followed" doc:"By a command, before the next prompt."`
	PromptMS int64 `json:"prompt_median_ms" doc:"Until the command, of those followed."`
	Comments int64 `json:"comments"`
	Answered int64 `json:"comments_answered" doc:"By a reply, or by pinning them."`
}

// IncubationMark is what a coach gave for one criterion.
type IncubationMark struct {
	Criterion string `json:"criterion"`
	Points    int64  `json:"points"`
}

// IncubationShadow is a real show that a candidate watched to learn.
type IncubationShadow struct {
	ShowID   string `json:"show_id"`
	Attended int64  `json:"attended_ms" doc:"With the panel visible, while the show was on."`
	Note     string `json:"note,omitempty"`
	CoachID  string `json:"coach_id,omitempty"`
	NotedAt  *Time  `json:"noted_at,omitempty"`
}

// IncubationProve is the body of PUT …/skills/{skill}.
type IncubationProve struct {
	Evidence string `json:"evidence" minLength:"1" maxLength:"500"`
}

// IncubationRehearsal is the body of POST …/drills.
type IncubationRehearsal struct {
	ShowID string `json:"show_id"`
}

// IncubationVerdict is the body of PUT …/drills/{show_id}.
type IncubationVerdict struct {
	Marks []IncubationMark `json:"marks" maxItems:"20" doc:"One for each criterion of the rubric."`
	Note  string           `json:"note,omitempty" maxLength:"500"`
}

// IncubationNote is the body of PUT …/shadows/{show_id}.
type IncubationNote struct {
	Note string `json:"note" minLength:"1" maxLength:"500"`
}

// StageToken is the token of a candidate's stage.
type StageToken struct {
	Token     string `json:"token"`
	Role      string `json:"role" enum:"trainee,host"`
	ExpiresAt Time   `json:"expires_at"`
}

type (
	drillOutput      struct{ Body IncubationDrill }
	shadowOutput     struct{ Body IncubationShadow }
	stageTokenOutput struct{ Body StageToken }
	candidateShow    struct {
		CandidatePath
		ShowPath
		rawBody
	}
)

// stageTokenTTL is a long working day.
const stageTokenTTL = 8 * time.Hour

func (a *API) coaching(one string) {
	coach := []live.Action{live.ActIncubationCoach}
	add(a, Route{
		ID: "prove-skill", Method: "PUT", Path: one + "/skills/{skill}", Tag: incubationTag, Summary: "Note that a candidate showed a skill", Actions: coach,
		Text: "Nobody does so for themselves, and hosts for whom they coach alone.", body: IncubationProve{}, example: map[string]any{"evidence": "讲解三件商品无误"},
	}, a.proveSkill)
	add(a, Route{
		ID: "book-drill", Method: "POST", Path: one + "/drills", Tag: incubationTag, Summary: "Say that a rehearsal is a candidate's drill", Actions: coach, status: 201,
		Text: "Before or after it was played. Another show than a rehearsal is 409 `not_a_rehearsal`.", body: IncubationRehearsal{}, example: map[string]any{"show_id": "s-rehearsal"}, errors: []int{404, 409},
	}, a.bookDrill)
	add(a, Route{
		ID: "judge-drill", Method: "PUT", Path: one + "/drills/{show_id}", Tag: incubationTag, Summary: "Mark a drill by the rubric", Actions: coach,
		Text: "Once the rehearsal is over. Whether it is passed follows from the bounds of the track, over the marks and over what the rehearsal's own facts say.",
		body: IncubationVerdict{}, example: map[string]any{"marks": []any{map[string]any{"criterion": "explain", "points": 8}}, "note": "看稿太多"},
	}, a.judgeDrill)
	add(a, Route{
		ID: "review-shadow", Method: "PUT", Path: one + "/shadows/{show_id}", Tag: incubationTag, Summary: "Write of a show that a candidate watched", Actions: coach,
		Text: "How long they watched is measured by their panel. A show counts once it was written of.", body: IncubationNote{}, example: map[string]any{"note": "节奏看懂了"},
	}, a.reviewShadow)
}

func (a *API) proveSkill(ctx context.Context, p live.Principal, in *struct {
	CandidatePath
	rawBody
	Skill string `path:"skill" maxLength:"128"`
},
) (*candidateOutput, error) {
	r, err := in.candidates(p)
	if err != nil {
		return nil, err
	}
	b, err := decode[IncubationProve](in.RawBody)
	if err != nil {
		return nil, err
	}
	if err := a.cfg.Incubation.Prove(ctx, r, in.AgentID, in.Skill, b.Evidence, p); err != nil {
		return nil, err
	}
	return a.candidateNow(ctx, r, in.AgentID)
}

func (a *API) bookDrill(ctx context.Context, p live.Principal, in *candidateTurn) (*drillOutput, error) {
	r, err := in.candidates(p)
	if err != nil {
		return nil, err
	}
	b, err := decode[IncubationRehearsal](in.RawBody)
	if err != nil {
		return nil, err
	}
	d, err := a.cfg.Incubation.Rehearsal(ctx, r, in.AgentID, live.ShowID(b.ShowID), p)
	if err != nil {
		return nil, err
	}
	return &drillOutput{drillOf(&d)}, nil
}

// find looks for the show of a path before it asks for candidates.
func (in *candidateShow) find(ctx context.Context, a *API, p live.Principal) (incubation.Reach, error) {
	if _, err := a.show(ctx, p, live.ShowID(in.ShowID)); err != nil {
		return incubation.Reach{}, err
	}
	return in.candidates(p)
}

func (a *API) judgeDrill(ctx context.Context, p live.Principal, in *candidateShow) (*drillOutput, error) {
	r, err := in.find(ctx, a, p)
	if err != nil {
		return nil, err
	}
	b, err := decode[IncubationVerdict](in.RawBody)
	if err != nil {
		return nil, err
	}
	marks := make([]incubation.Mark, len(b.Marks))
	for i, k := range b.Marks {
		marks[i] = incubation.Mark(k)
	}
	d, err := a.cfg.Incubation.Judge(ctx, r, in.AgentID, live.ShowID(in.ShowID), marks, b.Note, p)
	if err != nil {
		return nil, err
	}
	return &drillOutput{drillOf(&d)}, nil
}

func (a *API) reviewShadow(ctx context.Context, p live.Principal, in *candidateShow) (*shadowOutput, error) {
	r, err := in.find(ctx, a, p)
	if err != nil {
		return nil, err
	}
	b, err := decode[IncubationNote](in.RawBody)
	if err != nil {
		return nil, err
	}
	s, err := a.cfg.Incubation.Review(ctx, r, in.AgentID, live.ShowID(in.ShowID), b.Note, p)
	if err != nil {
		return nil, err
	}
	return &shadowOutput{shadowOf(&s)}, nil
}

// createStageToken signs for the candidate, whoever of the staff asks for it.
func (a *API) createStageToken(ctx context.Context, p live.Principal, in *CandidatePath) (*stageTokenOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	role, err := a.cfg.Incubation.Pass(ctx, incubation.ReachOf(m, p).Alone(), in.AgentID, p)
	if err != nil {
		return nil, err
	}
	who := live.Principal{Subject: in.AgentID, Role: role, Merchant: m, Rooms: slices.Clone(p.Rooms)}
	if p.Subject == in.AgentID {
		who.Name = p.Name
	}
	token, err := a.cfg.Tokens.Issue(who, stageTokenTTL)
	if err != nil {
		return nil, err
	}
	return &stageTokenOutput{StageToken{Token: token, Role: string(role), ExpiresAt: Time{a.cfg.Now().Add(stageTokenTTL).Truncate(time.Second)}}}, nil
}

func drillOf(d *incubation.Drill) IncubationDrill {
	out := IncubationDrill{
		ShowID: string(d.Show), State: string(d.State), CoachID: d.Coach, Points: d.Points, Marks: []IncubationMark{}, Note: d.Note, BookedAt: Time{d.BookedAt},
	}
	for _, k := range d.Marks {
		out.Marks = append(out.Marks, IncubationMark(k))
	}
	if d.Evidence != nil {
		e := IncubationEvidence(*d.Evidence)
		out.Evidence = &e
	}
	for _, x := range d.Misses {
		out.Misses = append(out.Misses, string(x))
	}
	if !d.JudgedAt.IsZero() {
		out.JudgedAt = &Time{d.JudgedAt}
	}
	return out
}

func shadowOf(s *incubation.Shadow) IncubationShadow {
	out := IncubationShadow{ShowID: string(s.Show), Attended: s.Attended, Note: s.Note, CoachID: s.Coach}
	if !s.NotedAt.IsZero() {
		out.NotedAt = &Time{s.NotedAt}
	}
	return out
}
