package guard

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"showrunner/conversion/care/temperature"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

const (
	// followBatch is how many facts of the log are looked at at a time.
	followBatch = 512
	// settleBatch bounds what one transaction takes in, so that orders do not wait.
	settleBatch = 64
	// readWait is the patience of one look at the log.
	readWait = time.Second
	// gatherFor is the least time between two looks: an answer that is known a
	// moment later holds nobody up, and a busy room costs a few transactions a second.
	gatherFor = 200 * time.Millisecond
)

// FollowerConfig is what [NewFollower] needs; all of it is required.
type FollowerConfig struct {
	Reader eventlog.Source
	Log    eventlog.Ranger
	Store  Store
	Now    func() time.Time
	Logger *slog.Logger
}

// Follower brings what the log says of people into the guard's tables: when they
// answered, that they want no more, and what others sent them. A fact that is
// taken in twice changes nothing.
type Follower struct {
	cfg FollowerConfig
}

// NewFollower starts nothing.
func NewFollower(cfg FollowerConfig) *Follower { return &Follower{cfg: cfg} }

// checkpoint is the row of the follower in guard_checkpoint.
const checkpoint = "follower"

// Run follows the log until ctx ends, then returns nil. What goes wrong is logged
// and tried again. Only "reader_lost" ends it: another one goes on.
func (f *Follower) Run(ctx context.Context) error {
	return (&eventlog.Follower{
		Name: "the guard of touches", Reader: f.cfg.Reader, Log: f.cfg.Log, Taker: f, Batch: followBatch, Wait: readWait, Pace: gatherFor, Now: f.cfg.Now, Logger: f.cfg.Logger,
	}).Run(ctx)
}

// Checkpoint is up to where the log is in the store, and of which log; an empty
// epoch is of none.
func (f *Follower) Checkpoint(ctx context.Context) (epoch string, next live.Position, err error) {
	return Checkpoint(ctx, f.cfg.Store)
}

// Checkpoint is up to where a follower has brought the log into a store, see
// [Follower.Checkpoint].
func Checkpoint(ctx context.Context, s Store) (epoch string, next live.Position, err error) {
	var offset int64
	err = s.View(ctx).Row(`SELECT epoch, position FROM guard_checkpoint WHERE name = ?`, checkpoint).Scan(&epoch, &offset)
	if errors.Is(err, sql.ErrNoRows) {
		return "", live.Position{}, nil
	}
	if err != nil {
		return "", live.Position{}, fmt.Errorf("read how far the log was read: %w", err)
	}
	return epoch, live.PositionOf(uint64(offset)), nil //nolint:gosec // written from an offset, see advance
}

// Take brings what entries say into the store. They end before next.
func (f *Follower) Take(ctx context.Context, entries []live.Entry, next live.Position, settle bool) error {
	g := newGathering()
	for i := range entries {
		if g.size() >= settleBatch {
			if err := f.advance(ctx, entries[i].Position, g); err != nil {
				return err
			}
			g = newGathering()
		}
		g.add(&entries[i].Event, f.cfg.Now())
	}
	if g.size() == 0 && !settle {
		return nil // The checkpoint may wait: reading nothing again costs nothing.
	}
	return f.advance(ctx, next, g)
}

func (f *Follower) advance(ctx context.Context, next live.Position, g *gathering) error {
	return f.cfg.Store.Change(ctx, func(tx *store.Tx) error {
		names, err := tx.Names()
		if err != nil {
			return err
		}
		for _, w := range slices.SortedFunc(maps.Keys(g.answers), who.compare) {
			if _, err := tx.Exec(`INSERT INTO guard_answers (merchant_id, person_id, at) VALUES (?, ?, ?)
				ON CONFLICT (merchant_id, person_id) DO UPDATE SET at = excluded.at WHERE guard_answers.at < excluded.at`,
				string(w.merchant), string(names.Of(w.merchant, w.person, g.answers[w])), store.Millis(g.answers[w])); err != nil {
				return fmt.Errorf("keep an answer: %w", err)
			}
		}
		for _, s := range g.signals {
			if err := putSignal(tx, s.merchant, names.Of(s.merchant, s.person, s.at), s.channel, s.why, s.at); err != nil {
				return err
			}
		}
		for i := range g.touches {
			touch := g.touches[i]
			touch.Person = names.Of(touch.Merchant, touch.Person, touch.At)
			if err := touch.meet(tx); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`INSERT INTO guard_checkpoint (name, epoch, position) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, position = excluded.position
			WHERE guard_checkpoint.epoch <> excluded.epoch OR guard_checkpoint.position < excluded.position`,
			checkpoint, f.cfg.Log.Epoch(), int64(next.Offset())); err != nil { //nolint:gosec // an offset has 53 bits
			return fmt.Errorf("keep how far the log was read: %w", err)
		}
		return nil
	})
}

// meet keeps a touch that others sent, once.
func (t *Touch) meet(tx *store.Tx) error {
	var known int64
	if err := tx.Row(`SELECT COUNT(*) FROM guard_touches WHERE merchant_id = ? AND touch_id = ?`, string(t.Merchant), t.ID).Scan(&known); err != nil {
		return fmt.Errorf("look for a touch: %w", err)
	}
	if known > 0 {
		return nil
	}
	return t.insert(tx)
}

// who is a name of a person of a merchant.
type who struct {
	merchant live.MerchantID
	person   live.PersonID
}

func (w who) compare(o who) int {
	return cmp.Or(cmp.Compare(w.merchant, o.merchant), cmp.Compare(w.person, o.person))
}

// gathering is what a piece of the log has for the guard.
type gathering struct {
	answers map[who]time.Time // the newest
	signals []signal
	touches []Touch
}

func newGathering() *gathering { return &gathering{answers: map[who]time.Time{}} }

func (g *gathering) size() int { return len(g.answers) + len(g.signals) + len(g.touches) }

// add takes what a fact says. Touches that no rule looks back to any more, of an
// import of years, are left out.
func (g *gathering) add(e *live.Event, now time.Time) {
	if temperature.AnswerOf(e) {
		w := who{e.Merchant, e.Person}
		if e.OccurredAt.After(g.answers[w]) {
			g.answers[w] = e.OccurredAt
		}
	}
	if s, ok := signalOf(e); ok {
		g.signals = append(g.signals, s)
	}
	if t, ok := outsideOf(e); ok && now.Sub(t.At) < maxCapHours*time.Hour {
		g.touches = append(g.touches, t)
	}
}
