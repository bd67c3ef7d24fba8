package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/live"
)

// PutBenefitLimits sets what a merchant, or with a room that room, may give
// away; it replaces all that was set there.
//
// Codes: those of [live.BenefitLimits.Validate], "forbidden", "room_not_found".
func (s *Store) PutBenefitLimits(ctx context.Context, m live.MerchantID, room live.RoomID, l live.BenefitLimits, by live.Principal) error {
	if err := mayWrite(by, live.ActLimitWrite, m, room); err != nil {
		return err
	}
	if err := l.Validate(); err != nil {
		return err
	}
	raw, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode benefit limits: %w", err)
	}
	return s.write(ctx, func(t *tx) error {
		if room != "" {
			if r, err := findRoom(t, room); err != nil {
				return err
			} else if r.Merchant != m {
				return live.NotFound("room_not_found", "there is no such room")
			}
		}
		if _, err := t.exec(`INSERT INTO benefit_limits (merchant_id, room_id, limits, updated_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (merchant_id, room_id) DO UPDATE SET limits = excluded.limits, updated_at = excluded.updated_at`,
			string(m), string(room), string(raw), ms(t.now)); err != nil {
			return fmt.Errorf("write benefit limits: %w", err)
		}
		detail, err := json.Marshal(map[string]any{"room_id": room, "limits": l})
		if err != nil {
			return fmt.Errorf("encode benefit limits: %w", err)
		}
		return t.audited(AuditRow{Merchant: m, Actor: by.Actor(), Action: "benefit_limits.put", Detail: string(detail)})
	})
}

// BenefitLimits is what was set for a merchant, or with a room for that room
// alone, and what holds there: the narrower of the room's and the merchant's.
func (s *Store) BenefitLimits(ctx context.Context, m live.MerchantID, room live.RoomID) (own, holds live.BenefitLimits, err error) {
	err = s.snapshot(ctx, func(q querier) error {
		own, holds, err = benefitLimits(q, m, room)
		return err
	})
	return own, holds, err
}

func benefitLimits(q querier, m live.MerchantID, room live.RoomID) (own, holds live.BenefitLimits, err error) {
	type row struct{ room, limits string }
	rows, err := q.query(`SELECT room_id, limits FROM benefit_limits WHERE merchant_id = ? AND room_id IN ('', ?)`, string(m), string(room))
	list, err := collect(rows, err, func(r scanner) (x row, err error) { return x, r.Scan(&x.room, &x.limits) })
	if err != nil {
		return own, holds, fmt.Errorf("read benefit limits: %w", err)
	}
	for _, x := range list {
		var l live.BenefitLimits
		if err := json.Unmarshal([]byte(x.limits), &l); err != nil {
			return own, holds, fmt.Errorf("read benefit limits: %w", err)
		}
		holds = holds.Narrower(l)
		if x.room == string(room) {
			own = l
		}
	}
	return own, holds, nil
}

// limits is what may be given away in the room of a scene.
func (c *scene) limits(t *tx) (live.BenefitLimits, error) {
	_, holds, err := benefitLimits(t, c.room.Merchant, c.room.ID)
	return holds, err
}

// limitPacket refuses a red packet beyond the limits, and holds its shares of a
// person in 30 days within them.
func limitPacket(p *live.RedPacket, l *live.BenefitLimits, c live.Currency) error {
	switch {
	case l.PacketUnits != nil && p.Total > c.MajorUnits(*l.PacketUnits):
		return live.OverBenefit("total_minor", "red_packet_units", c.MajorUnits(*l.PacketUnits))
	case l.PacketCount != nil && p.Count > *l.PacketCount:
		return live.OverBenefit("count", "red_packet_count", *l.PacketCount)
	case l.PacketMonth != nil && p.MonthLimit > *l.PacketMonth:
		return live.OverBenefit("month_limit", "red_packet_month_limit", *l.PacketMonth)
	case l.PacketMonth != nil && p.MonthLimit == 0:
		p.MonthLimit = *l.PacketMonth
	}
	return nil
}

func limitDraw(r *live.DrawRules, l *live.BenefitLimits, c live.Currency) error {
	switch {
	case l.PrizeUnits != nil && r.PrizeMinor > c.MajorUnits(*l.PrizeUnits):
		return live.OverBenefit("prize_minor", "draw_prize_units", c.MajorUnits(*l.PrizeUnits))
	case l.DrawWinners != nil && r.Winners > *l.DrawWinners:
		return live.OverBenefit("winners", "draw_winners", *l.DrawWinners)
	}
	return nil
}

// limitDrop refuses a drop of coupons that may last too long, or is one too many
// of its show.
func (t *tx) limitDrop(d *live.CouponDrop, l *live.BenefitLimits) error {
	if l.DropMinutes != nil && (d.EndsAt.IsZero() || d.EndsAt.Sub(d.StartsAt) > time.Duration(*l.DropMinutes)*time.Minute) {
		field := map[live.DropWindow]string{live.WindowMinutes: "window_minutes", live.WindowTime: "window_until"}[d.Window]
		if field == "" {
			field = "window"
		}
		return live.OverBenefit(field, "coupon_drop_minutes", *l.DropMinutes)
	}
	if l.DropsPerShow == nil {
		return nil
	}
	var n int64
	if err := t.row(`SELECT COUNT(*) FROM coupon_drops WHERE show_id = ?`, string(d.Show)).Scan(&n); err != nil {
		return fmt.Errorf("count coupon drops: %w", err)
	}
	if n >= *l.DropsPerShow {
		return live.OverBenefit("batch_id", "coupon_drops", *l.DropsPerShow)
	}
	return nil
}
