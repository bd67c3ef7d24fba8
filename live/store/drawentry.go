package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// EnterDraw gives a viewer their one entry in the draw of a room. Entering again
// returns the entry they have.
//
// Codes: "invalid_field", "forbidden", "insider", "show_not_found",
// "show_not_live", "no_draw", "draw_closed", "draw_full", "task_unmet".
func (s *Store) EnterDraw(ctx context.Context, want live.EnterDraw) (live.DrawEntered, error) {
	if err := benefitCaller(want.By, "draw_id", want.Draw); err != nil {
		return live.DrawEntered{}, err
	}
	if utf8.RuneCountInString(want.Nonce) > live.MaxNonce || strings.ContainsAny(want.Nonce, "\r\n") {
		return live.DrawEntered{}, live.Invalid("invalid_field", "nonce", "must be at most %d characters on one line", live.MaxNonce)
	}
	if err := s.flushWatch(ctx); err != nil {
		return live.DrawEntered{}, err
	}
	nonce := want.Nonce
	if nonce == "" {
		nonce = secret(16)
	}
	var got live.DrawEntered
	err := s.write(ctx, func(t *tx) (err error) {
		got, err = t.enterDraw(&want, nonce)
		return err
	})
	if err != nil {
		return live.DrawEntered{}, err
	}
	return got, nil
}

// benefitCaller refuses who may not take a benefit at all.
func benefitCaller(by live.Principal, name, id string) error {
	switch {
	case !by.May(live.ActBenefit):
		return live.Forbidden("forbidden", "the role %s may not take benefits", by.Role)
	case !live.ValidID(by.Subject):
		return badID("sub")
	case !live.ValidID(id):
		return badID(name)
	}
	return nil
}

