package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"showrunner/live"
)

// RoomFilter selects rooms. Zero members do not restrict.
type RoomFilter struct {
	Merchant live.MerchantID
	Rooms    []live.RoomID // not nil: only these
	Cursor   string
	Limit    int // 0 means 50, at most 500
}

// RoomPatch changes a room; nil members stay as they are.
type RoomPatch struct {
	Title    *string
	Hosts    *[]string
	TimeZone *string
}

// maxHosts bounds who may run one room.
const maxHosts = 100

const roomColumns = `room_id, merchant_id, title, hosts, currency, time_zone, created_at`

func scanRoom(r scanner) (live.Room, error) {
	var room live.Room
	var hosts string
	var created int64
	if err := r.Scan(&room.ID, &room.Merchant, &room.Title, &hosts, &room.Currency, &room.TimeZone, &created); err != nil {
		return room, err
	}
	room.CreatedAt = at(created)
	return room, json.Unmarshal([]byte(hosts), &room.Hosts)
}

func checkRoom(r *live.Room) error {
	if err := r.Validate(zoneKnown); err != nil {
		return err
	}
	if len(r.Hosts) > maxHosts {
		return live.Invalid("invalid_field", "host_ids", "must be at most %d", maxHosts)
	}
	for _, h := range r.Hosts {
		if !live.ValidID(h) {
			return live.Invalid("invalid_field", "host_ids", "must each be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
		}
	}
	return nil
}

// CreateRoom keeps a new room. An empty ID is replaced by a new one. An ID in
// use is a conflict with code "room_exists".
func (s *Store) CreateRoom(ctx context.Context, room live.Room) (live.Room, error) {
	err := s.write(ctx, func(t *tx) error {
		if room.ID == "" {
			room.ID = live.RoomID("r_" + s.ids.next(t.now))
		}
		if err := checkRoom(&room); err != nil {
			return err
		}
		room.CreatedAt = t.now
		hosts, err := hostList(room.Hosts)
		if err != nil {
			return err
		}
		n, err := t.changed(`INSERT INTO rooms (`+roomColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (room_id) DO NOTHING`,
			string(room.ID), string(room.Merchant), room.Title, hosts, string(room.Currency), room.TimeZone, ms(room.CreatedAt))
		if err != nil {
			return fmt.Errorf("create room: %w", err)
		}
		if n == 0 {
			return live.Conflict("room_exists", "there is a room named %s", room.ID)
		}
		return nil
	})
	if err != nil {
		return live.Room{}, err
	}
	return room, nil
}

func hostList(hosts []string) (string, error) {
	if hosts == nil {
		hosts = []string{}
	}
	b, err := json.Marshal(hosts)
	if err != nil {
		return "", fmt.Errorf("encode hosts: %w", err)
	}
	return string(b), nil
}

// Room finds a room; "room_not_found" if there is none.
func (s *Store) Room(ctx context.Context, id live.RoomID) (live.Room, error) {
	return findRoom(s.reader(ctx), id)
}

func findRoom(q querier, id live.RoomID) (live.Room, error) {
	room, err := scanRoom(q.row(`SELECT `+roomColumns+` FROM rooms WHERE room_id = ?`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return live.Room{}, live.NotFound("room_not_found", "there is no such room")
	}
	if err != nil {
		return live.Room{}, fmt.Errorf("read room: %w", err)
	}
	return room, nil
}

// Rooms lists rooms, newest first, with the cursor of the next page.
func (s *Store) Rooms(ctx context.Context, f RoomFilter) ([]live.Room, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	var w where
	if f.Merchant != "" {
		w.add("merchant_id = ?", string(f.Merchant))
	}
	if f.Rooms != nil {
		in(&w, "room_id", f.Rooms)
	}
	w.after(c, "created_at", "room_id")
	most := limit(f.Limit)
	rows, err := s.reader(ctx).query(`SELECT `+roomColumns+` FROM rooms`+w.sql()+` ORDER BY created_at DESC, room_id DESC LIMIT ?`, append(w.args, most+1)...)
	list, err := collect(rows, err, scanRoom)
	if err != nil {
		return nil, "", fmt.Errorf("list rooms: %w", err)
	}
	list, next := page(list, most, func(r live.Room) cursor { return cursor{ms(r.CreatedAt), string(r.ID)} })
	return list, next, nil
}

// UpdateRoom changes a room. Its currency is for ever: the money of its past
// shows is in it.
func (s *Store) UpdateRoom(ctx context.Context, id live.RoomID, p RoomPatch) (live.Room, error) {
	var room live.Room
	err := s.write(ctx, func(t *tx) (err error) {
		if room, err = findRoom(t, id); err != nil {
			return err
		}
		if p.Title != nil {
			room.Title = *p.Title
		}
		if p.Hosts != nil {
			room.Hosts = *p.Hosts
		}
		if p.TimeZone != nil {
			room.TimeZone = *p.TimeZone
		}
		if err := checkRoom(&room); err != nil {
			return err
		}
		hosts, err := hostList(room.Hosts)
		if err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE rooms SET title = ?, hosts = ?, time_zone = ? WHERE room_id = ?`, room.Title, hosts, room.TimeZone, string(id)); err != nil {
			return fmt.Errorf("update room: %w", err)
		}
		return nil
	})
	if err != nil {
		return live.Room{}, err
	}
	return room, nil
}
