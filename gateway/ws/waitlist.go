package ws

import (
	"showrunner/live"
)

type waitJSON struct {
	SKU       live.SKUID     `json:"sku_id"`
	Qty       int64          `json:"qty"`
	State     live.WaitState `json:"state"`
	Ahead     int64          `json:"ahead"`
	ExpiresAt string         `json:"expires_at,omitempty"`
	Replay    bool           `json:"replay"`
}

// joinWaitlist gives a viewer a place in the line for a SKU. The store decides
// it, so it does not go the way of other facts.
func (c *conn) joinWaitlist(q request) (any, error) {
	if !c.who.May(live.ActOrderPlace) {
		return nil, live.Forbidden("forbidden", "this role waits for no stock")
	}
	d := struct {
		SKU live.SKUID `json:"sku_id"`
		Qty int64      `json:"qty"`
	}{Qty: 1}
	if err := strict(q.Data, &d); err != nil {
		return nil, err
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	w, err := c.srv.deps.Store.JoinWaitlist(ctx, live.JoinWaitlist{Room: c.room.ID, Person: c.who, SKU: d.SKU, Qty: d.Qty})
	if err != nil {
		return nil, err
	}
	out := waitJSON{SKU: w.SKU, Qty: w.Qty, State: w.State, Ahead: w.Ahead, Replay: w.Replay}
	if !w.ExpiresAt.IsZero() {
		out.ExpiresAt = stamp(w.ExpiresAt)
	}
	return out, nil
}
