package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"showrunner/live"
)

// LadderOrder names an order of which a fact came in.
type LadderOrder struct {
	Merchant live.MerchantID
	Order    live.OrderID
}

// LadderMerge names an entry of the log of who is who.
type LadderMerge struct {
	Merchant live.MerchantID
	N        int64
}

// LadderBatch is what a piece of the log has for the ladder. It may be told any
// number of times and in any order.
type LadderBatch struct {
	Facts  []live.PersonFact
	Orders []LadderOrder
	Merges []LadderMerge
}

// LadderFold makes a standing of a record, by a merchant's rules. It is pure.
type LadderFold func(live.LadderRules, live.PersonRecord) (live.Standing, error)

// ladderCheckpoint names the one reader of the log that keeps the ladder.
const ladderCheckpoint = "ladder"

// LadderCheckpoint is how far which incarnation of the log was taken into the
// ladder; an empty epoch means that none was so far.
func (s *Store) LadderCheckpoint(ctx context.Context) (epoch string, next live.Position, err error) {
	return readLadderCheckpoint(s.reader(ctx))
}

func readLadderCheckpoint(q querier) (epoch string, next live.Position, err error) {
	var offset int64
	err = q.row(`SELECT epoch, position FROM ladder_checkpoint WHERE name = ?`, ladderCheckpoint).Scan(&epoch, &offset)
	if errors.Is(err, sql.ErrNoRows) {
		return "", live.Position{}, nil
	}
	if err != nil {
		return "", live.Position{}, fmt.Errorf("read ladder checkpoint: %w", err)
	}
	return epoch, live.PositionOf(uint64(offset)), nil
}

