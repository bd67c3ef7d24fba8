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
	links   map[int64]string           // number to what its owner was told
	entries map[string]map[string]bool // draw to entries
	closed  simPacketClosed
	dropped string          // the batch that can be claimed now
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
			"title": "满99减10 10 off 99", "kind": simCoupons.Kind, "off_minor": simCoupons.Off, "threshold_minor": simCoupons.Threshold, "currency": r.script.Currency,
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
func (b *simBenefits) saw(x simEvent, t *sim.Tally) {
	switch live.Kind(x.Type) {
	case live.CouponDropped, live.CouponDropEnded, live.LuckyDrawDrawn, live.RedPacketClosed:
	default:
		return
	}
	if !b.first("panel " + x.EventID) {
		return // It may come again after a lost connection.
	}
	var d struct {
		Batch   string            `json:"batch_id"`
		Winners []json.RawMessage `json:"winners"`
	}
	// Members were encoded by the server; an event that cannot be read shows as a
	// difference at the end.
	_ = json.Unmarshal(x.Data, &d)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch live.Kind(x.Type) {
	case live.CouponDropped:
		b.dropped = d.Batch
		t.Dropped()
	case live.CouponDropEnded:
		b.dropped = ""
	case live.LuckyDrawDrawn:
		t.Drawn(int64(len(d.Winners)))
	case live.RedPacketClosed:
		_ = json.Unmarshal(x.Data, &b.closed)
	}
}

// running is the batch that can be claimed now, or empty.
func (b *simBenefits) running() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.dropped
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
		case live.LuckyDrawWon:
			kind = live.PrizeClaimed
		default:
			continue
		}
		if json.Unmarshal(x.Data, &d) != nil || !v.run.benefits.first(v.id+" "+answerTo(kind, x.EventID)) {
			continue
		}
		if kind == live.PrizeClaimed {
			v.pending.Go(func() { v.claimPrize(ctx, d.Draw) })
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

// answerTo names what a person answers once: each event, but coupons of the
// show only once, whatever brought them to it.
func answerTo(k live.Kind, event string) string {
	if k == live.CouponClaimed {
		return string(k)
	}
	return event
}

// claimPrize claims what the person won.
func (v *simViewer) claimPrize(ctx context.Context, draw string) {
	err := v.run.api.do(ctx, simCall{
		Method: http.MethodPost, Path: "/v1/draws/" + draw + "/claim", Token: v.socket.token, Key: v.run.name + "-" + draw + "-" + v.person.Key,
	}, nil)
	if err == nil {
		v.run.tally.Claimed()
	} else if ctx.Err() == nil {
		v.run.notes.add("%s claims a prize: %v", v.id, err)
	}
}

// simCoupons is what the show's coupons take off.
var simCoupons = live.CouponBatch{Kind: live.CouponAmount, Off: 1000, Threshold: 9900}

// couponFor is what the person takes to an order of so many minor units: one they
// have, or one they take now, as people do who are about to buy.
func (v *simViewer) couponFor(ctx context.Context, goods int64) (string, error) {
	if goods < simCoupons.Threshold {
		return "", nil
	}
	if batch := v.run.benefits.running(); batch != "" && v.run.benefits.first(v.id+" "+answerTo(live.CouponClaimed, "")) {
		if err := v.take(ctx, live.CouponClaimed, v.person.Key+"-coupon", map[string]any{"batch_id": batch}); err != nil {
			return "", err
		}
	}
	if id := v.coupon.Swap(nil); id != nil {
		return *id, nil
	}
	return "", nil
}

// first reports whether an event is answered for the first time: it may come
// again after a lost connection.
func (b *simBenefits) first(key string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asked == nil {
		b.asked, b.coupons, b.shares, b.entries = map[string]bool{}, map[string]bool{}, map[int64]int64{}, map[string]map[string]bool{}
		b.links = map[int64]string{}
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
		Link   string `json:"link"`
		Draw   string `json:"draw_id"`
		Entry  string `json:"entry"`
		Nonce  string `json:"nonce"`
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		return fmt.Errorf("decode the ack: %w", err)
	}
	v.run.tally.Took(v.id, kind, got.Minor)
	b := &v.run.benefits
	b.mu.Lock()
	defer b.mu.Unlock()
	switch kind {
	case live.CouponClaimed:
		b.coupons[got.Coupon] = true
		v.coupon.Store(&got.Coupon)
	case live.RedPacketClaimed:
		b.shares[got.Number] = got.Minor
		b.links[got.Number] = got.Link
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

	var sum int64
	for _, minor := range b.shares {
		sum += minor
	}
	add("red packet shares", int64(len(b.shares)), b.closed.Claimed)
	add("red packet minor", sum, b.closed.Minor)
	add("red packet returned minor", b.closed.Total-sum, b.closed.Returned)
	proved, err := r.provePacket(ctx, token)
	if err != nil {
		return nil, err
	}
	add("red packet shares, by its proof", int64(len(b.shares)), proved)
	return rows, r.compareDraws(ctx, token, add)
}

// provePacket does the red packet again from its public proof: how many of its
// shares are those of the seed, stand in the chain, and are what their owners were
// told.
func (r *simRun) provePacket(ctx context.Context, token string) (proved int64, err error) {
	b := &r.benefits
	var p struct {
		Total  int64         `json:"total_minor"`
		Count  int64         `json:"count"`
		Money  live.Currency `json:"currency"`
		Seed   string        `json:"seed"`
		Claims string        `json:"claims_hash"`
		Shares []struct {
			Number int64  `json:"n"`
			Minor  int64  `json:"amount_minor"`
			Entry  string `json:"entry"`
			Link   string `json:"link"`
		} `json:"shares"`
	}
	if err := r.api.do(ctx, simCall{Method: http.MethodGet, Path: "/v1/red-packets/" + url.PathEscape(b.closed.Packet), Token: token}, &p); err != nil {
		return 0, err
	}
	seed, err := hex.DecodeString(p.Seed)
	if err != nil || live.SeedCommit(seed) != b.closed.Commit {
		return 0, fmt.Errorf("the seed of the red packet is not the one that was promised: %w", err)
	}
	terms := live.RedPacket{ID: b.closed.Packet, Total: p.Total, Count: p.Count, Currency: p.Money, SeedCommit: b.closed.Commit}
	link, split := terms.TermsHash(), live.SplitPackets(seed, terms.ID, p.Total, p.Count)
	for i, s := range p.Shares {
		link = live.PacketLink(link, s.Number, s.Minor, s.Entry)
		if s.Number == int64(i+1) && s.Minor == split[i] && s.Link == link && b.links[s.Number] == link && b.shares[s.Number] == s.Minor {
			proved++
		}
	}
	if link != p.Claims {
		return 0, nil
	}
	return proved, nil
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
