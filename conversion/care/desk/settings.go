package desk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// keptSettings is how settings are kept in the database.
type keptSettings struct {
	Zone          string         `json:"zone"`
	Week          [7][]care.Span `json:"week"`
	Holidays      []care.Day     `json:"holidays"`
	FirstResponse int64          `json:"first_response_ms"`
	Resolution    int64          `json:"resolution_ms"`
	Silence       int64          `json:"silence_ms"`
	Bot           bool           `json:"bot"`
	Human         []string       `json:"human"`
}

func readSettings(q store.Querier, m live.MerchantID) (care.Settings, error) {
	var body string
	var version int64
	err := q.Row(`SELECT version, body FROM service_settings WHERE merchant_id = ?`, string(m)).Scan(&version, &body)
	if none(err) {
		return care.DefaultSettings(), nil
	}
	var k keptSettings
	if err == nil {
		err = json.Unmarshal([]byte(body), &k)
	}
	if err != nil {
		return care.Settings{}, fmt.Errorf("read the rules of service: %w", err)
	}
	zone, err := time.LoadLocation(k.Zone)
	if err != nil {
		return care.Settings{}, fmt.Errorf("read the rules of service: %w", err)
	}
	return care.Settings{
		Hours: care.Hours{Zone: zone, Week: k.Week, Holidays: k.Holidays}, Version: version, Bot: k.Bot, Human: k.Human,
		FirstResponse: time.Duration(k.FirstResponse) * time.Millisecond, Resolution: time.Duration(k.Resolution) * time.Millisecond, Silence: time.Duration(k.Silence) * time.Millisecond,
	}, nil
}

// settings are those that hold in the transaction.
func (c *change) settings() (*care.Settings, error) {
	if c.set == nil {
		s, err := readSettings(c.Querier, c.m)
		if err != nil {
			return nil, err
		}
		c.set = &s
	}
	return c.set, nil
}

// Settings are the rules by which a merchant serves.
func (d *Desk) Settings(ctx context.Context, m live.MerchantID) (care.Settings, error) {
	return readSettings(d.cfg.Store.View(ctx), m)
}

// SetSettings replaces them; sessions keep the promises they were given. Codes:
// "invalid_field".
func (d *Desk) SetSettings(ctx context.Context, m live.MerchantID, by live.Principal, s care.Settings) (care.Settings, error) {
	if err := s.Check(); err != nil {
		return care.Settings{}, err
	}
	body, err := json.Marshal(keptSettings{
		s.Hours.Zone.String(), s.Hours.Week, s.Hours.Holidays, s.FirstResponse.Milliseconds(), s.Resolution.Milliseconds(), s.Silence.Milliseconds(), s.Bot, s.Human,
	})
	if err != nil {
		return care.Settings{}, fmt.Errorf("encode the rules of service: %w", err)
	}
	err = d.change(ctx, m, by, func(c *change) error {
		if _, err := c.Exec(`INSERT INTO service_settings (merchant_id, version, body, silence_ms) VALUES (?, 1, ?, ?)
			ON CONFLICT (merchant_id) DO UPDATE SET version = service_settings.version + 1, body = excluded.body, silence_ms = excluded.silence_ms`,
			string(m), string(body), s.Silence.Milliseconds()); err != nil {
			return fmt.Errorf("write the rules of service: %w", err)
		}
		if s, err = readSettings(c.Querier, m); err != nil {
			return err
		}
		return c.audit("service_settings_set", map[string]any{"version": s.Version})
	})
	return s, err
}

// Answers are the canned answers of a merchant, in their order.
func (d *Desk) Answers(ctx context.Context, m live.MerchantID) ([]care.Answer, error) {
	return readAnswers(d.cfg.Store.View(ctx), m)
}

// SetAnswers replaces the canned answers. Codes: "invalid_field".
func (d *Desk) SetAnswers(ctx context.Context, m live.MerchantID, by live.Principal, list []care.Answer) ([]care.Answer, error) {
	if len(list) > care.MaxAnswers {
		return nil, live.Invalid("invalid_field", "answers", "must be at most %d", care.MaxAnswers)
	}
	seen := map[string]bool{}
	for i := range list {
		a := &list[i]
		a.ID, a.Kind = cmp.Or(a.ID, "ans_"+d.cfg.NewID()), cmp.Or(a.Kind, care.KindQA)
		if err := firstOf(validID("answer_id", a.ID), a.Check()); err != nil {
			return nil, err
		}
		if seen[a.ID] {
			return nil, live.Invalid("invalid_field", "answer_id", "stands there twice")
		}
		seen[a.ID] = true
	}
	err := d.change(ctx, m, by, func(c *change) error {
		if _, err := c.Exec(`DELETE FROM service_answers WHERE merchant_id = ?`, string(m)); err != nil {
			return fmt.Errorf("forget canned answers: %w", err)
		}
		for i, a := range list {
			if _, err := c.Exec(`INSERT INTO service_answers (merchant_id, answer_id, title, text, kind, keywords, rank) VALUES (?, ?, ?, ?, ?, ?, ?)`,
				string(m), a.ID, a.Title, a.Text, string(a.Kind), texts(a.Keywords), i); err != nil {
				return fmt.Errorf("write a canned answer: %w", err)
			}
		}
		return c.audit("service_answers_set", map[string]any{"answers": len(list)})
	})
	return list, err
}
