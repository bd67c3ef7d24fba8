package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics"
)

// behaviourKinds are the kinds whose rows age, as a list in SQL.
var behaviourKinds = func() string {
	var quoted []string
	for _, k := range analytics.BehaviourKinds {
		quoted = append(quoted, `'`+string(k)+`'`)
	}
	return strings.Join(quoted, `, `)
}()

// ttlOf is the expression by which ClickHouse lets raw behaviour go, as it writes
// it. All other
// rows of events, and all other tables, have none.
func ttlOf(days int) string {
	return fmt.Sprintf(`toDateTime(ts) + toIntervalDay(%d) WHERE kind IN (%s)`, days, behaviourKinds)
}

// clockSlack is how far the clocks of servers and of ClickHouse may differ.
const clockSlack = time.Hour

// Retain keeps raw behaviour for so many days, 0 for ever. A policy that is in
// force already changes nothing; another one is noted and tells ClickHouse how to
// treat rows from now on, without rewriting any: [DB.Forget] lets go what is due.
// Call it after [DB.Migrate].
func (db *DB) Retain(ctx context.Context, days int) error {
	if days < 0 {
		return fmt.Errorf("retain: %d days", days)
	}
	if db.cfg.Cluster != "" {
		shards, err := db.shards(ctx)
		for _, s := range shards {
			err = errors.Join(err, s.Retain(ctx, days))
		}
		return err
	}
	policies, err := db.policies(ctx)
	if err != nil {
		return err
	}
	var is string
	if err := db.rows(ctx, "retention", nil, `SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
		func(scan scanner) error { return scan(&is) }); err != nil {
		return err
	}
	aging := strings.Contains(is, " TTL ")
	if noted := policies[len(policies)-1].days == days; noted && (strings.Contains(is, ttlOf(days)) || days == 0 && !aging) {
		return nil
	}
	// Noted first: rows that go while nobody knows would be missed.
	if err := db.conn.Exec(db.ddl(ctx), `INSERT INTO retention (since, days) VALUES (?, ?)`, db.cfg.Now().UTC(), uint32(days)); err != nil {
		return fmt.Errorf("retain: note the policy: %w", err)
	}
	change := `MODIFY TTL ` + ttlOf(days)
	if days == 0 {
		if !aging {
			return nil
		}
		change = `REMOVE TTL`
	}
	settings := ch.WithSettings(ch.Settings{"materialize_ttl_after_modify": 0, "alter_sync": 2, "max_execution_time": 300})
	if err := db.patient.Exec(ch.Context(ctx, settings), `ALTER TABLE events `+change); err != nil {
		return fmt.Errorf("retain: %w", err)
	}
	db.cfg.Logger.InfoContext(ctx, "the retention of raw behaviour was changed", "days", days)
	return nil
}

// policy is how long raw behaviour was kept since an instant.
type policy struct {
	since time.Time
	days  int
}

// policies are all there were, the first one of before any: everything is kept.
func (db *DB) policies(ctx context.Context) ([]policy, error) {
	out := []policy{{}}
	err := db.rows(ctx, "retention", nil, `SELECT since, days FROM retention FINAL ORDER BY since`, func(scan scanner) error {
		var p policy
		var days uint32
		if err := scan(&p.since, &days); err != nil {
			return err
		}
		p.days = int(days)
		out = append(out, p)
		return nil
	})
	return out, err
}

// BehaviourGone is the instant before which raw behaviour may be gone by now: the
// latest that any policy there was has let go. Zero: all of it is there.
func (db *DB) BehaviourGone(ctx context.Context) (before time.Time, err error) {
	if db.cfg.Cluster != "" {
		shards, err := db.shards(ctx)
		if err != nil {
			return before, err
		}
		for _, s := range shards {
			t, err := s.BehaviourGone(ctx)
			if err != nil {
				return before, err
			}
			if t.After(before) {
				before = t
			}
		}
		return before, nil
	}
	policies, err := db.policies(ctx)
	if err != nil {
		return before, err
	}
	return goneBy(policies, db.cfg.Now().UTC()), nil
}

func goneBy(policies []policy, now time.Time) (before time.Time) {
	for i, p := range policies {
		if p.days == 0 {
			continue
		}
		end := now
		if i+1 < len(policies) {
			end = policies[i+1].since
		}
		if t := end.Add(clockSlack).AddDate(0, 0, -p.days); t.After(before) {
			before = t
		}
	}
	return before
}

// Forget lets raw behaviour go that is due and that no merge has met: of the
// months that have some, one after the other, by rewriting these alone. It tells
// how many months there were, on a cluster those of every shard.
func (db *DB) Forget(ctx context.Context) (months int, err error) {
	if db.cfg.Cluster != "" {
		shards, err := db.shards(ctx)
		for _, s := range shards {
			n, serr := s.Forget(ctx)
			months, err = months+n, errors.Join(err, serr)
		}
		return months, err
	}
	policies, err := db.policies(ctx)
	if err != nil {
		return 0, err
	}
	now := policies[len(policies)-1]
	if now.days == 0 {
		return 0, nil
	}
	due := db.cfg.Now().UTC().Add(-clockSlack).AddDate(0, 0, -now.days)
	var partitions []string
	err = db.rows(ctx, "retention", ch.Parameters{"due": fmt.Sprint(due.UnixMilli())}, `SELECT DISTINCT _partition_id AS p FROM events WHERE ts < fromUnixTimestamp64Milli({due:Int64}, 'UTC') AND kind IN (`+behaviourKinds+`) ORDER BY p`,
		func(scan scanner) error {
			var p string
			if err := scan(&p); err != nil {
				return err
			}
			partitions = append(partitions, p)
			return nil
		})
	if err != nil {
		return 0, err
	}
	settings := ch.WithSettings(ch.Settings{"mutations_sync": 2, "max_execution_time": 0})
	for i, p := range partitions {
		if err := db.patient.Exec(ch.Context(ctx, settings), `ALTER TABLE events MATERIALIZE TTL IN PARTITION ID '`+p+`'`); err != nil {
			return i, fmt.Errorf("let behaviour of %s go: %w", p, err)
		}
		db.cfg.Logger.InfoContext(ctx, "raw behaviour that is past its retention is gone", "month", p)
	}
	return len(partitions), nil
}
