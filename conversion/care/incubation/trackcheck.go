package incubation

import (
	"fmt"
	"slices"

	"showrunner/live"
)

// Figures are those of the scorecard that a track may ask for. Of times the bound
// is in milliseconds, of all others in basis points.
var Figures = []string{
	"first_response_time", "first_response_kept", "reply_rate", "resolution_time", "resolved_rate", "csat", "csat_participation", "reopen_rate", "transfer_rate",
}

// timed figures are sums of milliseconds over a count.
var timed = []string{"first_response_time", "resolution_time"}

// Bounds of what a requirement may ask for.
const (
	maxDays    = 366
	maxCount   = 1000
	maxMinutes = 24 * 60
	// maxBound keeps a bound times a denominator within 64 bits.
	maxBound = 1_000_000_000
)

func within(field string, v, least, most int64) error {
	if v < least || v > most {
		return live.Invalid("invalid_field", field, "must be %d to %d", least, most)
	}
	return nil
}

// check holds a track against the rules of tracks.
func (x *Track) check() error {
	if !live.ValidID(x.ID) {
		return live.Invalid("invalid_field", "track_id", "must be an identifier")
	}
	if err := checkLabel("label_zh", x.ZH); err != nil {
		return err
	}
	if err := checkLabel("label_en", x.EN); err != nil {
		return err
	}
	if err := within("stages", int64(len(x.Stages)), 2, MaxStages); err != nil {
		return err
	}
	for i := range x.Stages {
		if err := x.checkStage(i); err != nil {
			return err
		}
	}
	return x.Drill.check()
}

func (x *Track) checkStage(i int) error {
	s, at := &x.Stages[i], fmt.Sprintf("stages[%d].", i)
	switch {
	case !live.ValidID(s.Key) || x.index(s.Key) != i:
		return live.Invalid("invalid_field", at+"stage", "must be an identifier that stands once")
	case !slices.Contains(stageRoles, s.Role):
		return live.Invalid("invalid_field", at+"role", "must be agent, trainee or host")
	case i == 0 && (s.Role != live.RoleAgent || len(s.Needs) > 0):
		return live.Invalid("invalid_field", at+"role", "the first stage is an agent's and asks for nothing: everybody begins there")
	case i > 0 && len(s.Needs) == 0:
		return live.Invalid("invalid_field", at+"needs", "a later stage must ask for something")
	case len(s.Needs) > MaxRequirements:
		return live.Invalid("invalid_field", at+"needs", "must be at most %d", MaxRequirements)
	}
	if err := checkLabel(at+"label_zh", s.ZH); err != nil {
		return err
	}
	if err := checkLabel(at+"label_en", s.EN); err != nil {
		return err
	}
	for j := range s.Needs {
		if err := s.Needs[j].check(fmt.Sprintf("%sneeds[%d].", at, j)); err != nil {
			return err
		}
	}
	return nil
}

// check says what a requirement lacks, or has too much of.
func (r *Requirement) check(at string) error {
	empty := Requirement{Kind: r.Kind}
	switch r.Kind {
	case NeedSkill:
		empty.Skill = r.Skill
		if !live.ValidID(r.Skill) {
			return live.Invalid("invalid_field", at+"skill", "must name a skill")
		}
	case NeedScore:
		empty = Requirement{Kind: r.Kind, Figure: r.Figure, AtLeast: r.AtLeast, AtMost: r.AtMost, Sample: r.Sample, Days: r.Days}
		if err := r.checkScore(at); err != nil {
			return err
		}
	case NeedDrills:
		empty.Count = r.Count
		if err := within(at+"count", r.Count, 1, maxCount); err != nil {
			return err
		}
	case NeedShadows, NeedShows:
		empty.Count, empty.Minutes = r.Count, r.Minutes
		if err := within(at+"count", r.Count, 1, maxCount); err != nil {
			return err
		}
		if err := within(at+"minutes", r.Minutes, 1, maxMinutes); err != nil {
			return err
		}
	default:
		return live.Invalid("invalid_field", at+"kind", "must be skill, score, drills, shadows or shows")
	}
	if *r != empty {
		return live.Invalid("invalid_field", at+"kind", "%s has members of another kind", string(r.Kind))
	}
	return nil
}

func (r *Requirement) checkScore(at string) error {
	if !slices.Contains(Figures, r.Figure) {
		return live.Invalid("invalid_field", at+"figure", "is no figure of the scorecard that a track may ask for")
	}
	if (r.AtLeast == nil) == (r.AtMost == nil) {
		return live.Invalid("invalid_field", at+"at_least", "must stand without at_most, or at_most without it")
	}
	for name, v := range map[string]*int64{"at_least": r.AtLeast, "at_most": r.AtMost} {
		if v != nil {
			if err := within(at+name, *v, 0, maxBound); err != nil {
				return err
			}
		}
	}
	if err := within(at+"least_sample", r.Sample, 1, 1_000_000); err != nil {
		return err
	}
	return within(at+"days", r.Days, 1, maxDays)
}

func (d *Drilled) check() error {
	if err := within("drill.rubric", int64(len(d.Rubric)), 1, MaxCriteria); err != nil {
		return err
	}
	var all int64
	for i, c := range d.Rubric {
		at := fmt.Sprintf("drill.rubric[%d].", i)
		if !live.ValidID(c.Key) || slices.IndexFunc(d.Rubric, func(o Criterion) bool { return o.Key == c.Key }) != i {
			return live.Invalid("invalid_field", at+"criterion", "must be an identifier that stands once")
		}
		if err := checkLabel(at+"label_zh", c.ZH); err != nil {
			return err
		}
		if err := checkLabel(at+"label_en", c.EN); err != nil {
			return err
		}
		if err := within(at+"points", c.Points, 1, MaxPoints); err != nil {
			return err
		}
		all += c.Points
	}
	if err := within("drill.pass_points", d.Pass, 1, all); err != nil {
		return err
	}
	if err := within("drill.least_minutes", d.Minutes, 1, maxMinutes); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value *int64
		most  int64
	}{{"drill.most_mistakes", d.Mistakes, maxCount}, {"drill.most_prompt_ms", d.PromptMS, maxBound}, {"drill.least_answered_bps", d.Answered, 10_000}} {
		if f.value != nil {
			if err := within(f.name, *f.value, 0, f.most); err != nil {
				return err
			}
		}
	}
	return nil
}
