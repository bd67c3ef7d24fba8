package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

const packetColumns = `packet_id, merchant_id, show_id, room_id, rehearsal, total_minor, currency, count, per_person, month_limit, watch_ms, follow,
	seed, seed_commit, dropped_at, opens_at, closes_at, ended_at, reason, claimed, claimed_minor, claims_hash`

func scanPacket(r scanner) (live.RedPacket, error) {
	var p live.RedPacket
	var rehearsal, watch, follow, dropped, opens, closes, ended int64
	err := r.Scan(&p.ID, &p.Merchant, &p.Show, &p.Room, &rehearsal, &p.Total, &p.Currency, &p.Count, &p.PerPerson, &p.MonthLimit, &watch, &follow,
		&p.Seed, &p.SeedCommit, &dropped, &opens, &closes, &ended, &p.Reason, &p.Claimed, &p.ClaimedMinor, &p.ClaimsHash)
	p.Rehearsal, p.WatchTime, p.Follow = rehearsal != 0, time.Duration(watch)*time.Millisecond, follow != 0
	p.DroppedAt, p.OpensAt, p.ClosesAt, p.EndedAt = at(dropped), at(opens), at(closes), at(ended)
	p.ClaimsHash = cmp.Or(p.ClaimsHash, p.TermsHash()) // no chain was kept yet
	return p, err
}

