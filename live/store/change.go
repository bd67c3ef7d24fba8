package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/live"
)

// Querier reads rows for a package that keeps tables of its own in the database:
// the SQL text is the same on both databases, with ? for arguments.
type Querier struct{ q querier }

// Query reads rows; the caller closes them, or hands both results to [Collect].
func (q Querier) Query(query string, args ...any) (*sql.Rows, error) {
	return q.q.query(query, args...)
}

// Row reads one row.
func (q Querier) Row(query string, args ...any) Scanner { return q.q.row(query, args...) }

// Canonical is the name that stands for the person of a name; a name that is
// linked with no other stands for itself.
func (q Querier) Canonical(m live.MerchantID, p live.PersonID) (live.PersonID, error) {
	return canonical(q.q, m, p)
}

// Aliases are every name of the person of one name, itself included.
func (q Querier) Aliases(m live.MerchantID, p live.PersonID) ([]live.PersonID, error) {
	return aliases(q.q, m, p)
}

// Tx is one change of a package that keeps tables of its own. It ends with the
// function it was given to: never keep it.
type Tx struct {
	Querier

	t *tx
}

// Now is the time of the transaction, in milliseconds: every change of a group
// commit sees the same, and none an earlier one than the change before.
func (t *Tx) Now() time.Time { return t.t.now }

// Exec changes rows and tells how many.
func (t *Tx) Exec(query string, args ...any) (int64, error) { return t.t.changed(query, args...) }

// Emit puts a fact into the outbox, from where the relay moves it to the log. A
// fact without a source is Showrunner's own; one without an ID gets one. The
// clock of the transaction is its ReceivedAt. The ID is returned.
func (t *Tx) Emit(e live.Event, data any) (live.EventID, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return "", fmt.Errorf("encode %s: %w", e.Kind, err)
	}
	e.Data = raw
	if e.Source == "" {
		e.Source = SourceSystem
	}
	if e.ID == "" {
		e.ID = live.EventID(t.t.w.store.ids.next(t.t.now))
	}
	return e.ID, t.t.emit(e)
}

// Names tells what people are called who were forgotten while facts about them
// were still on their way: whoever brings facts of the log into tables asks it,
// or a name comes back that nobody will erase again. Such a reader's checkpoint
// has to pass before the old names are thrown away, see [Store.FinishErasure].
func (t *Tx) Names() (Names, error) {
	m, err := openRenamings(t.t)
	return Names{m}, err
}

// Names are the new names of people who are being forgotten.
type Names struct{ m renamings }

// Of is the name to keep for a person in something that happened at an instant:
// their own unless they were forgotten since.
func (n Names) Of(m live.MerchantID, p live.PersonID, happened time.Time) live.PersonID {
	return n.m.name(m, p, happened)
}

// Audit adds to the append-only log of who did what.
func (t *Tx) Audit(r AuditRow) error { return t.t.audited(r) }

// OnCommit runs fn once the change is on disk, before the caller of
// [Store.Change] is answered.
func (t *Tx) OnCommit(fn func()) { t.t.onCommit(fn) }

// Change runs fn inside the next group commit, in a savepoint of its own, and
// returns once it is on disk. Changes run one after the other, on whatever store
// of the database: what fn reads is the last word, so a rule that fn checks
// holds. An error of fn undoes what it did and is returned as it is. fn may run
// more than once, when the database was lost: what it leaves outside the
// transaction must be set, not added to. Keep it short: orders wait meanwhile.
func (s *Store) Change(ctx context.Context, fn func(*Tx) error) error {
	return s.write(ctx, func(t *tx) error { return fn(&Tx{Querier{t}, t}) })
}

// View reads what is committed.
func (s *Store) View(ctx context.Context) Querier { return Querier{s.reader(ctx)} }

// Snapshot gives fn a reader whose queries all see the same instant.
func (s *Store) Snapshot(ctx context.Context, fn func(Querier) error) error {
	return s.snapshot(ctx, func(q querier) error { return fn(Querier{q}) })
}