func (t *tx) enterDraw(want *live.EnterDraw, nonce string) (live.DrawEntered, error) {
	person := live.PersonID(want.By.Subject)
	had, ok, err := findEntry(t, want.By.Merchant, want.Draw, person)
	if err != nil || ok {
		return had, err
	}
	sh, err := t.benefitShow("", want.Room, want.By)
	if err != nil {
		return live.DrawEntered{}, err
	}
	d, err := t.openDraw(sh.Room)
	switch {
	case err != nil:
		return live.DrawEntered{}, err
	case d == nil || d.ID != want.Draw:
		return live.DrawEntered{}, live.Conflict("no_draw", "no such draw is open here")
	case d.State != live.DrawOpen:
		return live.DrawEntered{}, live.Conflict("draw_closed", "entries were closed")
	case d.Entries >= live.MaxDrawEntries:
		return live.DrawEntered{}, live.Conflict("draw_full", "a draw takes at most %d entries", live.MaxDrawEntries)
	}
	if err := t.outsider(&sh, person); err != nil {
		return live.DrawEntered{}, err
	}
	length := time.Duration(d.Rules.TaskMinutes) * time.Minute
	if err := t.taskMet(&sh, d.ID, d.Rules.Task, length, d.OpenedAt, person); err != nil {
		return live.DrawEntered{}, err
	}
	e := live.DrawEntered{Draw: d.ID, Entry: live.DrawEntry(d.ID, person, nonce), Nonce: nonce, State: live.EntryIn, EnteredAt: t.now}
	if _, err := t.exec(`INSERT INTO draw_entries (draw_id, person_id, entry, nonce, name, state, entered_at, claim_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Draw, string(person), e.Entry, e.Nonce, want.By.Name, string(e.State), ms(e.EnteredAt), 0); err != nil {
		return live.DrawEntered{}, fmt.Errorf("write entry: %w", err)
	}
	if _, err := t.exec(`UPDATE draws SET entries = entries + 1 WHERE draw_id = ?`, d.ID); err != nil {
		return live.DrawEntered{}, fmt.Errorf("count entry: %w", err)
	}
	return e, t.takenBenefit(&sh, live.LuckyDrawEntered, want.By, want.Channel, want.Campaign, map[string]any{
		"draw_id": d.ID, "entry": e.Entry, "entries": d.Entries + 1,
	})
}

// outsider refuses who belongs to the house: hosts of the room, and whoever
// commanded or changed something for the merchant under another role.
func (t *tx) outsider(sh *live.Show, person live.PersonID) error {
	room, err := findRoom(t, sh.Room)
	if err != nil {
		return err
	}
	var n int64
	if !slices.Contains(room.Hosts, string(person)) {
		if err := t.row(`SELECT COUNT(*) FROM (SELECT 1 FROM audit WHERE merchant_id = ? AND actor_id = ? AND actor_role NOT IN ('viewer', 'system') LIMIT 1) AS found`,
			string(sh.Merchant), string(person)).Scan(&n); err != nil {
			return fmt.Errorf("look for an insider: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
	return live.Forbidden("insider", "who works for the house does not take part")
}

func findEntry(q querier, m live.MerchantID, draw string, person live.PersonID) (e live.DrawEntered, ok bool, err error) {
	var entered, claimBy int64
	err = q.row(`SELECT e.draw_id, e.entry, e.nonce, e.state, e.entered_at, e.claim_by FROM draw_entries e JOIN draws d ON d.draw_id = e.draw_id
		WHERE e.draw_id = ? AND e.person_id = ? AND d.merchant_id = ?`, draw, string(person), string(m)).Scan(&e.Draw, &e.Entry, &e.Nonce, &e.State, &entered, &claimBy)
	if errors.Is(err, sql.ErrNoRows) {
		return live.DrawEntered{}, false, nil
	}
	if err != nil {
		return live.DrawEntered{}, false, fmt.Errorf("read entry: %w", err)
	}
	e.EnteredAt, e.ClaimBy, e.Replay = at(entered), at(claimBy), true
	return e, true, nil
}

// ClaimPrize is a winner's word that they want their prize. Claiming again
// changes nothing.
//
// Codes: "invalid_field", "forbidden", "draw_not_found", "not_won",
// "prize_forfeited".
func (s *Store) ClaimPrize(ctx context.Context, draw string, by live.Principal) (live.DrawEntered, error) {
	if err := benefitCaller(by, "draw_id", draw); err != nil {
		return live.DrawEntered{}, err
	}
	var e live.DrawEntered
	err := s.write(ctx, func(t *tx) error {
		d, err := findDraw(t, by.Merchant, draw)
		if err != nil {
			return err
		}
		var ok bool
		if e, ok, err = findEntry(t, by.Merchant, draw, live.PersonID(by.Subject)); err != nil {
			return err
		}
		switch {
		case !ok || e.State == live.EntryIn:
			return live.Conflict("not_won", "this draw was not won by you")
		case e.State == live.EntryForfeited || e.State == live.EntryWon && !e.ClaimBy.After(t.now):
			return live.Conflict("prize_forfeited", "the prize was to be claimed by %s", stamp(e.ClaimBy))
		case e.State == live.EntryClaimed:
			return nil
		}
		e.State, e.Replay = live.EntryClaimed, false
		return t.settlePrize(&d, &e, live.PersonID(by.Subject), live.PrizeClaimed, by)
	})
	if err != nil {
		return live.DrawEntered{}, err
	}
	return e, nil
}

func (t *tx) settlePrize(d *live.Draw, e *live.DrawEntered, person live.PersonID, kind live.Kind, by live.Principal) error {
	if _, err := t.exec(`UPDATE draw_entries SET state = ? WHERE draw_id = ? AND person_id = ?`, string(e.State), d.ID, string(person)); err != nil {
		return fmt.Errorf("settle prize: %w", err)
	}
	return t.announceTo(drawShow(d), kind, person, by, map[string]any{"draw_id": d.ID, "entry": e.Entry, "prize": d.Rules.Prize})
}

// forfeitPrizes takes back what was not claimed in time.
func (s *Store) forfeitPrizes(ctx context.Context) error {
	type prize struct {
		merchant live.MerchantID
		draw     string
		person   live.PersonID
	}
	due := func(q querier, now time.Time) ([]prize, error) {
		rows, err := q.query(`SELECT d.merchant_id, e.draw_id, e.person_id FROM draw_entries e JOIN draws d ON d.draw_id = e.draw_id
			WHERE e.state = 'won' AND e.claim_by <= ? ORDER BY e.claim_by, e.entry LIMIT ?`, ms(now), expiryBatch)
		return collect(rows, err, func(r scanner) (p prize, err error) { return p, r.Scan(&p.merchant, &p.draw, &p.person) })
	}
	_, err := turn(ctx, s, "forfeit prizes", due, func(t *tx, p *prize) error {
		d, err := findDraw(t, p.merchant, p.draw)
		if err != nil {
			return err
		}
		e, _, err := findEntry(t, p.merchant, p.draw, p.person)
		if err != nil {
			return err
		}
		e.State = live.EntryForfeited
		return t.settlePrize(&d, &e, p.person, live.PrizeForfeited, itself)
	})
	return err
}
