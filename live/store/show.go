package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// ShowFilter selects shows. Zero members do not restrict.
type ShowFilter struct {
	Merchant live.MerchantID
	Room     live.RoomID
	Rooms    []live.RoomID // not nil: only these
	State    live.ShowState
	Cursor   string
	Limit    int // 0 means 50, at most 500
}

// ShowPatch changes a show; nil members stay as they are.
type ShowPatch struct {
	Title          *string
	PlannedStartAt *time.Time
}

const showColumns = `show_id, room_id, merchant_id, title, currency, time_zone, state, rehearsal, planned_start_at, started_at, ended_at, created_at, version, pinned`

func scanShow(r scanner) (live.Show, error) {
	var sh live.Show
	var rehearsal, planned, started, ended, created int64
	err := r.Scan(&sh.ID, &sh.Room, &sh.Merchant, &sh.Title, &sh.Currency, &sh.TimeZone, &sh.State, &rehearsal,
		&planned, &started, &ended, &created, &sh.Version, &sh.Pinned)
	sh.Rehearsal = rehearsal != 0
	sh.PlannedStartAt, sh.StartedAt, sh.EndedAt, sh.CreatedAt = at(planned), at(started), at(ended), at(created)
	return sh, err
}

func checkTitle(title string) error {
	if n := utf8.RuneCountInString(title); n < 1 || n > live.MaxTitleRunes {
		return live.Invalid("invalid_field", "title", "must be 1 to %d characters", live.MaxTitleRunes)
	}
	return nil
}

