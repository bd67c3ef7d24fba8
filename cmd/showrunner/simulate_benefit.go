package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// simBenefits is what those who check took of what the show gave away, by what
// the server acknowledged.
type simBenefits struct {
	mu      sync.Mutex
	coupons map[string]bool            // ids
	shares  map[int64]int64            // number to minor units
	entries map[string]map[string]bool // draw to entries
	closed  simPacketClosed
	asked   map[string]bool // events answered so far, by person
}

// simPacketClosed is what the panel heard of the red packet's end.
type simPacketClosed struct {
	Packet   string `json:"packet_id"`
	Commit   string `json:"seed_commit"`
	Seed     string `json:"seed"`
	Total    int64  `json:"total_minor"`
	Count    int64  `json:"count"`
	Claimed  int64  `json:"claimed"`
	Minor    int64  `json:"claimed_minor"`
	Returned int64  `json:"returned_minor"`
}

// stageBenefits makes the batch of coupons that the show drops.
func (r *simRun) stageBenefits(ctx context.Context, merchant string) error {
	err := r.api.do(ctx, simCall{
		Method: http.MethodPut, Path: "/v1/coupons/" + r.batch(), Token: merchant, Key: r.name + "-coupon",
		Body: map[string]any{
			"title": "满99减10 10 off 99", "kind": "amount", "off_minor": 1000, "threshold_minor": 9900, "currency": r.script.Currency,
			"total": 100, "per_person": 1, "valid_for_s": 86_400,
		},
	}, nil)
	if err != nil {
		return fmt.Errorf("make the coupons: %w", err)
	}
	return nil
}

func (r *simRun) batch() string { return r.name + "-coupons" }

// fill gives a command what the script cannot know.
func (b *simBenefits) fill(r *simRun, c live.CommandName, args *sim.Args) {
	switch c {
	case live.DropCoupon:
		args.Batch = r.batch()
	case live.DropRedPacket, live.OpenDraw:
		seconds := int64(r.real(r.script.Countdown(c)) / time.Second)
		if c == live.OpenDraw {
			seconds = min(max(seconds, 1), live.MaxDrawSeconds)
		}
		args.Countdown = &seconds
	default:
	}
}

// saw takes in what the operator's panel heard.
func (b *simBenefits) saw(x simEvent) {
	if x.Type != string(live.RedPacketClosed) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	// Its members were encoded by the server; an event that cannot be read shows
	// as a difference at the end.
	_ = json.Unmarshal(x.Data, &b.closed)
}

// takeBenefits answers what is given away.
func (v *simViewer) takeBenefits(ctx context.Context, e simEvents) {
	for _, x := range e.Events {
		var d struct {
			Batch  string    `json:"batch_id"`
			Packet string    `json:"packet_id"`
			Draw   string    `json:"draw_id"`
			Opens  time.Time `json:"opens_at"`
		}
		var kind live.Kind
		switch live.Kind(x.Type) {
		case live.CouponDropped:
			kind = live.CouponClaimed
		case live.RedPacketDropped:
			kind = live.RedPacketClaimed
		case live.LuckyDrawOpened:
			kind = live.LuckyDrawEntered
		default:
			continue
		}
		if json.Unmarshal(x.Data, &d) != nil || !v.run.benefits.first(v.id+" "+x.EventID) {
			continue
		}
		data := map[live.Kind]map[string]any{
			live.CouponClaimed: {"batch_id": d.Batch}, live.RedPacketClaimed: {"packet_id": d.Packet}, live.LuckyDrawEntered: {"draw_id": d.Draw},
		}[kind]
		v.pending.Go(func() {
			err := sleepUntil(ctx, d.Opens)
			if err == nil {
				err = v.take(ctx, kind, v.person.Key+"-"+x.EventID, data)
			}
			if err != nil && ctx.Err() == nil {
				v.run.notes.add("%s wants %s: %v", v.id, kind, err)
			}
		})
	}
}

// first reports whether an event is answered for the first time: it may come
// again after a lost connection.
func (b *simBenefits) first(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asked == nil {
		b.asked, b.coupons, b.shares, b.entries = map[string]bool{}, map[string]bool{}, map[int64]int64{}, map[string]map[string]bool{}
	}
	if b.asked[key] {
		return false
	}
	b.asked[key] = true
	return true
}

