package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"showrunner/live"
)

// insertApart sends every shard its rows of a block, under the same token: each
// remembers it for itself. When one of them does not take its rows, nobody knows
// whether it has them, and the whole block is to be sent again with that token: who
// took theirs drops them then.
func (db *DB) insertApart(ctx context.Context, b *block, token string) error {
	c, err := db.topology(ctx)
	if err != nil {
		return err
	}
	failed := make([]error, len(c.shards))
	var all sync.WaitGroup
	for i, part := range b.apart(len(c.shards), func(m string) int { return c.slots[slotOf(live.MerchantID(m), len(c.slots))] }) {
		if part != nil {
			all.Go(func() {
				if err := c.shards[i].insert(ctx, part, token); err != nil {
					failed[i] = fmt.Errorf("shard %d: %w", i+1, err)
				}
			})
		}
	}
	all.Wait()
	return errors.Join(failed...)
}

// apart divides a block by merchants; a part without rows is nil.
func (b *block) apart(parts int, of func(merchant string) int) []*block {
	out := make([]*block, parts)
	merchants, ok := b.data[slices.Index(b.names, "merchant_id")].([]string)
	if !ok || len(merchants) != b.rows {
		panic("BUG: a block of " + b.table + " has no merchants")
	}
	rows := make([][]int, parts)
	last, at := "", -1
	for i, m := range merchants {
		if at < 0 || m != last {
			last, at = m, of(m)
		}
		rows[at] = append(rows[at], i)
	}
	for i, of := range rows {
		switch len(of) {
		case 0:
		case b.rows:
			out[i] = b
		default:
			part := &block{table: b.table, rows: len(of), names: b.names, data: make([]any, len(b.data))}
			for j, column := range b.data {
				part.data[j] = rowsOf(column, of)
			}
			out[i] = part
		}
	}
	return out
}

// rowsOf are some rows of a column.
func rowsOf(column any, rows []int) any {
	switch c := column.(type) {
	case []string:
		return those(c, rows)
	case []time.Time:
		return those(c, rows)
	case []*time.Time:
		return those(c, rows)
	case []uint8:
		return those(c, rows)
	case []uint32:
		return those(c, rows)
	case []uint64:
		return those(c, rows)
	case []int64:
		return those(c, rows)
	}
	panic(fmt.Sprintf("BUG: a block has a column of %T", column))
}

func those[T any](column []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = column[row]
	}
	return out
}
