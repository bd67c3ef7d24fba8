package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// packetMonth is the time over which month_limit counts.
const packetMonth = 30 * 24 * time.Hour

// ClaimPacket gives a viewer the next share of the red packet of a room. The
// n-th who comes gets the n-th share: writers take turns, and a share is a row
// that is taken once.
//
// Codes: "invalid_field", "forbidden", "insider", "show_not_found",
// "show_not_live", "no_red_packet", "red_packet_not_open" (with the time to
// wait), "red_packet_limit" (data: limit, have), "task_unmet".
func (s *Store) ClaimPacket(ctx context.Context, want live.ClaimPacket) (live.PacketShare, error) {
	if err := benefitCaller(want.By, "packet_id", want.Packet); err != nil {
		return live.PacketShare{}, err
	}
	if want.Claim != "" && !live.ValidID(want.Claim) {
		return live.PacketShare{}, badID("event_id")
	}
	if err := s.flushWatch(ctx); err != nil {
		return live.PacketShare{}, err
	}
	var got live.PacketShare
	err := s.write(ctx, func(t *tx) error {
		// First of all: a retry may come when everything is gone.
		var again bool
		var err error
		if got, again, err = t.sharedBefore(&want); err != nil || again {
			return err
		}
		sh, err := t.benefitShow("", want.Room, want.By)
		if err != nil {
			return err
		}
		p, err := t.openPacket(&sh)
		if err != nil {
			return err
		}
		if p == nil || p.ID != want.Packet {
			return live.Conflict("no_red_packet", "no such red packet is here now")
		}
		if err := t.mayShare(&sh, p, live.PersonID(want.By.Subject)); err != nil {
			return err
		}
		got, err = t.share(&sh, p, &want)
		return err
	})
	if err != nil {
		return live.PacketShare{}, err
	}
	return got, nil
}

func (t *tx) sharedBefore(want *live.ClaimPacket) (s live.PacketShare, ok bool, err error) {
	if want.Claim == "" {
		return s, false, nil
	}
	var taken int64
	err = t.row(`SELECT s.packet_id, s.n, s.amount_minor, p.currency, s.entry, s.nonce, s.link, s.taken_at FROM red_packet_shares s JOIN red_packets p ON p.packet_id = s.packet_id
		WHERE s.packet_id = ? AND s.person_id = ? AND s.claim_id = ? AND s.merchant_id = ?`,
		want.Packet, want.By.Subject, want.Claim, string(want.By.Merchant)).Scan(&s.Packet, &s.Number, &s.Minor, &s.Currency, &s.Entry, &s.Nonce, &s.Link, &taken)
	if errors.Is(err, sql.ErrNoRows) {
		return live.PacketShare{}, false, nil
	}
	if err != nil {
		return live.PacketShare{}, false, fmt.Errorf("read share: %w", err)
	}
	s.At, s.Replay = at(taken), true
	return s, true, nil
}

// mayShare refuses who comes too early, has had their part, or has not done
// what the packet asks for.
func (t *tx) mayShare(sh *live.Show, p *live.RedPacket, person live.PersonID) error {
	if wait := p.OpensAt.Sub(t.now); wait > 0 {
		early := live.Conflict("red_packet_not_open", "it opens at %s", stamp(p.OpensAt))
		early.RetryAfter = wait
		return early
	}
	if err := t.outsider(sh, person); err != nil {
		return err
	}
	var here, month int64
	if err := t.row(`SELECT COUNT(*) FROM red_packet_shares WHERE packet_id = ? AND person_id = ?`, p.ID, string(person)).Scan(&here); err != nil {
		return fmt.Errorf("count shares of a person: %w", err)
	}
	limit, have := p.PerPerson, here
	if p.MonthLimit > 0 && here < p.PerPerson {
		if err := t.row(`SELECT COUNT(*) FROM red_packet_shares WHERE merchant_id = ? AND person_id = ? AND taken_at > ?`,
			string(p.Merchant), string(person), ms(t.now.Add(-packetMonth))).Scan(&month); err != nil {
			return fmt.Errorf("count shares of a person: %w", err)
		}
		limit, have = p.MonthLimit, month
	}
	if have >= limit {
		no := live.Conflict("red_packet_limit", "one person may take %d; you have %d", limit, have)
		no.Data = map[string]any{"limit": limit, "have": have}
		return no
	}
	if p.Follow {
		if err := t.taskMet(sh, p.ID, live.TaskFollow, 0, p.DroppedAt, person); err != nil {
			return err
		}
	}
	return t.taskMet(sh, p.ID, packetTask(p), p.WatchTime, p.DroppedAt, person)
}

// share gives the next share away; the last one closes the packet.
func (t *tx) share(sh *live.Show, p *live.RedPacket, want *live.ClaimPacket) (live.PacketShare, error) {
	s := live.PacketShare{Packet: p.ID, Number: p.Claimed + 1, Currency: p.Currency, At: t.now}
	var claim any // NULL when the client gave no name
	if want.Claim != "" {
		claim = want.Claim
	}
	if err := t.row(`SELECT amount_minor FROM red_packet_shares WHERE packet_id = ? AND n = ?`, p.ID, s.Number).Scan(&s.Minor); err != nil {
		return s, fmt.Errorf("read share: %w", err)
	}
	s.Nonce = secret(16)
	s.Entry = live.DrawEntry(p.ID, live.PersonID(want.By.Subject), s.Nonce)
	s.Link = live.PacketLink(p.ClaimsHash, s.Number, s.Minor, s.Entry)
	n, err := t.changed(`UPDATE red_packet_shares SET person_id = ?, claim_id = ?, taken_at = ?, entry = ?, nonce = ?, link = ? WHERE packet_id = ? AND n = ? AND person_id IS NULL`,
		want.By.Subject, claim, ms(t.now), s.Entry, s.Nonce, s.Link, p.ID, s.Number)
	if err != nil {
		return s, fmt.Errorf("take share: %w", err)
	}
	if n != 1 {
		return s, fmt.Errorf("BUG: share %d of %s is taken already", s.Number, p.ID)
	}
	p.Claimed++
	p.ClaimedMinor += s.Minor
	p.ClaimsHash = s.Link
	if _, err := t.exec(`UPDATE red_packets SET claimed = ?, claimed_minor = ?, claims_hash = ? WHERE packet_id = ?`, p.Claimed, p.ClaimedMinor, p.ClaimsHash, p.ID); err != nil {
		return s, fmt.Errorf("count share: %w", err)
	}
	if err := t.takenBenefit(sh, live.RedPacketClaimed, want.By, want.Channel, want.Campaign, map[string]any{
		"packet_id": p.ID, "n": s.Number, "amount_minor": s.Minor, "currency": p.Currency, "claimed": p.Claimed, "count": p.Count,
	}); err != nil {
		return s, err
	}
	if p.Claimed == p.Count {
		return s, t.closePacket(p, live.DropExhausted, itself, t.now)
	}
	return s, nil
}
