package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"showrunner/live"
)

// sellers is the merchant whose orders are attributed.
const sellers live.MerchantID = "sellers"

const (
	// copiedAtOnce is about how many rows one statement copies: enough for few parts,
	// and little beside the memory of the engine.
	copiedAtOnce = 1_000_000
	// toldEvery is how often the bench says how far it is.
	toldEvery = 10 * time.Second
	// apart is between the places in the log of two copies.
	apart = 1_000_000
)

// copies is a drawn show made many times by the engine, in facts and, by their
// views, in every rollup. A person is another in every copy.
type copies struct {
	of      live.MerchantID // of the show that is copied
	names   string          // merchant_id, show_id and room_id of a copy
	persons int             // some of so many come back; 0: none does
	step    time.Duration   // from one copy to the next, onward
	shift   time.Duration   // of the first
	place   int64           // number of the first copy, for places in the log
	only    string          // which rows, as a condition
}

// insert makes some copies, from one on.
func (x *copies) insert(ctx context.Context, conn driver.Conn, from, some int) error {
	who := func(column string) string {
		name := fmt.Sprintf(`cityHash64(%s, copy)`, column)
		if x.persons > 0 {
			name = fmt.Sprintf(`%s %% %d`, name, x.persons)
		}
		return fmt.Sprintf(`if(%[1]s IN ('', '=', 'host'), %[1]s, concat('p', toString(%[2]s)))`, column, name)
	}
	shift := fmt.Sprintf(`toIntervalMillisecond(copy * %d + %d)`, x.step.Milliseconds(), x.shift.Milliseconds())
	names := x.names + who("person_id") + fmt.Sprintf(` AS person_id, seq + (copy + %d) * %d AS seq, `, x.place, apart)
	for _, t := range []struct{ table, more string }{
		{"events", `ts + ` + shift + ` AS ts, ` + who("actor_id") + ` AS actor_id, ` +
			`if(uuid_low = 0, 0, bitXor(uuid_high, toInt64(cityHash64(copy, uuid_low) % 4096))) AS uuid_high, ` +
			`if(uuid_low = 0, 0, bitOr(bitShiftLeft(toUInt64(2), 62), bitShiftRight(cityHash64(uuid_low, copy), 2))) AS uuid_low`},
		{"order_deltas", `at + ` + shift + ` AS at, fact_at + ` + shift + ` AS fact_at, paid_at + ` + shift + ` AS paid_at, concat(order_id, '-', toString(copy)) AS order_id`},
	} {
		sql := fmt.Sprintf(`INSERT INTO %[1]s SELECT * EXCEPT (copy) REPLACE (%[2]s%[3]s) FROM (SELECT * FROM %[1]s WHERE merchant_id = '%[6]s'%[7]s) AS m
			CROSS JOIN (SELECT number + %[4]d AS copy FROM numbers(%[5]d)) AS s
			SETTINGS prefer_column_name_to_alias = 1, max_partitions_per_insert_block = 12, insert_deduplicate = 0, deduplicate_blocks_in_dependent_materialized_views = 0, max_execution_time = 600`,
			t.table, names, t.more, from, some, x.of, x.only)
		if err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("copy a show: %w", err)
		}
	}
	return nil
}

// multiply copies the model to all shows, some at a time, and says how far it is.
func (c *BenchAnalyticsCmd) multiply(ctx context.Context, conn driver.Conn, model *drawnShow, stderr io.Writer) error {
	x := copies{
		of: model.show.Merchant, step: c.step(), place: 1,
		names:   fmt.Sprintf(`concat('m', toString(copy %% %d)) AS merchant_id, concat('show-', toString(copy)) AS show_id, concat('room-', toString(copy %% %d)) AS room_id, `, c.Merchants, c.Merchants),
		persons: max(1000, 8*len(model.all)*c.Shows/c.Merchants/perViewer/10),
	}
	some := max(1, copiedAtOnce/len(model.all))
	began, told := time.Now(), time.Now()
	for from := 0; from < c.Shows; from += some {
		if err := x.insert(ctx, conn, from, min(some, c.Shows-from)); err != nil {
			return err
		}
		if time.Since(told) < toldEvery {
			continue
		}
		told = time.Now()
		done := min(from+some, c.Shows)
		if _, err := fmt.Fprintf(stderr, "%d of %d shows copied, %.0f s\n", done, c.Shows, time.Since(began).Seconds()); err != nil {
			return fmt.Errorf("tell how far it is: %w", err)
		}
	}
	return nil
}

// sell copies what buyers of the large room did, and what they bought, to a merchant
// of their own until there are orders enough to attribute, over the last days.
func (c *BenchAnalyticsCmd) sell(ctx context.Context, conn driver.Conn, large *drawnShow, out *benchAnalytics) error {
	const buyers = ` AND show_id = 'large' AND person_id IN (SELECT person_id FROM order_deltas WHERE show_id = 'large' AND orders_paid > 0)`
	var paid uint64
	if err := conn.QueryRow(ctx, `SELECT uniqExact(order_id) FROM order_deltas WHERE show_id = 'large' AND orders_paid > 0`).Scan(&paid); err != nil {
		return fmt.Errorf("count the orders of the large room: %w", err)
	}
	if paid == 0 {
		return errors.New("nobody paid in the large room")
	}
	some := int((c.Journeys + int64(paid) - 1) / int64(paid))
	x := copies{
		of: large.show.Merchant, only: buyers, shift: -24 * time.Hour, step: -sellDays * 24 * time.Hour / time.Duration(some), place: int64(c.Shows) + 2,
		names: `'` + string(sellers) + `' AS merchant_id, concat('sale-', toString(copy)) AS show_id, 'sellers' AS room_id, `,
	}
	out.Journeys = int64(some) * int64(paid)
	return x.insert(ctx, conn, 0, some)
}

// sellDays is over how many days these sales lie.
const sellDays = 28
