package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"showrunner/live"
)

// watching gathers how long persons watch while a benefit asks them to: a
// second of heartbeats becomes one change. Time that was not written yet is
// lost with the process, a second of it at most.
type watching struct {
	mu      sync.Mutex
	tasks   map[live.ShowID]map[string]time.Time // benefits with a task to watch: when each opened
	until   map[watchKey]time.Time               // up to where a person's time was counted
	pending map[watchKey]time.Duration

	flushing sync.Mutex // held while pending is written; taken before mu
}

type watchKey struct {
	benefit string
	person  live.PersonID
}

func newWatching() *watching {
	return &watching{tasks: map[live.ShowID]map[string]time.Time{}, until: map[watchKey]time.Time{}, pending: map[watchKey]time.Duration{}}
}

// open begins to count for a benefit.
func (w *watching) open(show live.ShowID, benefit string, since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tasks[show] == nil {
		w.tasks[show] = map[string]time.Time{}
	}
	w.tasks[show][benefit] = since
}

// fill reads anew what runs.
func (w *watching) fill(q querier) error {
	type task struct {
		show    live.ShowID
		benefit string
		since   int64
	}
	rows, err := q.query(`SELECT show_id, drop_id, starts_at FROM coupon_drops WHERE ended_at = 0 AND task = 'watch_n'
		UNION ALL SELECT show_id, packet_id, dropped_at FROM red_packets WHERE ended_at = 0 AND watch_ms > 0
		UNION ALL SELECT show_id, draw_id, opened_at FROM draws WHERE state = 'open' AND rules LIKE '%"task":"watch_n"%'`)
	list, err := collect(rows, err, func(r scanner) (v task, err error) { return v, r.Scan(&v.show, &v.benefit, &v.since) })
	if err != nil {
		return fmt.Errorf("fill caches: tasks to watch: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tasks = map[live.ShowID]map[string]time.Time{}
	open := map[string]bool{}
	for _, v := range list {
		if w.tasks[v.show] == nil {
			w.tasks[v.show] = map[string]time.Time{}
		}
		w.tasks[v.show][v.benefit], open[v.benefit] = at(v.since), true
	}
	for k := range w.until {
		if !open[k.benefit] {
			delete(w.until, k)
			delete(w.pending, k)
		}
	}
	return nil
}

// close forgets a benefit.
func (w *watching) close(benefit string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for show, tasks := range w.tasks {
		if delete(tasks, benefit); len(tasks) == 0 {
			delete(w.tasks, show)
		}
	}
	for k := range w.until {
		if k.benefit == benefit {
			delete(w.until, k)
			delete(w.pending, k)
		}
	}
}

// Watched takes in that a person watched. It counts for the benefits of the
// show that ask for it, from when they opened; two pages of one person do not
// count twice.
func (s *Store) Watched(e live.Watch) {
	w := s.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	for benefit, since := range w.tasks[e.Show] {
		k := watchKey{benefit, e.Person}
		from := e.From
		for _, bound := range []time.Time{since, w.until[k]} {
			if bound.After(from) {
				from = bound
			}
		}
		if d := e.Until.Sub(from); d > 0 {
			w.pending[k] += d
			w.until[k] = e.Until
		}
	}
}

// flushWatch writes what was gathered. Who claims calls it first, so that what
// they watched until now counts.
func (s *Store) flushWatch(ctx context.Context) error {
	w := s.watching
	w.flushing.Lock()
	defer w.flushing.Unlock()
	w.mu.Lock()
	taken := w.pending
	if len(taken) > 0 {
		w.pending = map[watchKey]time.Duration{}
	}
	w.mu.Unlock()
	if len(taken) == 0 {
		return nil
	}
	keys := make([]watchKey, 0, len(taken))
	for k := range taken {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b watchKey) int {
		return cmp.Or(cmp.Compare(a.benefit, b.benefit), cmp.Compare(a.person, b.person))
	})
	err := s.write(ctx, func(t *tx) error {
		for _, k := range keys {
			if _, err := t.exec(`INSERT INTO benefit_watch (benefit_id, person_id, watched_ms) VALUES (?, ?, ?)
				ON CONFLICT (benefit_id, person_id) DO UPDATE SET watched_ms = benefit_watch.watched_ms + excluded.watched_ms`,
				k.benefit, string(k.person), taken[k].Milliseconds()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		for k, d := range taken {
			w.pending[k] += d
		}
		return fmt.Errorf("keep watch time: %w", err)
	}
	return nil
}

// openTask begins to count the time persons watch, if the task asks for it.
func (t *tx) openTask(sh *live.Show, benefit string, task live.Task, since time.Time) {
	if task == live.TaskWatch {
		show := sh.ID
		t.remember(func(*cache) { t.w.store.watching.open(show, benefit, since) })
	}
}

func (t *tx) closeTask(benefit string, task live.Task) error {
	if task != live.TaskWatch {
		return nil
	}
	if _, err := t.exec(`DELETE FROM benefit_watch WHERE benefit_id = ?`, benefit); err != nil {
		return fmt.Errorf("forget watch time: %w", err)
	}
	t.remember(func(*cache) { t.w.store.watching.close(benefit) })
	return nil
}

// taskMet refuses who has not done what a benefit asks for.
func (t *tx) taskMet(sh *live.Show, benefit string, task live.Task, needed time.Duration, since time.Time, person live.PersonID) error {
	unmet := live.Conflict("task_unmet", "the task is not done")
	unmet.Data = map[string]any{"task": string(task)}
	var n int64
	switch task {
	case live.TaskFollow:
		if err := t.row(`SELECT COUNT(*) FROM followers WHERE merchant_id = ? AND person_id = ?`, string(sh.Merchant), string(person)).Scan(&n); err != nil {
			return fmt.Errorf("read who follows: %w", err)
		}
		if n == 0 {
			unmet.RetryAfter = time.Second // A word just said is still on its way through the log.
			return unmet
		}
	case live.TaskWatch:
		if err := t.row(`SELECT COALESCE(SUM(watched_ms), 0) FROM benefit_watch WHERE benefit_id = ? AND person_id = ?`, benefit, string(person)).Scan(&n); err != nil {
			return fmt.Errorf("read watch time: %w", err)
		}
		// Nobody watched longer than it is open, on however many servers.
		if watched := min(time.Duration(n)*time.Millisecond, t.now.Sub(since)); watched < needed {
			unmet.Data["watched_ms"], unmet.Data["needed_ms"] = watched.Milliseconds(), needed.Milliseconds()
			return unmet
		}
	case live.TaskNone:
	}
	return nil
}

// benefitShow is the show in which a viewer wants a benefit.
func (t *tx) benefitShow(show live.ShowID, room live.RoomID, by live.Principal) (live.Show, error) {
	sh, err := t.showForSale(show, room)
	if err != nil {
		return live.Show{}, err
	}
	if !by.Sees(sh.Merchant, sh.Room) {
		return live.Show{}, live.Forbidden("forbidden", "the room is outside your scope")
	}
	return sh, nil
}