// runningPacket is the red packet of a show that has not ended; nil if there is
// none.
func runningPacket(q querier, show live.ShowID) (*live.RedPacket, error) {
	p, err := scanPacket(q.row(`SELECT `+packetColumns+` FROM red_packets WHERE show_id = ? AND ended_at = 0`, string(show)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read red packet: %w", err)
	}
	return &p, nil
}

// openPacket is runningPacket with what time did to it.
func (t *tx) openPacket(sh *live.Show) (*live.RedPacket, error) {
	p, err := runningPacket(t, sh.ID)
	if err != nil || p == nil || p.ClosesAt.After(t.now) {
		return p, err
	}
	return nil, t.closePacket(p, live.DropTime, itself, p.ClosesAt)
}

// packetTask is what a packet with a watch time asks for, for the count of it.
func packetTask(p *live.RedPacket) live.Task {
	if p.WatchTime > 0 {
		return live.TaskWatch
	}
	return live.TaskNone
}

// closePacket ends a red packet: what nobody took is the merchant's again, and
// the seed of its shares is told.
func (t *tx) closePacket(p *live.RedPacket, why live.DropEnd, by live.Principal, when time.Time) error {
	p.EndedAt, p.Reason = when, why
	if _, err := t.exec(`UPDATE red_packets SET ended_at = ?, reason = ? WHERE packet_id = ?`, ms(when), string(why), p.ID); err != nil {
		return fmt.Errorf("close red packet: %w", err)
	}
	if err := t.closeTask(p.ID, packetTask(p)); err != nil {
		return err
	}
	_, err := t.announceChange(packetShow(p), live.RedPacketClosed, by, when, packetData(p))
	return err
}

// endPacketOf closes the red packet of a show that ends.
func (t *tx) endPacketOf(sh *live.Show, by live.Principal) error {
	p, err := t.openPacket(sh)
	if err != nil || p == nil {
		return err
	}
	return t.closePacket(p, live.DropShowEnded, by, t.now)
}

func packetShow(p *live.RedPacket) *live.Show {
	return &live.Show{Merchant: p.Merchant, Room: p.Room, ID: p.Show, Rehearsal: p.Rehearsal}
}

// packetData is what a room is told of a red packet: never the seed before its
// time.
func packetData(p *live.RedPacket) map[string]any {
	data := map[string]any{
		"packet_id": p.ID, "total_minor": p.Total, "count": p.Count, "currency": p.Currency, "per_person": p.PerPerson, "seed_commit": p.SeedCommit,
		"terms_hash": p.TermsHash(),
		"opens_at":   stamp(p.OpensAt), "closes_at": stamp(p.ClosesAt), "claimed": p.Claimed, "claimed_minor": p.ClaimedMinor,
	}
	if p.MonthLimit > 0 {
		data["month_limit"] = p.MonthLimit
	}
	if p.WatchTime > 0 {
		data["watch_minutes"] = int64(p.WatchTime / time.Minute)
	}
	if p.Follow {
		data["follow"] = true
	}
	if !p.EndedAt.IsZero() {
		data["seed"], data["reason"], data["ended_at"], data["returned_minor"] = p.Seed, p.Reason, stamp(p.EndedAt), p.Returned()
		data["claims_hash"] = p.ClaimsHash
	}
	return data
}

func readDropRedPacket(a *args) effect {
	p := live.RedPacket{
		Total: a.integer("total_minor", true, 1, live.MaxMinor), Count: a.integer("count", true, 1, live.MaxPackets), PerPerson: 1,
		MonthLimit: a.integer("month_limit", false, 0, 1000), Follow: a.flag("follow"),
		WatchTime: time.Duration(a.integer("watch_minutes", false, 0, live.MaxWatchMinutes)) * time.Minute,
	}
	if n, given := a.optional("per_person", 1, 100); given {
		p.PerPerson = n
	}
	countdown, open := int64(300), int64(600)
	if n, given := a.optional("countdown_s", 0, live.MaxPacketCountdown); given {
		countdown = n
	}
	if n, given := a.optional("open_s", 1, live.MaxPacketOpen); given {
		open = n
	}
	if p.Count > p.Total && p.Total > 0 {
		a.fail("count", "must be at most the total: a share is at least one minor unit")
	}
	return func(t *tx, c *scene) error {
		if err := onAir(c.show, "a red packet"); err != nil {
			return err
		}
		if most := c.show.Currency.MajorUnits(live.MaxPacketsMajor); p.Total > most {
			return live.Invalid("invalid_field", "data.total_minor", "must be at most %d", most)
		}
		limits, err := c.limits(t)
		if err != nil {
			return err
		}
		p := p
		if err := limitPacket(&p, &limits, c.show.Currency); err != nil {
			return err
		}
		if running, err := t.openPacket(c.show); err != nil {
			return err
		} else if running != nil {
			busy := live.Conflict("red_packet_running", "a red packet runs until %s", stamp(running.ClosesAt))
			busy.Data = map[string]any{"packet_id": running.ID}
			return busy
		}
		p.ID, p.Merchant, p.Show, p.Room, p.Rehearsal = "rp_"+t.w.store.ids.next(t.now), c.room.Merchant, c.show.ID, c.room.ID, c.show.Rehearsal
		p.Currency, p.DroppedAt, p.Seed = c.show.Currency, t.now, secret(32)
		p.OpensAt = t.now.Add(time.Duration(countdown) * time.Second)
		p.ClosesAt = p.OpensAt.Add(time.Duration(open) * time.Second)
		if err := t.insertPacket(&p); err != nil {
			return err
		}
		t.openTask(c.show, p.ID, packetTask(&p), p.DroppedAt)
		return c.emit(t, live.RedPacketDropped, packetData(&p))
	}
}

var newShare = table(`red_packet_shares`, `packet_id, n, amount_minor, merchant_id`)

func (t *tx) insertPacket(p *live.RedPacket) error {
	seed, err := hex.DecodeString(p.Seed)
	if err != nil {
		return fmt.Errorf("make seed: %w", err)
	}
	p.SeedCommit = live.SeedCommit(seed)
	p.ClaimsHash = p.TermsHash()
	if _, err := t.exec(`INSERT INTO red_packets (`+packetColumns+`) VALUES (`+marks(22)+`)`,
		p.ID, string(p.Merchant), string(p.Show), string(p.Room), bit(p.Rehearsal), p.Total, string(p.Currency), p.Count, p.PerPerson, p.MonthLimit,
		p.WatchTime.Milliseconds(), bit(p.Follow), p.Seed, p.SeedCommit, ms(p.DroppedAt), ms(p.OpensAt), ms(p.ClosesAt), 0, "", 0, 0, p.ClaimsHash); err != nil {
		return fmt.Errorf("drop red packet: %w", err)
	}
	var rows []any
	for i, minor := range live.SplitPackets(seed, p.ID, p.Total, p.Count) {
		rows = append(rows, p.ID, int64(i+1), minor, string(p.Merchant))
	}
	if err := t.insert(newShare, rows); err != nil {
		return fmt.Errorf("write shares: %w", err)
	}
	return nil
}

// turnPackets closes the red packets whose time is over.
func (s *Store) turnPackets(ctx context.Context) error {
	due := func(q querier, now time.Time) ([]live.RedPacket, error) {
		rows, err := q.query(`SELECT `+packetColumns+` FROM red_packets WHERE ended_at = 0 AND closes_at <= ? ORDER BY closes_at, packet_id`, ms(now))
		return collect(rows, err, scanPacket)
	}
	_, err := turn(ctx, s, "close red packets", due, func(t *tx, p *live.RedPacket) error {
		return t.closePacket(p, live.DropTime, itself, p.ClosesAt)
	})
	return err
}

// RedPacket is a red packet as everybody may see it now, and once it has closed
// the shares that were taken, the first first. "packet_not_found" if there is
// none.
func (s *Store) RedPacket(ctx context.Context, m live.MerchantID, id string) (p live.RedPacket, shares []live.PacketShare, err error) {
	err = s.snapshot(ctx, func(q querier) error {
		p, err = scanPacket(q.row(`SELECT `+packetColumns+` FROM red_packets WHERE packet_id = ? AND merchant_id = ?`, id, string(m)))
		if errors.Is(err, sql.ErrNoRows) {
			return live.NotFound("packet_not_found", "there is no such red packet")
		}
		if err != nil {
			return fmt.Errorf("read red packet: %w", err)
		}
		if p.EndedAt.IsZero() {
			return nil
		}
		rows, err := q.query(`SELECT n, amount_minor, entry, link, taken_at FROM red_packet_shares WHERE packet_id = ? AND person_id IS NOT NULL ORDER BY n`, id)
		shares, err = collect(rows, err, func(r scanner) (s live.PacketShare, err error) {
			var taken int64
			err = r.Scan(&s.Number, &s.Minor, &s.Entry, &s.Link, &taken)
			s.Packet, s.Currency, s.At = p.ID, p.Currency, at(taken)
			return s, err
		})
		if err != nil {
			return fmt.Errorf("read shares: %w", err)
		}
		return nil
	})
	return p.Public(), shares, err
}

// RedPackets lists the red packets of a show by time.
func (s *Store) RedPackets(ctx context.Context, show live.ShowID) ([]live.RedPacket, error) {
	rows, err := s.reader(ctx).query(`SELECT `+packetColumns+` FROM red_packets WHERE show_id = ? ORDER BY dropped_at, packet_id`, string(show))
	list, err := collect(rows, err, scanPacket)
	if err != nil {
		return nil, fmt.Errorf("list red packets: %w", err)
	}
	for i := range list {
		list[i] = list[i].Public()
	}
	return list, nil
}
