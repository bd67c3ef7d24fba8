package store

import (
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

func grab(s *Store, t testing.TB, who, packet, name string) (live.PacketShare, error) {
	return s.ClaimPacket(t.Context(), live.ClaimPacket{Room: "r1", Packet: packet, By: viewer(who), Claim: name})
}

func dropPacket(t testing.TB, s *Store, id, args string) string {
	t.Helper()
	do(t, s, live.DropRedPacket, id, args)
	state, err := s.RoomState(t.Context(), "r1")
	if err != nil || state.Packet == nil || state.Packet.Seed != "" {
		t.Fatalf("packet = %+v, %v", state.Packet, err)
	}
	return state.Packet.ID
}

// Five hundred grab for a hundred shares at once: each share once, each person
// once, the sum to the minor unit, and the shares are those of the seed.
func TestRedPacketStorm(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	id := dropPacket(t, s, "p", `{"total_minor":100000,"count":100,"countdown_s":60}`)
	_, err := grab(s, t, "v0", id, "")
	if e := wantCode(t, err, "red_packet_not_open"); e.RetryAfter != time.Minute {
		t.Errorf("wait %v", e.RetryAfter)
	}
	c.add(time.Minute)
	var mu sync.Mutex
	var sum, refused atomic.Int64
	shares, told := map[int64]int64{}, map[int64]live.PacketShare{}
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			got, err := grab(s, t, fmt.Sprint("v", i%120), id, "")
			if err != nil {
				if !errors.Is(err, &live.Error{Code: "no_red_packet"}) && !errors.Is(err, &live.Error{Code: "red_packet_limit"}) {
					t.Error(err)
				}
				refused.Add(1)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if shares[got.Number] != 0 {
				t.Errorf("share %d went twice", got.Number)
			}
			shares[got.Number], told[got.Number] = got.Minor, got
			sum.Add(got.Minor)
		})
	}
	wg.Wait()
	if len(shares) != 100 || sum.Load() != 100_000 || refused.Load() != 400 {
		t.Errorf("%d shares of %d, %d refused", len(shares), sum.Load(), refused.Load())
	}
	var persons int64
	if err := s.reader(t.Context()).row(`SELECT COUNT(DISTINCT person_id) FROM red_packet_shares`).Scan(&persons); err != nil || persons != 100 {
		t.Errorf("%d persons, %v", persons, err)
	}
	_, dropped := eventOf(t, s, live.RedPacketDropped)
	_, closed := eventOf(t, s, live.RedPacketClosed)
	seed, err := hex.DecodeString(closed["seed"].(string))
	if err != nil || live.SeedCommit(seed) != dropped["seed_commit"] || dropped["seed"] != nil {
		t.Errorf("dropped %v, closed %v", dropped, closed)
	}
	for i, minor := range live.SplitPackets(seed, id, 100_000, 100) {
		if shares[int64(i+1)] != minor {
			t.Errorf("share %d was %d, the seed says %d", i+1, shares[int64(i+1)], minor)
		}
	}
	// However they came, their claims are one chain, and each link is what its
	// owner was told at the time.
	p, proof, err := s.RedPacket(t.Context(), "m1", id)
	if err != nil || len(proof) != 100 || p.Seed == "" || closed["claims_hash"] != p.ClaimsHash || dropped["terms_hash"] != p.TermsHash() {
		t.Fatalf("proof of %+v with %d shares: %v", p, len(proof), err)
	}
	link := p.TermsHash()
	for i, x := range proof {
		link = live.PacketLink(link, int64(i+1), x.Minor, x.Entry)
		if mine := told[int64(i+1)]; x.Link != link || mine.Link != link || mine.Entry != x.Entry || x.Nonce != "" {
			t.Fatalf("share %d is %+v, its owner was told %+v, the chain says %s", i+1, x, mine, link)
		}
	}
	if link != p.ClaimsHash {
		t.Errorf("the chain ends in %s, published is %s", link, p.ClaimsHash)
	}
	if _, _, err := s.RedPacket(t.Context(), "m2", id); !errors.Is(err, live.NotFound("packet_not_found", "")) {
		t.Errorf("another merchant's: %v", err)
	}
	if closed["reason"] != "exhausted" || closed["claimed_minor"] != 100_000.0 || closed["returned_minor"] != 0.0 {
		t.Errorf("closed %v", closed)
	}
}

