package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

const drawColumns = `draw_id, merchant_id, show_id, room_id, rehearsal, rules, state, seed, seed_commit, entries, entries_hash, winners, opened_at, closes_at, ended_at, reason`

func scanDraw(r scanner) (live.Draw, error) {
	var d live.Draw
	var rehearsal, opened, closes, ended int64
	var winners string
	err := r.Scan(&d.ID, &d.Merchant, &d.Show, &d.Room, &rehearsal, &d.RulesText, &d.State, &d.Seed, &d.SeedCommit, &d.Entries, &d.EntriesHash, &winners,
		&opened, &closes, &ended, &d.Reason)
	if err != nil {
		return d, err
	}
	d.Rehearsal, d.OpenedAt, d.ClosesAt, d.EndedAt = rehearsal != 0, at(opened), at(closes), at(ended)
	return d, errors.Join(json.Unmarshal([]byte(d.RulesText), &d.Rules), json.Unmarshal([]byte(winners), &d.Winners))
}

func drawNotFound() error { return live.NotFound("draw_not_found", "there is no such draw") }

func findDraw(q querier, m live.MerchantID, id string) (live.Draw, error) {
	d, err := scanDraw(q.row(`SELECT `+drawColumns+` FROM draws WHERE draw_id = ? AND merchant_id = ?`, id, string(m)))
	if errors.Is(err, sql.ErrNoRows) {
		return d, drawNotFound()
	}
	if err != nil {
		return d, fmt.Errorf("read draw: %w", err)
	}
	return d, nil
}

