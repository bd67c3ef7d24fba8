package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"showrunner/live"
)

// storedMove is a move with what the database keeps beside it.
type storedMove struct {
	live.LadderMove
	person    live.PersonID
	n         int64
	ended     int64 // when the next one followed; 0: it is the last
	recorded  int64
	withdrawn int64
	touches   string // as written
}

// storedTouch is a touch before a move as ladder_moves keeps it, and as
// ladder_changed tells it.
type storedTouch struct {
	Class    live.TouchClass `json:"class"`
	Kind     live.Kind       `json:"kind"`
	Ref      string          `json:"ref,omitempty"`
	At       string          `json:"at"`
	Event    live.EventID    `json:"event_id"`
	Show     live.ShowID     `json:"show_id,omitempty"`
	Channel  string          `json:"channel,omitempty"`
	Agent    string          `json:"agent_id,omitempty"`
	Referrer live.PersonID   `json:"referrer,omitempty"`
}

func encodeTouches(list []live.LadderTouch) (string, error) {
	out := make([]storedTouch, len(list))
	for i, x := range list {
		out[i] = storedTouch{x.Class, x.Kind, x.Ref, stamp(x.At), x.Event, x.Show, x.Channel, x.Agent, x.Referrer}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return "", fmt.Errorf("encode touches: %w", err)
	}
	return string(body), nil
}

func decodeTouches(body string) ([]live.LadderTouch, error) {
	var list []storedTouch
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		return nil, fmt.Errorf("decode touches: %w", err)
	}
	var out []live.LadderTouch
	for _, x := range list {
		when, err := parseStamp(x.At)
		if err != nil {
			return nil, fmt.Errorf("decode touches: %w", err)
		}
		out = append(out, live.LadderTouch{
			Class: x.Class, Kind: x.Kind, Ref: x.Ref, At: when, Event: x.Event, Show: x.Show, Channel: x.Channel, Agent: x.Agent, Referrer: x.Referrer,
		})
	}
	return out, nil
}

const moveColumns = `person_id, n, from_rung, to_rung, at, ended_at, cause_event, cause_kind, cause_ref, cause_show, touches, rule, recorded_at, withdrawn_at`

func scanMove(r scanner) (storedMove, error) {
	var v storedMove
	var when int64
	err := r.Scan(&v.person, &v.n, &v.From, &v.To, &when, &v.ended, &v.Cause, &v.Kind, &v.Ref, &v.Show, &v.touches, &v.Rule, &v.recorded, &v.withdrawn)
	if err != nil {
		return v, err
	}
	v.At = at(when)
	v.Touches, err = decodeTouches(v.touches)
	return v, err
}

// add writes a move that is new and tells it.
func (l *ladder) add(m live.MerchantID, v *storedMove) error {
	touches, err := encodeTouches(v.Touches)
	if err != nil {
		return err
	}
	class, show, agent := v.Helped()
	if _, err := l.t.exec(`INSERT INTO ladder_moves (merchant_id, `+moveColumns+`, by_class, by_show, by_agent)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)`,
		string(m), string(v.person), v.n, string(v.From), string(v.To), ms(v.At), v.ended, string(v.Cause), string(v.Kind), v.Ref, string(v.Show),
		touches, v.Rule, ms(l.t.now), string(class), string(show), agent); err != nil {
		return fmt.Errorf("write a move: %w", err)
	}
	return l.tell(m, v, false)
}

// withdraw marks a move as one that did not happen so after all, and tells it.
func (l *ladder) withdraw(m live.MerchantID, v *storedMove) error {
	if _, err := l.t.exec(`UPDATE ladder_moves SET withdrawn_at = ? WHERE merchant_id = ? AND person_id = ? AND n = ?`,
		ms(l.t.now), string(m), string(v.person), v.n); err != nil {
		return fmt.Errorf("withdraw a move: %w", err)
	}
	return l.tell(m, v, true)
}

// amend writes what was learned of a move that stands.
func (l *ladder) amend(m live.MerchantID, had, now *storedMove) error {
	touches, err := encodeTouches(now.Touches)
	if err != nil {
		return err
	}
	if had.ended == now.ended && had.touches == touches && had.Rule == now.Rule && had.Show == now.Show && had.Kind == now.Kind && had.Ref == now.Ref {
		return nil
	}
	class, show, agent := now.Helped()
	if _, err := l.t.exec(`UPDATE ladder_moves SET ended_at = ?, cause_kind = ?, cause_ref = ?, cause_show = ?, touches = ?, rule = ?,
		by_class = ?, by_show = ?, by_agent = ? WHERE merchant_id = ? AND person_id = ? AND n = ?`,
		now.ended, string(now.Kind), now.Ref, string(now.Show), touches, now.Rule, string(class), string(show), agent,
		string(m), string(had.person), had.n); err != nil {
		return fmt.Errorf("amend a move: %w", err)
	}
	return nil
}

// tell puts a ladder_changed into the outbox. That somebody stands at the foot of
// the ladder changes nothing and is told by the fact itself: a crowd that comes in
// would make one more fact of each of theirs.
func (l *ladder) tell(m live.MerchantID, v *storedMove, withdrawn bool) error {
	if v.From == "" && v.To == live.RungPasserby {
		l.moved++
		return nil
	}
	data := map[string]any{
		"move": v.n, "from": v.From, "to": v.To, "at": stamp(v.At), "cause_event_id": v.Cause, "cause": v.Kind, "rule_version": v.Rule,
	}
	if v.Show != "" {
		data["show_id"] = v.Show
	}
	if withdrawn {
		data["withdrawn"] = true
	} else if len(v.Touches) > 0 {
		x := v.Touches[0]
		data["touch"] = storedTouch{x.Class, x.Kind, x.Ref, stamp(x.At), x.Event, x.Show, x.Channel, x.Agent, x.Referrer}
	}
	l.moved++
	room, err := l.room(v.Show)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", live.LadderChanged, err)
	}
	return l.t.emit(live.Event{
		ID: live.EventID(l.t.w.store.ids.next(l.t.now)), Kind: live.LadderChanged, Source: SourceSystem, Merchant: m, Room: room, Show: v.Show,
		Actor: itself.Actor(), Person: v.person, OccurredAt: l.t.now, Data: raw,
	})
}

// room is where a show is; empty for no show, and for one that is known here by
// facts alone.
func (l *ladder) room(show live.ShowID) (live.RoomID, error) {
	if room, ok := l.rooms[show]; ok || show == "" {
		return room, nil
	}
	var room live.RoomID
	err := l.t.row(`SELECT room_id FROM shows WHERE show_id = ?`, string(show)).Scan(&room)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the room of a show: %w", err)
	}
	l.rooms[show] = room
	return room, nil
}
