package incubation

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"showrunner/live"
	"showrunner/live/store"
)

// Skill is something that a candidate has to be able to do.
type Skill struct {
	Key   string
	ZH    string
	EN    string
	Proof string // what proves it, in words for the coach
}

// Limits of what a merchant declares.
const (
	MaxSkills = 100
	MaxLabel  = 60  // characters
	MaxText   = 500 // of a proof, a note or a reason
)

func checkLabel(field, label string) error {
	if n := utf8.RuneCountInString(label); !utf8.ValidString(label) || n == 0 || n > MaxLabel {
		return live.Invalid("invalid_field", field, "must have 1 to %d characters", MaxLabel)
	}
	return nil
}

// checkWords holds free words to their length.
func checkWords(field, words string, least int) error {
	if n := utf8.RuneCountInString(words); !utf8.ValidString(words) || n < least || n > MaxText {
		return live.Invalid("invalid_field", field, "must have %d to %d characters", least, MaxText)
	}
	return nil
}

func checkSkills(list []Skill) error {
	if len(list) > MaxSkills {
		return live.Invalid("invalid_field", "items", "must be at most %d", MaxSkills)
	}
	seen := map[string]bool{}
	for i := range list {
		s, at := &list[i], fmt.Sprintf("items[%d].", i)
		if !live.ValidID(s.Key) || seen[s.Key] {
			return live.Invalid("invalid_field", at+"skill", "must be an identifier that stands once")
		}
		seen[s.Key] = true
		if err := checkLabel(at+"label_zh", s.ZH); err != nil {
			return err
		}
		if err := checkLabel(at+"label_en", s.EN); err != nil {
			return err
		}
		if err := checkWords(at+"proof", s.Proof, 1); err != nil {
			return err
		}
	}
	return nil
}

// SetSkills declares the skills of a merchant, in order, in place of what was
// declared. Proofs of skills that stay are kept. Codes: "invalid_field",
// "skill_in_use" (data: track_id, skill; a track asks for it).
func (b *Book) SetSkills(ctx context.Context, m live.MerchantID, list []Skill, by live.Principal) error {
	if err := checkSkills(list); err != nil {
		return err
	}
	return b.store.Change(ctx, func(t *store.Tx) error {
		tracks, err := tracksOf(t.Querier, m)
		if err != nil {
			return err
		}
		for _, x := range tracks {
			for _, want := range x.skills() {
				if !slices.ContainsFunc(list, func(s Skill) bool { return s.Key == want }) {
					no := live.Conflict("skill_in_use", "the track %s asks for the skill %s", x.ID, want)
					no.Data = map[string]any{"track_id": x.ID, "skill": want}
					return no
				}
			}
		}
		if _, err := t.Exec(`DELETE FROM incubation_skills WHERE merchant_id = ?`, string(m)); err != nil {
			return fmt.Errorf("empty skills: %w", err)
		}
		for i, s := range list {
			if _, err := t.Exec(`INSERT INTO incubation_skills (merchant_id, skill, nth, label_zh, label_en, proof) VALUES (?, ?, ?, ?, ?, ?)`,
				string(m), s.Key, i, s.ZH, s.EN, s.Proof); err != nil {
				return fmt.Errorf("write skill: %w", err)
			}
		}
		return audit(t, m, "incubation.skills", place{}, by.Actor(), map[string]any{"skills": list})
	})
}

// Skills are those that a merchant declared, in order.
func (b *Book) Skills(ctx context.Context, m live.MerchantID) ([]Skill, error) {
	return skillsOf(b.store.View(ctx), m)
}

func skillsOf(q store.Querier, m live.MerchantID) ([]Skill, error) {
	rows, err := q.Query(`SELECT skill, label_zh, label_en, proof FROM incubation_skills WHERE merchant_id = ? ORDER BY nth`, string(m))
	list, err := store.Collect(rows, err, func(r store.Scanner) (s Skill, err error) {
		return s, r.Scan(&s.Key, &s.ZH, &s.EN, &s.Proof)
	})
	if err != nil {
		return nil, fmt.Errorf("read skills: %w", err)
	}
	return list, nil
}
