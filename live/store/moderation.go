package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// Rules is what decides whether words are taken in a room. It is answered from
// memory like [Store.OnAir]; the same value comes back until something changes.
func (s *Store) Rules(room live.RoomID) *live.RoomRules {
	s.cache.mu.RLock()
	defer s.cache.mu.RUnlock()
	if r := s.cache.rules[room]; r != nil {
		return r
	}
	return &noRules
}

var noRules live.RoomRules

// Muted reports whether a person may not write in a room at an instant, and
// until when; the zero time is: until the show ends. It is answered from memory
// like [Store.OnAir].
func (s *Store) Muted(room live.RoomID, person live.PersonID, at time.Time) (until time.Time, muted bool) {
	s.cache.mu.RLock()
	defer s.cache.mu.RUnlock()
	m, ok := s.cache.mutes[muteKey{room, person}]
	if !ok || m.show == "" && !m.until.After(at) {
		return time.Time{}, false
	}
	return m.until, true
}

// Banned refuses a person who was kicked out of the room's show with "kicked",
// and one the merchant has blocked with "blocked".
func (s *Store) Banned(ctx context.Context, merchant live.MerchantID, room live.RoomID, person live.PersonID) error {
	s.cache.mu.RLock()
	_, kicked := s.cache.kicks[muteKey{room, person}]
	s.cache.mu.RUnlock()
	if kicked {
		return errKicked
	}
	var n int64
	if err := s.reader(ctx).row(`SELECT COUNT(*) FROM blocks WHERE merchant_id = ? AND person_id = ?`, string(merchant), string(person)).Scan(&n); err != nil {
		return fmt.Errorf("look for a block: %w", err)
	}
	if n > 0 {
		return errBlocked
	}
	return nil
}

// bannedChunk bounds the people of one query.
const bannedChunk = 256

// BannedOf is [Store.Banned] for many people at once, but asks the database of
// kicks as well: what another store on it has committed counts at once. Those
// who may come in are not in the answer.
func (s *Store) BannedOf(ctx context.Context, merchant live.MerchantID, room live.RoomID, people []live.PersonID) (map[live.PersonID]error, error) {
	banned := map[live.PersonID]error{}
	for chunk := range slices.Chunk(people, bannedChunk) {
		args := []any{string(room)}
		size := sizeFor(len(chunk))
		for i := range size {
			args = append(args, string(chunk[min(i, len(chunk)-1)]))
		}
		args = append(args, string(merchant))
		args = append(args, args[1:1+size]...)
		rows, err := s.reader(ctx).query(`SELECT person_id, 1 FROM kicks WHERE room_id = ? AND person_id IN (`+marks(size)+`)
			UNION ALL SELECT person_id, 0 FROM blocks WHERE merchant_id = ? AND person_id IN (`+marks(size)+`)`, args...)
		_, err = collect(rows, err, func(r scanner) (p live.PersonID, err error) {
			var kicked int64
			if err = r.Scan(&p, &kicked); kicked != 0 {
				banned[p] = errKicked
			} else if err == nil && banned[p] == nil {
				banned[p] = errBlocked
			}
			return p, err
		})
		if err != nil {
			return nil, fmt.Errorf("look for kicks and blocks of %d people: %w", len(chunk), err)
		}
	}
	return banned, nil
}

// What those are told who are not let in.
var (
	errKicked  = live.Forbidden("kicked", "you were sent out of this room until the show ends")
	errBlocked = live.Forbidden("blocked", "this merchant has blocked you")
)

// Follows reports whether a person's last word to a merchant was to follow.
func (s *Store) Follows(ctx context.Context, merchant live.MerchantID, person live.PersonID) (bool, error) {
	var n int64
	if err := s.reader(ctx).row(`SELECT COUNT(*) FROM followers WHERE merchant_id = ? AND person_id = ?`, string(merchant), string(person)).Scan(&n); err != nil {
		return false, fmt.Errorf("look for a follower: %w", err)
	}
	return n > 0, nil
}

// Follow is a person's word to a merchant, as the log tells it.
type Follow struct {
	Merchant live.MerchantID
	Person   live.PersonID
	Follows  bool
	At       time.Time
}