// What nobody took is returned, and says so.
func TestRedPacketReturns(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	id := dropPacket(t, s, "p", `{"total_minor":1000,"count":10,"countdown_s":0,"open_s":60,"per_person":2}`)
	first, err := grab(s, t, "v1", id, "n1")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := grab(s, t, "v1", id, "n1"); err != nil || !again.Replay || again.Minor != first.Minor || again.Number != 1 || again.Link != first.Link || again.Nonce != first.Nonce {
		t.Errorf("again = %+v, %v", again, err)
	}
	second, err := grab(s, t, "v1", id, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = grab(s, t, "v1", id, "")
	_ = wantCode(t, err, "red_packet_limit")
	c.add(time.Minute)
	if err := s.turnPackets(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = grab(s, t, "v2", id, "")
	_ = wantCode(t, err, "no_red_packet")
	if again, err := grab(s, t, "v1", id, "n1"); err != nil || again.Minor != first.Minor {
		t.Errorf("a retry after the end = %+v, %v", again, err)
	}
	_, closed := eventOf(t, s, live.RedPacketClosed)
	taken := first.Minor + second.Minor
	if closed["reason"] != "time" || closed["claimed"] != 2.0 || closed["claimed_minor"] != float64(taken) || closed["returned_minor"] != float64(1000-taken) {
		t.Errorf("closed %v", closed)
	}
	e := events(t, s)
	for _, x := range e {
		if x.Kind == live.RedPacketClaimed && (x.Person != "v1" || x.Actor.Role != live.RoleViewer) {
			t.Errorf("claimed by %+v", x)
		}
	}
	if err := s.write(t.Context(), func(t *tx) error {
		_, err := t.once(`UPDATE red_packets SET claimed_minor = total_minor + 1`)
		return err
	}); err == nil {
		t.Error("the database took more than there was")
	}
}

func TestRedPacketRefuses(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	for i, tc := range []struct {
		by          live.Principal
		args        string
		code, field string
	}{
		{host, `{"total_minor":100,"count":1}`, "forbidden", ""},
		{operator, `{"count":1}`, "invalid_field", "data.total_minor"},
		{operator, `{"total_minor":2000001,"count":1}`, "invalid_field", "data.total_minor"},
		{operator, `{"total_minor":100,"count":2001}`, "invalid_field", "data.count"},
		{operator, `{"total_minor":100,"count":101}`, "invalid_field", "data.count"},
		{operator, `{"total_minor":100,"count":1,"countdown_s":59941}`, "invalid_field", "data.countdown_s"},
		{operator, `{"total_minor":100,"count":1,"open_s":0}`, "invalid_field", "data.open_s"},
		{operator, `{"total_minor":100,"count":1,"lucky":"v1"}`, "unknown_field", "data.lucky"},
	} {
		cmd := command(live.DropRedPacket, fmt.Sprint("x", i), tc.args)
		cmd.By = tc.by
		_, err := s.Execute(t.Context(), cmd)
		if e := wantCode(t, err, tc.code); e.Field != tc.field {
			t.Errorf("%s: field %q, want %q", tc.args, e.Field, tc.field)
		}
	}
	id := dropPacket(t, s, "ok", `{"total_minor":2000000,"count":2000,"countdown_s":0,"follow":true,"watch_minutes":1,"month_limit":1}`)
	_, err := s.Execute(t.Context(), command(live.DropRedPacket, "two", `{"total_minor":100,"count":1}`))
	_ = wantCode(t, err, "red_packet_running")
	_, err = grab(s, t, "op1", id, "")
	_ = wantCode(t, err, "insider")
	_, err = grab(s, t, "v1", id, "")
	if e := wantCode(t, err, "task_unmet"); e.Data["task"] != "follow" {
		t.Errorf("data = %v", e.Data)
	}
	if err := s.KeepFollows(t.Context(), []Follow{{Merchant: "m1", Person: "v1", Follows: true}}); err != nil {
		t.Fatal(err)
	}
	_, err = grab(s, t, "v1", id, "")
	if e := wantCode(t, err, "task_unmet"); e.Data["task"] != "watch_n" {
		t.Errorf("data = %v", e.Data)
	}
	c.add(time.Minute)
	s.Watched(live.Watch{Show: "s1", Person: "v1", From: c.now().Add(-time.Minute), Until: c.now()})
	if _, err = grab(s, t, "v1", id, ""); err != nil {
		t.Fatal(err)
	}
	do(t, s, live.EndShow, "end", ``)
	_, closed := eventOf(t, s, live.RedPacketClosed)
	if closed["reason"] != "show_ended" {
		t.Errorf("closed %v", closed)
	}
	// The month counts over shows.
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1"}, operator); err != nil {
		t.Fatal(err)
	}
	do(t, s, live.StartShow, "start2", `{}`)
	next := dropPacket(t, s, "next", `{"total_minor":100,"count":10,"countdown_s":0,"month_limit":1}`)
	_, err = grab(s, t, "v1", next, "")
	_ = wantCode(t, err, "red_packet_limit")
	if _, err := grab(s, t, "v2", next, ""); err != nil {
		t.Error(err)
	}
}
