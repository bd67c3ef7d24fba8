package guard

import (
	"context"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// TouchFilter selects touches. Zero members do not restrict.
type TouchFilter struct {
	Merchant live.MerchantID // required
	Person   live.PersonID   // under any of their names
	Group    string
	Agent    string
	State    State
	Rule     string // that suppressed them
	Cursor   string
	Limit    int
}

// Touches lists them, newest first, with the cursor of the next page.
func (g *Guard) Touches(ctx context.Context, f TouchFilter) (list []Touch, next string, err error) {
	page, err := store.OpenPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	err = g.store.Snapshot(ctx, func(q store.Querier) error {
		var w store.Where
		w.Add("merchant_id = ?", string(f.Merchant))
		if f.Person != "" {
			names, err := q.Aliases(f.Merchant, f.Person)
			if err != nil {
				return fmt.Errorf("read names: %w", err)
			}
			store.WhereIn(&w, "person_id", names)
		}
		for _, c := range []struct{ column, value string }{{"group_id", f.Group}, {"agent_id", f.Agent}, {"state", string(f.State)}, {"rule", f.Rule}} {
			if c.value != "" {
				w.Add(c.column+" = ?", c.value)
			}
		}
		page.After(&w, "at", "touch_id")
		rows, err := q.Query(`SELECT `+touchColumns+` FROM guard_touches`+w.SQL()+` ORDER BY at DESC, touch_id DESC LIMIT ?`, w.Args(page.Limit())...)
		list, err = store.Collect(rows, err, scanTouch)
		if err != nil {
			return fmt.Errorf("list touches: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	list, next = store.Cut(page, list, func(t Touch) (time.Time, string) { return t.At, t.ID })
	return list, next, nil
}

// Tally is how many touches came to what, by the rule that suppressed them.
type Tally struct {
	State         State
	Rule          string
	Transactional bool
	Outside       bool
	Touches       int64
}

// Tallies count the touches of a merchant with from <= At < until. agent, unless
// empty, counts only what that agent asked for.
func (g *Guard) Tallies(ctx context.Context, m live.MerchantID, agent string, from, until time.Time) ([]Tally, error) {
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	w.Add("at >= ?", store.Millis(from))
	w.Add("at < ?", store.Millis(until))
	if agent != "" {
		w.Add("agent_id = ?", agent)
	}
	rows, err := g.store.View(ctx).Query(`SELECT state, rule, transactional, outside, COUNT(*) FROM guard_touches`+w.SQL()+
		` GROUP BY state, rule, transactional, outside ORDER BY state, rule, transactional, outside`, w.Args()...)
	list, err := store.Collect(rows, err, func(r store.Scanner) (t Tally, err error) {
		var transactional, outside int64
		err = r.Scan(&t.State, &t.Rule, &transactional, &outside, &t.Touches)
		t.Transactional, t.Outside = transactional != 0, outside != 0
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("count touches: %w", err)
	}
	return list, nil
}