// take asks for a benefit and books what was given.
func (v *simViewer) take(ctx context.Context, kind live.Kind, name string, data map[string]any) error {
	raw, err := v.socket.ask(ctx, simFrame{ID: name, Type: string(kind), EventID: v.run.name + "." + name, Data: data})
	// The clocks of the two differ by a little.
	for n := 0; refusedAs(err, "red_packet_not_open") && n < 60; n++ {
		if err := sleepFor(ctx, 250*time.Millisecond); err != nil {
			return err
		}
		raw, err = v.socket.ask(ctx, simFrame{ID: name, Type: string(kind), EventID: v.run.name + "." + name, Data: data})
	}
	if refusedAs(err, "coupon_exhausted", "coupon_not_dropped", "no_red_packet", "no_draw", "draw_closed", "show_not_live") {
		return nil // too late
	}
	if err != nil {
		return err
	}
	var got struct {
		Coupon string `json:"coupon_id"`
		Number int64  `json:"n"`
		Minor  int64  `json:"amount_minor"`
		Draw   string `json:"draw_id"`
		Entry  string `json:"entry"`
		Nonce  string `json:"nonce"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		return fmt.Errorf("decode the ack: %w", err)
	}
	b := &v.run.benefits
	b.mu.Lock()
	defer b.mu.Unlock()
	switch kind {
	case live.CouponClaimed:
		b.coupons[got.Coupon] = true
	case live.RedPacketClaimed:
		b.shares[got.Number] = got.Minor
	case live.LuckyDrawEntered:
		if got.Entry != live.DrawEntry(got.Draw, live.PersonID(v.id), got.Nonce) {
			return errors.New("the entry in the draw is not one's own")
		}
		if b.entries[got.Draw] == nil {
			b.entries[got.Draw] = map[string]bool{}
		}
		b.entries[got.Draw][got.Entry] = true
	}
	return nil
}

// refusedAs reports whether an error is a refusal with one of the codes.
func refusedAs(err error, codes ...string) bool {
	refused, ok := errors.AsType[*simRefusal](err)
	return ok && slices.Contains(codes, refused.Code)
}

// compareBenefits holds what was taken against what the server says, and draws
// every draw again from its public proof.
func (r *simRun) compareBenefits(ctx context.Context, token string) (rows []simRow, err error) {
	b := &r.benefits
	b.mu.Lock()
	defer b.mu.Unlock()
	add := func(figure string, tally, server int64) {
		rows = append(rows, simRow{Figure: figure, List: "benefits", Tally: tally, Report: &server, OK: tally == server})
	}
	var batch struct {
		Claimed int64 `json:"claimed"`
	}
	if err := r.api.do(ctx, simCall{Method: http.MethodGet, Path: "/v1/coupons/" + r.batch(), Token: token}, &batch); err != nil {
		return nil, err
	}
	add("coupons claimed", int64(len(b.coupons)), batch.Claimed)

	var sum, split int64
	for _, minor := range b.shares {
		sum += minor
	}
	add("red packet shares", int64(len(b.shares)), b.closed.Claimed)
	add("red packet minor", sum, b.closed.Minor)
	add("red packet returned minor", b.closed.Total-sum, b.closed.Returned)
	seed, err := hex.DecodeString(b.closed.Seed)
	if err == nil && live.SeedCommit(seed) == b.closed.Commit {
		for n, minor := range live.SplitPackets(seed, b.closed.Packet, b.closed.Total, b.closed.Count) {
			if int64(n) < b.closed.Claimed {
				split += minor
			}
		}
	}
	add("red packet minor, split again", sum, split)
	return rows, r.compareDraws(ctx, token, add)
}

func (r *simRun) compareDraws(ctx context.Context, token string, add func(figure string, tally, server int64)) error {
	var list struct {
		Items []struct {
			ID      string         `json:"draw_id"`
			State   live.DrawState `json:"state"`
			Seed    string         `json:"seed"`
			Commit  string         `json:"seed_commit"`
			Hash    string         `json:"entries_hash"`
			Wanted  int64          `json:"winners_wanted"`
			Winners []string       `json:"winners"`
		} `json:"items"`
	}
	path := "/v1/shows/" + url.PathEscape(string(r.show)) + "/draws"
	if err := r.api.do(ctx, simCall{Method: http.MethodGet, Path: path, Token: token}, &list); err != nil {
		return err
	}
	add("draws", 2, int64(len(list.Items)))
	for i, d := range list.Items {
		var text string
		if err := r.api.do(ctx, simCall{Method: http.MethodGet, Path: "/v1/draws/" + d.ID + "/entries", Token: token}, &text); err != nil {
			return err
		}
		name := fmt.Sprintf("draw %d ", i+1)
		entries, known := strings.Fields(text), int64(0)
		for _, e := range entries {
			if r.benefits.entries[d.ID][e] {
				known++
			}
		}
		add(name+"entries", int64(len(r.benefits.entries[d.ID])), int64(len(entries)))
		add(name+"entries of ours", int64(len(entries)), known)
		seed, err := hex.DecodeString(d.Seed)
		proved := err == nil && live.SeedCommit(seed) == d.Commit && live.EntriesHash(entries) == d.Hash
		if proved && d.State == live.DrawDone {
			proved = slices.Equal(live.DrawWinners(seed, d.ID, entries, d.Wanted), d.Winners)
		}
		add(name+"holds against its proof", 1, int64(map[bool]int{true: 1}[proved]))
	}
	return nil
}