// CreateShow schedules a show in a room, with the room's currency and time
// zone. An empty ID is replaced by a new one, an empty title by the room's.
func (s *Store) CreateShow(ctx context.Context, sh live.Show, by live.Principal) (live.Show, error) {
	err := s.write(ctx, func(t *tx) error {
		room, err := findRoom(t, sh.Room)
		if err != nil {
			return err
		}
		if err := mayWrite(by, live.ActShowWrite, room.Merchant, room.ID); err != nil {
			return err
		}
		if sh.ID == "" {
			sh.ID = live.ShowID("s_" + s.ids.next(t.now))
		}
		if !live.ValidID(string(sh.ID)) {
			return live.Invalid("invalid_field", "show_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
		}
		if sh.Title == "" {
			sh.Title = room.Title
		}
		if err := checkTitle(sh.Title); err != nil {
			return err
		}
		sh = live.Show{
			ID: sh.ID, Room: room.ID, Merchant: room.Merchant, Title: sh.Title, Currency: room.Currency, TimeZone: room.TimeZone,
			State: live.ShowStateScheduled, Rehearsal: sh.Rehearsal, PlannedStartAt: at(ms(sh.PlannedStartAt)), CreatedAt: t.now, Version: 1,
		}
		if err := t.insertShow(&sh, by); err != nil {
			return err
		}
		return t.audited(AuditRow{Merchant: sh.Merchant, Room: sh.Room, Show: sh.ID, Actor: by.Actor(), Action: "show.create"})
	})
	if err != nil {
		return live.Show{}, err
	}
	return sh, nil
}

// insertShow keeps a new show and tells the panels.
func (t *tx) insertShow(sh *live.Show, by live.Principal) error {
	n, err := t.changed(`INSERT INTO shows (`+showColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (show_id) DO NOTHING`,
		string(sh.ID), string(sh.Room), string(sh.Merchant), sh.Title, string(sh.Currency), sh.TimeZone, string(sh.State), bit(sh.Rehearsal),
		ms(sh.PlannedStartAt), ms(sh.StartedAt), ms(sh.EndedAt), ms(sh.CreatedAt), sh.Version, string(sh.Pinned))
	if err != nil {
		return fmt.Errorf("create show: %w", err)
	}
	if n == 0 {
		return live.Conflict("show_exists", "there is a show named %s", sh.ID)
	}
	data := showData(sh)
	if !sh.PlannedStartAt.IsZero() {
		data["planned_start_at"] = stamp(sh.PlannedStartAt)
	}
	_, err = t.announceChange(sh, live.ShowScheduled, by, t.now, data)
	return err
}

// showData is what every event about a show's state says.
func showData(sh *live.Show) map[string]any {
	return map[string]any{"show_id": sh.ID, "title": sh.Title, "state": sh.State, "version": sh.Version, "rehearsal": sh.Rehearsal}
}

// Show finds a show; "show_not_found" if there is none.
func (s *Store) Show(ctx context.Context, id live.ShowID) (live.Show, error) {
	return findShow(s.reader(ctx), id)
}

func findShow(q querier, id live.ShowID) (live.Show, error) {
	sh, err := scanShow(q.row(`SELECT `+showColumns+` FROM shows WHERE show_id = ?`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return live.Show{}, live.NotFound("show_not_found", "there is no such show")
	}
	if err != nil {
		return live.Show{}, fmt.Errorf("read show: %w", err)
	}
	return sh, nil
}

// currentShow is the room's show that is on air, else its newest scheduled one.
func currentShow(q querier, room live.RoomID) (sh live.Show, ok bool, err error) {
	sh, err = scanShow(q.row(`SELECT `+showColumns+` FROM shows WHERE room_id = ? AND state IN ('live', 'paused', 'scheduled')
		ORDER BY CASE state WHEN 'scheduled' THEN 1 ELSE 0 END, created_at DESC, show_id DESC LIMIT 1`, string(room)))
	if errors.Is(err, sql.ErrNoRows) {
		return live.Show{}, false, nil
	}
	if err != nil {
		return live.Show{}, false, fmt.Errorf("read current show: %w", err)
	}
	return sh, true, nil
}

func (s *Store) showsWhere(q querier, condition string, args ...any) ([]live.Show, error) {
	rows, err := q.query(`SELECT `+showColumns+` FROM shows`+condition, args...)
	return collect(rows, err, scanShow)
}

// Shows lists shows, newest first, with the cursor of the next page.
func (s *Store) Shows(ctx context.Context, f ShowFilter) ([]live.Show, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	var w where
	if f.Merchant != "" {
		w.add("merchant_id = ?", string(f.Merchant))
	}
	if f.Room != "" {
		w.add("room_id = ?", string(f.Room))
	}
	if f.Rooms != nil {
		in(&w, "room_id", f.Rooms)
	}
	if f.State != "" {
		w.add("state = ?", string(f.State))
	}
	w.after(c, "created_at", "show_id")
	most := limit(f.Limit)
	list, err := s.showsWhere(s.reader(ctx), w.sql()+` ORDER BY created_at DESC, show_id DESC LIMIT ?`, append(w.args, most+1)...)
	if err != nil {
		return nil, "", fmt.Errorf("list shows: %w", err)
	}
	list, next := page(list, most, func(sh live.Show) cursor { return cursor{ms(sh.CreatedAt), string(sh.ID)} })
	return list, next, nil
}

// ShowsBefore are the shows of a merchant in a currency that ended before an
// instant, the last ones first, without rehearsals.
func (s *Store) ShowsBefore(ctx context.Context, m live.MerchantID, c live.Currency, before time.Time, most int) ([]live.Show, error) {
	list, err := s.showsWhere(s.reader(ctx), ` WHERE merchant_id = ? AND currency = ? AND rehearsal = 0 AND ended_at > 0 AND ended_at < ? ORDER BY ended_at DESC, show_id DESC LIMIT ?`,
		string(m), string(c), ms(before), most)
	if err != nil {
		return nil, fmt.Errorf("list shows that ended: %w", err)
	}
	return list, nil
}

// UpdateShow changes the title or the planned start of a show that is not over.
func (s *Store) UpdateShow(ctx context.Context, id live.ShowID, p ShowPatch, by live.Principal) (live.Show, error) {
	var sh live.Show
	err := s.write(ctx, func(t *tx) (err error) {
		if sh, err = findShow(t, id); err != nil {
			return err
		}
		if err := mayWrite(by, live.ActShowWrite, sh.Merchant, sh.Room); err != nil {
			return err
		}
		if err := notOver(&sh); err != nil {
			return err
		}
		if p.Title != nil {
			sh.Title = *p.Title
		}
		if p.PlannedStartAt != nil {
			sh.PlannedStartAt = at(ms(*p.PlannedStartAt))
		}
		if err := checkTitle(sh.Title); err != nil {
			return err
		}
		if err := t.saveShow(&sh); err != nil {
			return err
		}
		return t.audited(AuditRow{Merchant: sh.Merchant, Room: sh.Room, Show: sh.ID, Actor: by.Actor(), Action: "show.update"})
	})
	if err != nil {
		return live.Show{}, err
	}
	return sh, nil
}

// notOver refuses to change a show that has ended.
func notOver(sh *live.Show) error {
	if !sh.State.Over() {
		return nil
	}
	err := live.Conflict("wrong_state", "the show is %s", sh.State)
	err.Data = map[string]any{"state": string(sh.State)}
	return err
}

// saveShow writes a changed show, counts its version up and, once committed,
// tells the cache.
func (t *tx) saveShow(sh *live.Show) error {
	sh.Version++
	if _, err := t.exec(`UPDATE shows SET title = ?, state = ?, planned_start_at = ?, started_at = ?, ended_at = ?, version = ?, pinned = ? WHERE show_id = ?`,
		sh.Title, string(sh.State), ms(sh.PlannedStartAt), ms(sh.StartedAt), ms(sh.EndedAt), sh.Version, string(sh.Pinned), string(sh.ID)); err != nil {
		return fmt.Errorf("update show: %w", err)
	}
	saved := *sh
	t.remember(func(c *cache) { c.show(saved) })
	return nil
}

// RoomState is everything a newcomer needs to see of a room, as of one instant.
func (s *Store) RoomState(ctx context.Context, room live.RoomID) (live.RoomState, error) {
	var state live.RoomState
	err := s.snapshot(ctx, func(q querier) (err error) {
		if state.Room, err = findRoom(q, room); err != nil {
			return err
		}
		err = q.row(`SELECT text FROM announcements WHERE room_id = ? ORDER BY at DESC, event_id DESC LIMIT 1`, string(room)).Scan(&state.Announcement)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read announcement: %w", err)
		}
		if state.Modes, err = modesOf(q, room); err != nil {
			return err
		}
		if state.Pinned, err = pinnedComment(q, room); err != nil {
			return err
		}
		sh, ok, err := currentShow(q, room)
		if err != nil || !ok {
			return err
		}
		state.Show = &sh
		if state.Shelf, err = shelf(q, sh.ID, true); err != nil {
			return err
		}
		if state.Explains, err = explains(q, sh.ID); err != nil {
			return err
		}
		on, _, err := onShift(q, sh.ID)
		if err != nil {
			return err
		}
		state.Host = on.host
		if state.Sales, err = openSales(q, sh.ID); err != nil {
			return err
		}
		if state.Coupon, err = runningDrop(q, sh.ID); err != nil {
			return err
		}
		if state.Packet, err = runningPacket(q, sh.ID); err != nil {
			return err
		}
		if p := state.Packet; p != nil {
			*p = p.Public()
		}
		if state.Draw, err = runningDraw(q, room); state.Draw != nil {
			*state.Draw = state.Draw.Public()
		}
		return err
	})
	if err != nil {
		return live.RoomState{}, err
	}
	return state, nil
}
