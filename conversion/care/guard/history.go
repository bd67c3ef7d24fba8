package guard

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// caseOf reads what the rules look at. Every question is for one row by an index:
// orders wait while it runs inside a change.
func caseOf(q store.Querier, t *Touch, r *TouchRules, now time.Time) (*Case, error) {
	c := &Case{Now: now, Channel: t.Channel, Group: t.Group != "", Nth: make([]time.Time, len(r.Caps))}
	var whom store.Where
	whom.Add("merchant_id = ?", string(t.Merchant))
	if c.Group {
		whom.Add("group_id = ?", t.Group)
	} else {
		names, err := q.Aliases(t.Merchant, t.Person)
		if err != nil {
			return nil, fmt.Errorf("read names: %w", err)
		}
		if c.Wishes, err = readWishes(q, t.Merchant, t.Person, names); err != nil {
			return nil, err
		}
		store.WhereIn(&whom, "person_id", names)
		if c.Answered, err = newest(q, `SELECT COALESCE(MAX(at), 0) FROM guard_answers`, &whom); err != nil {
			return nil, err
		}
	}
	var err error
	pause := whom
	pause.Add("ended_at = 0")
	if c.PausedUntil, err = newest(q, `SELECT COALESCE(MAX(until_at), 0) FROM guard_pauses`, &pause); err != nil {
		return nil, err
	}
	sent := whom
	// A planned touch takes its room until it expires.
	sent.Add("counted = 1 AND (state <> 'planned' OR effective_at > ?)", store.Millis(now))
	if d := r.CoolDown; d != nil && !c.Group {
		if c.Newest, err = nth(q, &sent, 1); err != nil {
			return nil, err
		}
		if c.Unanswered, err = nth(q, &sent, d.After); err != nil {
			return nil, err
		}
	}
	for i := range r.Caps {
		k := &r.Caps[i]
		if !k.Applies(c.Group, c.Channel) || k.AtMost == 0 {
			continue
		}
		if k.Per == PerMerchant {
			c.Nth[i], err = nthOfMerchant(q, t.Merchant, k, now)
		} else {
			of := sent
			if k.Per == PerPersonChannel {
				of.Add("channel = ?", c.Channel)
			}
			c.Nth[i], err = nth(q, &of, k.AtMost)
		}
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// nth is when the touch took effect that is n back from the newest, itself
// included; zero: there are fewer.
func nth(q store.Querier, of *store.Where, n int) (time.Time, error) {
	var at int64
	err := q.Row(`SELECT effective_at FROM guard_touches`+of.SQL()+` ORDER BY effective_at DESC LIMIT 1 OFFSET ?`, of.Args(n-1)...).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read what was sent: %w", err)
	}
	return store.Time(at), nil
}

func newest(q store.Querier, query string, of *store.Where) (time.Time, error) {
	var at int64
	if err := q.Row(query+of.SQL(), of.Args()...).Scan(&at); err != nil {
		return time.Time{}, fmt.Errorf("read what happened last: %w", err)
	}
	return store.Time(at), nil
}

// nthOfMerchant is [nth] over all of a merchant, to the end of the minute: it may
// keep back up to a minute longer than needed, and never less.
func nthOfMerchant(q store.Querier, m live.MerchantID, k *Cap, now time.Time) (time.Time, error) {
	const minute = int64(time.Minute / time.Millisecond)
	from := store.Millis(now.Add(-time.Duration(k.Hours)*time.Hour)) / minute
	rows, err := q.Query(`SELECT minute, n FROM guard_minutes WHERE merchant_id = ? AND minute >= ? ORDER BY minute DESC`, string(m), from)
	type count struct{ minute, n int64 }
	list, err := store.Collect(rows, err, func(r store.Scanner) (c count, err error) { return c, r.Scan(&c.minute, &c.n) })
	if err != nil {
		return time.Time{}, fmt.Errorf("count what was sent: %w", err)
	}
	sum := int64(0)
	for _, c := range list {
		if sum += c.n; sum >= int64(k.AtMost) {
			return store.Time((c.minute + 1) * minute), nil
		}
	}
	return time.Time{}, nil
}

// trim forgets minutes that no cap looks at any more.
func trim(tx *store.Tx, m live.MerchantID) error {
	const kept = 25 * time.Hour
	if _, err := tx.Exec(`DELETE FROM guard_minutes WHERE merchant_id = ? AND minute < ?`, string(m), store.Millis(tx.Now().Add(-kept))/time.Minute.Milliseconds()); err != nil {
		return fmt.Errorf("forget old minutes: %w", err)
	}
	return nil
}
