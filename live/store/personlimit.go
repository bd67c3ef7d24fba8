package store

import (
	"fmt"

	"showrunner/live"
)

// personKey is one person's share of one SKU of a show.
type personKey struct {
	stockKey
	person live.PersonID
}

// withinLimit refuses an order that would give a person more of a SKU than its
// show allows them. Writers take turns, and so do the orders of one group, so
// two orders of one person cannot both see the other's place empty.
func (c *till) withinLimit(sh *live.Show, person live.PersonID, l live.WantedLine, limit int64) error {
	if limit == 0 {
		return nil
	}
	k := personKey{stockKey{sh.ID, l.SKU}, person}
	have, known := c.had[k]
	if !known {
		var err error
		if have, err = c.t.ordered(sh, person, l.SKU); err != nil {
			return err
		}
		c.had[k] = have
	}
	if have+l.Qty <= limit {
		return nil
	}
	return personLimit(l.SKU, limit, have)
}

// ordered is how many units of a SKU a person has in orders of the show that
// are not cancelled, and in cancelled ones that still hold what was paid.
func (t *tx) ordered(sh *live.Show, person live.PersonID, sku live.SKUID) (have int64, err error) {
	if err := t.row(`SELECT COALESCE(SUM(l.qty), 0) FROM orders o JOIN order_lines l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id
		WHERE o.merchant_id = ? AND o.person_id = ? AND o.show_id = ? AND l.sku_id = ? AND (o.state <> 'cancelled' OR l.held <> '')`,
		string(sh.Merchant), string(person), string(sh.ID), string(sku)).Scan(&have); err != nil {
		return 0, fmt.Errorf("count what a person ordered: %w", err)
	}
	return have, nil
}

func personLimit(sku live.SKUID, limit, have int64) error {
	err := live.Conflict("person_limit", "one person may buy %d of %s; you have ordered %d", limit, sku, have)
	err.Data = map[string]any{"sku_id": string(sku), "limit": limit, "have": have}
	return err
}
