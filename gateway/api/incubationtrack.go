package api

import (
	"context"
	"net/http"

	"showrunner/conversion/care/incubation"
	"showrunner/live"
)

// IncubationSkill is something that a candidate has to be able to do.
type IncubationSkill struct {
	Skill   string `json:"skill"`
	LabelZH string `json:"label_zh" minLength:"1" maxLength:"60"`
	LabelEN string `json:"label_en" minLength:"1" maxLength:"60"`
	Proof   string `json:"proof" minLength:"1" maxLength:"500" doc:"What proves it, for the coach."`
}

// IncubationTrack is a way from agent to host.
type IncubationTrack struct {
	TrackID    string            `json:"track_id,omitempty" doc:"As in the path."`
	LabelZH    string            `json:"label_zh" minLength:"1" maxLength:"60"`
	LabelEN    string            `json:"label_en" minLength:"1" maxLength:"60"`
	Stages     []IncubationStage `json:"stages" minItems:"2" maxItems:"12" doc:"In order. Everybody begins in the first, which is an agent's and asks for nothing."`
	Drill      IncubationDrilled `json:"drill"`
	MerchantID string            `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// IncubationStage is one step of a track.
type IncubationStage struct {
	Stage   string                  `json:"stage"`
	LabelZH string                  `json:"label_zh" minLength:"1" maxLength:"60"`
	LabelEN string                  `json:"label_en" minLength:"1" maxLength:"60"`
	Role    string                  `json:"role" enum:"agent,trainee,host" doc:"Of the token that who stands here may have."`
	Needs   []IncubationRequirement `json:"needs" maxItems:"20" doc:"What is asked for to enter it."`
}

// IncubationRequirement is one thing that has to be met.
type IncubationRequirement struct {
	Kind    string `json:"kind" enum:"skill,score,drills,shadows,shows" doc:"skill: skill. score: figure, at_least or at_most, least_sample, days. drills: count, passed. shadows: count, minutes each, with a coach's note. shows: count, hosted for minutes each, over."`
	Skill   string `json:"skill,omitempty"`
	Figure  string `json:"figure,omitempty" doc:"Of the scorecard: first_response_time, first_response_kept, reply_rate, resolution_time, resolved_rate, csat, csat_participation, reopen_rate or transfer_rate."`
	AtLeast *int64 `json:"at_least,omitempty" doc:"Basis points; of times milliseconds."`
	AtMost  *int64 `json:"at_most,omitempty" doc:"The same."`
	Sample  int64  `json:"least_sample,omitempty" doc:"The least denominator that says anything."`
	Days    int64  `json:"days,omitempty" doc:"The last so many days."`
	Count   int64  `json:"count,omitempty"`
	Minutes int64  `json:"minutes,omitempty"`
}

// IncubationDrilled is by what drills of a track are judged.
type IncubationDrilled struct {
	Rubric   []IncubationCriterion `json:"rubric" minItems:"1" maxItems:"20"`
	Pass     int64                 `json:"pass_points" doc:"The least sum of marks."`
	Minutes  int64                 `json:"least_minutes" doc:"On as the host."`
	Mistakes *int64                `json:"most_mistakes,omitempty" doc:"Commands that were refused; left out: any."`
	PromptMS *int64                `json:"most_prompt_ms,omitempty" doc:"Median until a command followed a prompt; a prompt that nothing followed misses it. Left out: any."`
	Answered *int64                `json:"least_answered_bps,omitempty" doc:"Comments answered, by a reply or by pinning, in basis points; left out: any."`
}

// IncubationCriterion is a line of a rubric.
type IncubationCriterion struct {
	Criterion string `json:"criterion"`
	LabelZH   string `json:"label_zh" minLength:"1" maxLength:"60"`
	LabelEN   string `json:"label_en" minLength:"1" maxLength:"60"`
	Points    int64  `json:"points" minimum:"1" maximum:"100" doc:"At most."`
}

// IncubationSkillsPut is the body of PUT /v1/incubation/skills.
type IncubationSkillsPut struct {
	Items      []IncubationSkill `json:"items" maxItems:"100"`
	MerchantID string            `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

type trackOutput struct{ Body IncubationTrack }

var trackExample = map[string]any{
	"label_zh": "客服成长为主播", "label_en": "From agent to host",
	"stages": []any{
		map[string]any{"stage": "agent", "label_zh": "客服", "label_en": "Agent", "role": "agent", "needs": []any{}},
		map[string]any{"stage": "drill", "label_zh": "演练", "label_en": "Drills", "role": "trainee", "needs": []any{
			map[string]any{"kind": "score", "figure": "csat", "at_least": 9000, "least_sample": 20, "days": 30},
		}},
		map[string]any{"stage": "shadow", "label_zh": "跟播", "label_en": "Shadow shows", "role": "trainee", "needs": []any{map[string]any{"kind": "drills", "count": 2}}},
		map[string]any{"stage": "host", "label_zh": "主播", "label_en": "Host", "role": "host", "needs": []any{map[string]any{"kind": "shadows", "count": 3, "minutes": 30}}},
	},
	"drill": map[string]any{
		"rubric":      []any{map[string]any{"criterion": "explain", "label_zh": "讲解清楚", "label_en": "Explains clearly", "points": 10}},
		"pass_points": 7, "least_minutes": 20, "most_mistakes": 3, "most_prompt_ms": 30000, "least_answered_bps": 6000,
	},
}

func (a *API) incubationTracks() {
	read, write := []live.Action{live.ActIncubationRead}, []live.Action{live.ActIncubationWrite}
	add(a, Route{ID: "list-incubation-skills", Method: "GET", Path: "/v1/incubation/skills", Tag: incubationTag, Summary: "List what candidates learn", Actions: read}, a.listSkills)
	add(a, Route{
		ID: "put-incubation-skills", Method: "PUT", Path: "/v1/incubation/skills", Tag: incubationTag, Summary: "Declare what candidates learn",
		Text: "In place of what was declared. A skill that a track asks for stays: 409 `skill_in_use`.", Actions: write, body: IncubationSkillsPut{},
		example: map[string]any{"items": []any{map[string]any{"skill": "explain", "label_zh": "商品讲解", "label_en": "Explaining a product", "proof": "讲解三件商品，卖点与禁语无误"}}},
	}, a.putSkills)
	add(a, Route{ID: "list-incubation-tracks", Method: "GET", Path: "/v1/incubation/tracks", Tag: incubationTag, Summary: "List the ways from agent to host", Actions: read}, a.listTracks)
	add(a, Route{
		ID: "put-incubation-track", Method: "PUT", Path: "/v1/incubation/tracks/{track_id}", Tag: incubationTag, Summary: "Declare a way from agent to host",
		Text: "In place of the track of this name. What is asked for may change at any time; a stage somebody stands in stays: 409 `stage_in_use`.", Actions: write, body: IncubationTrack{}, example: trackExample,
	}, a.putTrack)
	add(a, Route{
		ID: "withdraw-incubation-track", Method: "DELETE", Path: "/v1/incubation/tracks/{track_id}", Tag: incubationTag, Summary: "Withdraw a way from agent to host",
		Text: "Who left it stays on record. While somebody is on it: 409 `track_in_use`.", Actions: write, status: http.StatusNoContent,
	}, a.withdrawTrack)
}

func (a *API) listSkills(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*listOutput[IncubationSkill], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Incubation.Skills(ctx, m)
	if err != nil {
		return nil, err
	}
	return listOf(list, "", skillOf), nil
}

func (a *API) putSkills(ctx context.Context, p live.Principal, in *rawBody) (*listOutput[IncubationSkill], error) {
	b, err := decode[IncubationSkillsPut](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	list := make([]incubation.Skill, len(b.Items))
	for i, s := range b.Items {
		list[i] = incubation.Skill{Key: s.Skill, ZH: s.LabelZH, EN: s.LabelEN, Proof: s.Proof}
	}
	if err := a.cfg.Incubation.SetSkills(ctx, m, list, p); err != nil {
		return nil, err
	}
	return listOf(list, "", skillOf), nil
}

func skillOf(s incubation.Skill) IncubationSkill { return IncubationSkill{s.Key, s.ZH, s.EN, s.Proof} }

func (a *API) listTracks(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*listOutput[IncubationTrack], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Incubation.Tracks(ctx, m)
	if err != nil {
		return nil, err
	}
	return listOf(list, "", wayOf), nil
}

func (a *API) putTrack(ctx context.Context, p live.Principal, in *struct {
	TrackID string `path:"track_id" maxLength:"128"`
	rawBody
},
) (*trackOutput, error) {
	b, err := decode[IncubationTrack](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if b.TrackID != "" && b.TrackID != in.TrackID {
		return nil, live.Invalid("invalid_field", "track_id", "must be the one of the path, or left out")
	}
	x := incubation.Track{ID: in.TrackID, ZH: b.LabelZH, EN: b.LabelEN, Drill: incubation.Drilled{
		Pass: b.Drill.Pass, Minutes: b.Drill.Minutes, Mistakes: b.Drill.Mistakes, PromptMS: b.Drill.PromptMS, Answered: b.Drill.Answered,
	}}
	for _, c := range b.Drill.Rubric {
		x.Drill.Rubric = append(x.Drill.Rubric, incubation.Criterion{Key: c.Criterion, ZH: c.LabelZH, EN: c.LabelEN, Points: c.Points})
	}
	for _, s := range b.Stages {
		stage := incubation.Stage{Key: s.Stage, ZH: s.LabelZH, EN: s.LabelEN, Role: live.Role(s.Role)}
		for _, n := range s.Needs {
			stage.Needs = append(stage.Needs, incubation.Requirement{
				Kind: incubation.Kind(n.Kind), Skill: n.Skill, Figure: n.Figure, AtLeast: n.AtLeast, AtMost: n.AtMost, Sample: n.Sample, Days: n.Days, Count: n.Count, Minutes: n.Minutes,
			})
		}
		x.Stages = append(x.Stages, stage)
	}
	if err := a.cfg.Incubation.SetTrack(ctx, m, x, p); err != nil {
		return nil, err
	}
	return &trackOutput{wayOf(x)}, nil
}

func (a *API) withdrawTrack(ctx context.Context, p live.Principal, in *struct {
	TrackID    string `path:"track_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*nothing, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	return nil, a.cfg.Incubation.Withdraw(ctx, m, in.TrackID, p)
}

func wayOf(x incubation.Track) IncubationTrack {
	out := IncubationTrack{TrackID: x.ID, LabelZH: x.ZH, LabelEN: x.EN, Stages: []IncubationStage{}, Drill: IncubationDrilled{
		Rubric: []IncubationCriterion{}, Pass: x.Drill.Pass, Minutes: x.Drill.Minutes, Mistakes: x.Drill.Mistakes, PromptMS: x.Drill.PromptMS, Answered: x.Drill.Answered,
	}}
	for _, c := range x.Drill.Rubric {
		out.Drill.Rubric = append(out.Drill.Rubric, IncubationCriterion{c.Key, c.ZH, c.EN, c.Points})
	}
	for _, s := range x.Stages {
		stage := IncubationStage{s.Key, s.ZH, s.EN, string(s.Role), []IncubationRequirement{}}
		for _, n := range s.Needs {
			stage.Needs = append(stage.Needs, requirementOf(&n))
		}
		out.Stages = append(out.Stages, stage)
	}
	return out
}

func requirementOf(n *incubation.Requirement) IncubationRequirement {
	return IncubationRequirement{string(n.Kind), n.Skill, n.Figure, n.AtLeast, n.AtMost, n.Sample, n.Days, n.Count, n.Minutes}
}