// AdvanceLadder takes in what the log says up to next, folds the people it is
// about anew, tells what moved as ladder_changed, and moves the checkpoint, all
// in one transaction. The checkpoint never moves back. It returns how many moves
// are new or withdrawn.
func (s *Store) AdvanceLadder(ctx context.Context, epoch string, next live.Position, b LadderBatch, fold LadderFold) (int, error) {
	moved := 0
	err := s.write(ctx, func(t *tx) error {
		l := t.openLadder(fold)
		forgotten, err := openRenamings(t)
		if err != nil {
			return err
		}
		for i := range b.Facts {
			f := b.Facts[i]
			forgotten.apply(&f)
			if err := l.takeFact(&f); err != nil {
				return err
			}
		}
		for _, o := range b.Orders {
			if err := l.takeOrder(o); err != nil {
				return err
			}
		}
		for _, m := range b.Merges {
			if err := l.takeMerge(m); err != nil {
				return err
			}
		}
		if err := l.settle(); err != nil {
			return err
		}
		moved = l.moved
		was, done, err := readLadderCheckpoint(t)
		if err != nil || was == epoch && !done.Less(next) {
			return err
		}
		if _, err := t.exec(`INSERT INTO ladder_checkpoint (name, epoch, position) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, position = excluded.position`,
			ladderCheckpoint, epoch, int64(next.Offset())); err != nil {
			return fmt.Errorf("move ladder checkpoint: %w", err)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return moved, nil
}

// RefoldLadder folds up to limit people anew who were judged by other rules than
// their merchant's of now, and returns how many there were.
func (s *Store) RefoldLadder(ctx context.Context, limit int, fold LadderFold) (int, error) {
	const stale = `SELECT p.merchant_id, p.person_id FROM ladder_people p
		JOIN (SELECT merchant_id, MAX(version) AS version FROM ladder_rules GROUP BY merchant_id) r ON r.merchant_id = p.merchant_id
		WHERE p.rule < r.version LIMIT ?`
	find := func(q querier) ([]personName, error) {
		rows, err := q.query(stale, limit)
		list, err := collect(rows, err, func(r scanner) (n personName, err error) { return n, r.Scan(&n.merchant, &n.person) })
		if err != nil {
			return nil, fmt.Errorf("find people judged by old rules: %w", err)
		}
		return list, nil
	}
	found, err := find(s.reader(ctx))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	err = s.write(ctx, func(t *tx) error {
		l := t.openLadder(fold)
		for _, n := range found {
			l.touch(n.merchant, n.person)
		}
		return l.settle()
	})
	if err != nil {
		return 0, err
	}
	return len(found), nil
}

// personName is a name within a merchant.
type personName struct {
	merchant live.MerchantID
	person   live.PersonID
}

// ladder is the ladder as one change works on it.
type ladder struct {
	t     *tx
	fold  LadderFold
	dirty map[live.MerchantID]map[live.PersonID]bool // who is to be folded anew
	rules map[live.MerchantID]live.LadderRules
	rooms map[live.ShowID]live.RoomID // of shows that caused moves
	moved int
}

func (t *tx) openLadder(fold LadderFold) *ladder {
	return &ladder{t: t, fold: fold, dirty: map[live.MerchantID]map[live.PersonID]bool{}, rules: map[live.MerchantID]live.LadderRules{}, rooms: map[live.ShowID]live.RoomID{}}
}

func (l *ladder) touch(m live.MerchantID, p live.PersonID) {
	if p == "" {
		return
	}
	if l.dirty[m] == nil {
		l.dirty[m] = map[live.PersonID]bool{}
	}
	l.dirty[m][p] = true
}

// takeFact keeps a fact if it is the first of its kind about its thing.
func (l *ladder) takeFact(f *live.PersonFact) error {
	n, err := l.t.changed(`INSERT INTO person_facts (merchant_id, person_id, kind, ref, at, event_id, show_id, channel, stage, class, agent_id, by_agent, referrer_id, scene)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, person_id, kind, ref) DO UPDATE SET at = excluded.at, event_id = excluded.event_id, show_id = excluded.show_id,
			channel = excluded.channel, stage = excluded.stage, class = excluded.class, agent_id = excluded.agent_id,
			by_agent = excluded.by_agent, referrer_id = excluded.referrer_id, scene = excluded.scene
		WHERE excluded.at < person_facts.at OR excluded.at = person_facts.at AND excluded.event_id < person_facts.event_id`,
		string(f.Merchant), string(f.Person), string(f.Kind), f.Ref, ms(f.At), string(f.Event), string(f.Show), f.Channel, string(f.Stage),
		string(f.Class), f.Agent, bit(f.ByAgent), string(f.Referrer), f.Scene)
	if err != nil {
		return fmt.Errorf("keep a fact of a person: %w", err)
	}
	if n > 0 {
		l.touch(f.Merchant, f.Person)
	}
	return nil
}

// takeMerge finds whose names were joined or parted.
func (l *ladder) takeMerge(m LadderMerge) error {
	var a, b live.PersonID
	err := l.t.row(`SELECT person_a, person_b FROM person_log WHERE merchant_id = ? AND n = ?`, string(m.Merchant), m.N).Scan(&a, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // It is of a store that is no more.
	}
	if err != nil {
		return fmt.Errorf("read who was merged: %w", err)
	}
	l.touch(m.Merchant, a)
	l.touch(m.Merchant, b)
	var names []live.PersonID
	for _, p := range []live.PersonID{a, b} { // Of a merge that was undone they are two.
		group, err := aliases(l.t, m.Merchant, p)
		if err != nil {
			return err
		}
		names = append(names, group...)
	}
	people, err := sentTwice(l.t, m.Merchant, names)
	for _, p := range people {
		l.touch(m.Merchant, p)
	}
	return err
}

// settle folds everybody anew whom something new was learned of.
func (l *ladder) settle() error {
	for _, m := range slices.Sorted(maps.Keys(l.dirty)) {
		names := slices.SortedFunc(maps.Keys(l.dirty[m]), func(a, b live.PersonID) int { return cmp.Compare(a, b) })
		if err := l.settlePeople(m, names); err != nil {
			return err
		}
	}
	clear(l.dirty)
	return nil
}
