package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Store keeps the tables; live/store is it.
type Store interface {
	Change(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context) store.Querier
	Snapshot(ctx context.Context, fn func(store.Querier) error) error
}

// Groups gives the groups of an agent who leaves to others, evenly, and tells how
// many there were. Asked again it gives what is left.
type Groups interface {
	ReassignGroups(ctx context.Context, m live.MerchantID, from string, to []string, by live.Principal) (int, error)
}

// Complaints go with the sessions and people they are of, in the transaction of
// the desk. An empty agent is nobody.
type Complaints interface {
	SessionTo(t *store.Tx, m live.MerchantID, session, from, to string) error
	PersonTo(t *store.Tx, m live.MerchantID, people []live.PersonID, from, to string) error
	Left(t *store.Tx, m live.MerchantID, agent string) error
}

// Config is what a desk is made of.
type Config struct {
	Store Store
	// Groups are reassigned with the people of an agent who leaves. Nil: there
	// are none.
	Groups Groups
	// Complaints follow who serves. Nil: there are none.
	Complaints Complaints
	Now        func() time.Time
	// NewID names entries and sessions. Nil means UUIDv7.
	NewID  func() string
	Logger *slog.Logger
}

// Desk is the service desk. Make it with [New].
type Desk struct {
	cfg Config

	mu       sync.Mutex
	watchers map[live.MerchantID]map[chan struct{}]struct{}
}

// New starts nothing.
func New(cfg Config) *Desk {
	if cfg.Store == nil || cfg.Now == nil || cfg.Logger == nil {
		panic("BUG: desk.Config is not complete")
	}
	if cfg.NewID == nil {
		cfg.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	return &Desk{cfg: cfg, watchers: map[live.MerchantID]map[chan struct{}]struct{}{}}
}

// Watch tells, until stop is called, that there may be new turns of a merchant.
// What it says is "look": several turns may be one signal.
func (d *Desk) Watch(m live.MerchantID) (news <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.watchers[m] == nil {
		d.watchers[m] = map[chan struct{}]struct{}{}
	}
	d.watchers[m][ch] = struct{}{}
	return ch, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if delete(d.watchers[m], ch); len(d.watchers[m]) == 0 {
			delete(d.watchers, m)
		}
	}
}

// Heard tells those who watch a merchant to look: something happened at the desk,
// here or on another server.
func (d *Desk) Heard(m live.MerchantID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for ch := range d.watchers[m] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// change is one transaction of the desk.
type change struct {
	*store.Tx
	desk *Desk
	m    live.MerchantID
	by   live.Principal
	set  *care.Settings // read once
}

// change runs fn in a transaction; those who watch are told once it is on disk.
func (d *Desk) change(ctx context.Context, m live.MerchantID, by live.Principal, fn func(*change) error) error {
	return d.cfg.Store.Change(ctx, func(tx *store.Tx) error {
		c := &change{Tx: tx, desk: d, m: m, by: by}
		if err := fn(c); err != nil {
			return err
		}
		tx.OnCommit(func() { d.Heard(m) })
		return nil
	})
}

// emit states a fact about a session.
func (c *change) emit(kind live.Kind, s *Session, actor live.Actor, data map[string]any) error {
	data["session_id"] = s.ID
	if s.Entry != "" {
		data["entry_id"] = s.Entry
	}
	_, err := c.Emit(live.Event{
		Kind: kind, Merchant: c.m, Room: s.Room, Show: s.Show, Rehearsal: s.Rehearsal, Person: s.Person, Actor: actor,
	}, data)
	return err
}

// audit notes who did what.
func (c *change) audit(action string, detail map[string]any) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("encode %s: %w", action, err)
	}
	return c.Audit(store.AuditRow{Merchant: c.m, Actor: c.by.Actor(), Action: action, Detail: string(text)})
}

// supervises reports whether somebody sees and decides on every session.
func supervises(p live.Principal) bool { return p.May(live.ActServiceWrite) }

// system is the actor of what nobody asked for.
var system = live.Actor{ID: "desk", Role: live.RoleSystem}

// none reports whether a row was not there.
func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// texts are a list in one column.
func texts[T ~string](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	raw, err := json.Marshal(list)
	if err != nil {
		panic("BUG: strings do not encode: " + err.Error())
	}
	return string(raw)
}

// listed is the inverse of [texts]. Nothing is an empty list: so an erasure leaves it.
func listed[T ~string](raw string) (list []T, err error) {
	if raw == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		return nil, fmt.Errorf("decode a list: %w", err)
	}
	return list, nil
}

// names refuses a name that is none, and tells every name of the person.
func names(q store.Querier, m live.MerchantID, p live.PersonID) ([]live.PersonID, error) {
	if !live.ValidID(string(p)) {
		return nil, live.Invalid("invalid_field", "person_id", "must be an identifier")
	}
	all, err := q.Aliases(m, p)
	if err == nil && !slices.Contains(all, p) {
		all = append(all, p)
	}
	return all, err
}

// validID refuses what is no identifier.
func validID(field, v string) error {
	if !live.ValidID(v) {
		return live.Invalid("invalid_field", field, "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
	}
	return nil
}

func isNotFound(err error) bool {
	var e *live.Error
	return errors.As(err, &e) && e.Fault == live.FaultNotFound
}
