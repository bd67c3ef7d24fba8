package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"sync"

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
