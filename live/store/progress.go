package store

import (
	"context"
	"fmt"

	"showrunner/live"
)

// BenefitProgress is how far the benefits that run in a show have come. It is
// one statement, so that a room can be told once a second.
func (s *Store) BenefitProgress(ctx context.Context, show live.ShowID) (p live.BenefitProgress, err error) {
	type row struct {
		kind, id, state string
		done, all       int64
	}
	rows, err := s.reader(ctx).query(`SELECT 'coupon', b.batch_id, '', b.claimed, b.total FROM coupon_drops d
			JOIN coupon_batches b ON b.merchant_id = d.merchant_id AND b.batch_id = d.batch_id WHERE d.show_id = ? AND d.ended_at = 0
		UNION ALL SELECT 'packet', packet_id, '', claimed, count FROM red_packets WHERE show_id = ? AND ended_at = 0
		UNION ALL SELECT 'draw', draw_id, state, entries, 0 FROM draws WHERE show_id = ? AND state IN ('open', 'closed')`,
		string(show), string(show), string(show))
	list, err := collect(rows, err, func(r scanner) (v row, err error) { return v, r.Scan(&v.kind, &v.id, &v.state, &v.done, &v.all) })
	if err != nil {
		return p, fmt.Errorf("read the progress of benefits: %w", err)
	}
	for _, v := range list {
		switch v.kind {
		case "coupon":
			p.Coupon = &live.CouponProgress{Batch: v.id, Claimed: v.done, Total: v.all}
		case "packet":
			p.Packet = &live.PacketProgress{Packet: v.id, Claimed: v.done, Count: v.all}
		case "draw":
			p.Draw = &live.DrawProgress{Draw: v.id, State: live.DrawState(v.state), Entries: v.done}
		}
	}
	return p, nil
}