// KeepFollows takes in follows in the order of the log. Taking some in again
// from an earlier place on changes nothing in the end.
func (s *Store) KeepFollows(ctx context.Context, list []Follow) error {
	err := s.write(ctx, func(t *tx) error {
		for _, f := range list {
			query := `DELETE FROM followers WHERE merchant_id = ? AND person_id = ?`
			args := []any{string(f.Merchant), string(f.Person)}
			if f.Follows {
				query = `INSERT INTO followers (merchant_id, person_id, at) VALUES (?, ?, ?) ON CONFLICT (merchant_id, person_id) DO NOTHING`
				args = append(args, ms(f.At))
			}
			if _, err := t.exec(query, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep follows: %w", err)
	}
	return nil
}

// punished reads the mutes that last and the kicks.
func punished(q querier, now time.Time) (map[muteKey]mute, map[muteKey]live.ShowID, error) {
	mutes, kicks := map[muteKey]mute{}, map[muteKey]live.ShowID{}
	rows, err := q.query(`SELECT room_id, person_id, until, show_id FROM mutes WHERE show_id <> '' OR until > ?`, ms(now))
	_, err = collect(rows, err, func(r scanner) (k muteKey, err error) {
		var m mute
		var until int64
		err = r.Scan(&k.room, &k.person, &until, &m.show)
		m.until = at(until)
		mutes[k] = m
		return k, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("mutes: %w", err)
	}
	rows, err = q.query(`SELECT room_id, person_id, show_id FROM kicks`)
	_, err = collect(rows, err, func(r scanner) (k muteKey, err error) {
		var show live.ShowID
		err = r.Scan(&k.room, &k.person, &show)
		kicks[k] = show
		return k, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("kicks: %w", err)
	}
	return mutes, kicks, nil
}

// allRules reads the rules of every room that has any.
func allRules(q querier) (map[live.RoomID]*live.RoomRules, error) {
	rows, err := q.query(`SELECT room_id FROM room_modes UNION SELECT room_id FROM keywords UNION SELECT room_id FROM autoreplies`)
	rooms, err := collect(rows, err, func(r scanner) (id live.RoomID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	all := make(map[live.RoomID]*live.RoomRules, len(rooms))
	for _, room := range rooms {
		if all[room], err = rulesOf(q, room); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func rulesOf(q querier, room live.RoomID) (*live.RoomRules, error) {
	var r live.RoomRules
	var err error
	if r.Modes, err = modesOf(q, room); err != nil {
		return nil, err
	}
	rows, err := q.query(`SELECT word FROM keywords WHERE room_id = ? ORDER BY word`, string(room))
	if r.Words, err = collect(rows, err, func(r scanner) (w string, err error) { return w, r.Scan(&w) }); err != nil {
		return nil, fmt.Errorf("keywords: %w", err)
	}
	rows, err = q.query(`SELECT word, text FROM autoreplies WHERE room_id = ? ORDER BY word`, string(room))
	if r.Replies, err = collect(rows, err, func(r scanner) (a live.AutoReply, err error) { return a, r.Scan(&a.Keyword, &a.Text) }); err != nil {
		return nil, fmt.Errorf("auto-replies: %w", err)
	}
	return &r, nil
}

func sameRules(a, b *live.RoomRules) bool {
	return a.Modes == b.Modes && slices.Equal(a.Words, b.Words) && slices.Equal(a.Replies, b.Replies)
}

func modesOf(q querier, room live.RoomID) (live.Modes, error) {
	var m live.Modes
	var all, off, followers int64
	err := q.row(`SELECT mute_all, comments_off, followers_only, slow_seconds FROM room_modes WHERE room_id = ?`, string(room)).Scan(&all, &off, &followers, &m.SlowSeconds)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return m, fmt.Errorf("read modes: %w", err)
	}
	m.MuteAll, m.CommentsOff, m.FollowersOnly = all != 0, off != 0, followers != 0
	return m, nil
}

func pinnedComment(q querier, room live.RoomID) (*live.PinnedComment, error) {
	var p live.PinnedComment
	err := q.row(`SELECT comment_id, text, person_id, name FROM pinned_comments WHERE room_id = ?`, string(room)).Scan(&p.ID, &p.Text, &p.Person, &p.Name)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read pinned comment: %w", err)
	}
	return &p, nil
}

// reruled makes the cache know the rules of a room as they are now.
func (t *tx) reruled(room live.RoomID) error {
	r, err := rulesOf(t, room)
	if err != nil {
		return err
	}
	t.remember(func(c *cache) { c.rule(room, r) })
	return nil
}

// pardon ends what was to last until the show ended.
func (t *tx) pardon(show live.ShowID) error {
	for _, table := range []string{"mutes", "kicks"} {
		if _, err := t.exec(`DELETE FROM `+table+` WHERE show_id = ?`, string(show)); err != nil {
			return fmt.Errorf("pardon: %w", err)
		}
	}
	t.remember(func(c *cache) { c.pardon(show) })
	return nil
}