// runningDraw is the draw of a room that is open or closed; nil if there is none.
func runningDraw(q querier, room live.RoomID) (*live.Draw, error) {
	d, err := scanDraw(q.row(`SELECT `+drawColumns+` FROM draws WHERE room_id = ? AND state IN ('open', 'closed')`, string(room)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read draw: %w", err)
	}
	return &d, nil
}

// openDraw is runningDraw with what time did to it: whether the job, a viewer or
// the crew comes first makes no difference.
func (t *tx) openDraw(room live.RoomID) (*live.Draw, error) {
	d, err := runningDraw(t, room)
	if err != nil || d == nil {
		return d, err
	}
	if err := t.turnDraw(d); err != nil {
		return nil, err
	}
	if d.State == live.DrawDone {
		return nil, nil
	}
	return d, nil
}

// turnDraw closes a draw when its time has come, and draws one that the crew let
// lie.
func (t *tx) turnDraw(d *live.Draw) error {
	if d.State == live.DrawOpen && !d.ClosesAt.After(t.now) {
		if err := t.closeDraw(d, d.ClosesAt); err != nil {
			return err
		}
	}
	if due := d.ClosesAt.Add(live.DrawWithin); d.State == live.DrawClosed && !due.After(t.now) {
		return t.drawNow(d, itself, due)
	}
	return nil
}

// drawShow is the show of a draw, as much of it as events need.
func drawShow(d *live.Draw) *live.Show {
	return &live.Show{Merchant: d.Merchant, Room: d.Room, ID: d.Show, Rehearsal: d.Rehearsal}
}

func drawEntries(q querier, id string) ([]string, error) {
	rows, err := q.query(`SELECT entry FROM draw_entries WHERE draw_id = ?`, id)
	list, err := collect(rows, err, func(r scanner) (e string, err error) { return e, r.Scan(&e) })
	if err != nil {
		return nil, fmt.Errorf("read entries of draw: %w", err)
	}
	return list, nil
}

// closeDraw fixes the entries and publishes their hash.
func (t *tx) closeDraw(d *live.Draw, when time.Time) error {
	entries, err := drawEntries(t, d.ID)
	if err != nil {
		return err
	}
	d.State, d.Entries, d.EntriesHash = live.DrawClosed, int64(len(entries)), live.EntriesHash(entries)
	if err := t.saveDraw(d); err != nil {
		return err
	}
	if err := t.closeTask(d.ID, d.Rules.Task); err != nil {
		return err
	}
	_, err = t.announceChange(drawShow(d), live.LuckyDrawClosed, itself, when, drawData(d))
	return err
}

// drawNow tells the seed and the winners of a closed draw. The state in the
// database, and not the command's name, is what keeps it from happening twice.
func (t *tx) drawNow(d *live.Draw, by live.Principal, when time.Time) error {
	if d.State != live.DrawClosed {
		return fmt.Errorf("BUG: draw %s is drawn while it is %s", d.ID, d.State)
	}
	seed, err := hex.DecodeString(d.Seed)
	if err != nil {
		return fmt.Errorf("read seed: %w", err)
	}
	entries, err := drawEntries(t, d.ID)
	if err != nil {
		return err
	}
	if live.EntriesHash(entries) != d.EntriesHash || live.SeedCommit(seed) != d.SeedCommit {
		return fmt.Errorf("draw %s: its entries or its seed are not those that were published", d.ID)
	}
	d.Winners = live.DrawWinners(seed, d.ID, entries, d.Rules.Winners)
	d.State, d.EndedAt = live.DrawDone, when
	if err := t.saveDraw(d); err != nil {
		return err
	}
	claimBy := t.now.Add(live.ClaimWithin)
	names := make([]map[string]any, len(d.Winners))
	for i, w := range d.Winners {
		var person live.PersonID
		var name string
		if err := t.row(`UPDATE draw_entries SET state = 'won', claim_by = ? WHERE draw_id = ? AND entry = ? RETURNING person_id, name`,
			ms(claimBy), d.ID, w).Scan(&person, &name); err != nil {
			return fmt.Errorf("write winner: %w", err)
		}
		names[i] = map[string]any{"entry": w, "name": name}
		if err := t.announceTo(drawShow(d), live.LuckyDrawWon, person, by, map[string]any{
			"draw_id": d.ID, "entry": w, "prize": d.Rules.Prize, "claim_by": stamp(claimBy),
		}); err != nil {
			return err
		}
	}
	data := drawData(d)
	data["winners"] = names
	_, err = t.announceChange(drawShow(d), live.LuckyDrawDrawn, by, when, data)
	return err
}

// cancelDraw gives a draw up; its seed is told as if it had been drawn.
func (t *tx) cancelDraw(d *live.Draw, why string, by live.Principal) error {
	if d.State == live.DrawOpen {
		entries, err := drawEntries(t, d.ID)
		if err != nil {
			return err
		}
		d.Entries, d.EntriesHash = int64(len(entries)), live.EntriesHash(entries)
		if err := t.closeTask(d.ID, d.Rules.Task); err != nil {
			return err
		}
	}
	d.State, d.EndedAt, d.Reason = live.DrawCancelled, t.now, why
	if err := t.saveDraw(d); err != nil {
		return err
	}
	_, err := t.announceChange(drawShow(d), live.LuckyDrawCancelled, by, t.now, drawData(d))
	return err
}

// endDrawOf settles the draw of a show that ends: one that is closed is drawn,
// one that is open is given up before anybody knows its seed.
func (t *tx) endDrawOf(sh *live.Show, by live.Principal) error {
	d, err := t.openDraw(sh.Room)
	switch {
	case err != nil || d == nil || d.Show != sh.ID:
		return err
	case d.State == live.DrawClosed:
		return t.drawNow(d, itself, t.now)
	}
	return t.cancelDraw(d, "show_ended", by)
}

func (t *tx) saveDraw(d *live.Draw) error {
	winners, err := idList(d.Winners)
	if err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE draws SET state = ?, entries = ?, entries_hash = ?, winners = ?, ended_at = ?, reason = ? WHERE draw_id = ?`,
		string(d.State), d.Entries, d.EntriesHash, winners, ms(d.EndedAt), d.Reason, d.ID); err != nil {
		return fmt.Errorf("write draw: %w", err)
	}
	return nil
}

// drawData is what a room is told of a draw: never the seed before its time.
func drawData(d *live.Draw) map[string]any {
	p := d.Public()
	data := map[string]any{
		"draw_id": p.ID, "state": p.State, "prize": p.Rules.Prize, "prize_minor": p.Rules.PrizeMinor, "currency": p.Rules.Currency,
		"winners_wanted": p.Rules.Winners, "task": p.Rules.Task, "rules": p.RulesText, "rule_hash": p.RuleHash(), "seed_commit": p.SeedCommit,
		"entries": p.Entries, "closes_at": stamp(p.ClosesAt),
	}
	if p.Rules.TaskMinutes > 0 {
		data["task_minutes"] = p.Rules.TaskMinutes
	}
	for name, v := range map[string]string{"entries_hash": p.EntriesHash, "seed": p.Seed, "reason": p.Reason} {
		if v != "" {
			data[name] = v
		}
	}
	return data
}

// Draw is a draw as everybody may see it now; "draw_not_found" if there is none.
func (s *Store) Draw(ctx context.Context, m live.MerchantID, id string) (live.Draw, error) {
	d, err := findDraw(s.reader(ctx), m, id)
	return d.Public(), err
}

// Draws lists the draws of a show, those that were cancelled too, by time.
func (s *Store) Draws(ctx context.Context, show live.ShowID) ([]live.Draw, error) {
	rows, err := s.reader(ctx).query(`SELECT `+drawColumns+` FROM draws WHERE show_id = ? ORDER BY opened_at, draw_id`, string(show))
	list, err := collect(rows, err, scanDraw)
	if err != nil {
		return nil, fmt.Errorf("list draws: %w", err)
	}
	for i := range list {
		list[i] = list[i].Public()
	}
	return list, nil
}

// DrawEntries are the entries of a draw that takes no more of them, in ascending
// order; before that it is a conflict with code "draw_open".
func (s *Store) DrawEntries(ctx context.Context, m live.MerchantID, id string) ([]string, error) {
	var list []string
	err := s.snapshot(ctx, func(q querier) error {
		d, err := findDraw(q, m, id)
		if err != nil {
			return err
		}
		if d.State == live.DrawOpen {
			return live.Conflict("draw_open", "viewers may still enter")
		}
		list, err = drawEntries(q, id)
		return err
	})
	slices.Sort(list)
	return list, err
}

// turnDraws closes, draws and forfeits what time has come for.
func (s *Store) turnDraws(ctx context.Context) error {
	due := func(q querier, now time.Time) ([]live.RoomID, error) {
		rows, err := q.query(`SELECT room_id FROM draws WHERE state = 'open' AND closes_at <= ? OR state = 'closed' AND closes_at <= ? ORDER BY closes_at, draw_id`,
			ms(now), ms(now.Add(-live.DrawWithin)))
		return collect(rows, err, func(r scanner) (id live.RoomID, err error) { return id, r.Scan(&id) })
	}
	_, err := turn(ctx, s, "turn draws", due, func(t *tx, room *live.RoomID) error {
		_, err := t.openDraw(*room)
		return err
	})
	return err
}
