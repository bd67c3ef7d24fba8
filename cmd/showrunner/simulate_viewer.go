package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// simBeat is how often a viewer says that they watch, in show time; in real
// time at least once in simBeatLeast.
const (
	simBeat      = 25 * time.Second
	simBeatLeast = 750 * time.Millisecond
)

// simViewer is one person in the room.
type simViewer struct {
	run     *simRun
	person  *sim.Person
	id      string
	socket  *simSocket
	entries atomic.Int64 // welcomes so far
	welcome atomic.Int64 // time of the newest, Unix ms
	booked  int64        // welcomes that the tally knows of
	beats   int          // heartbeats so far
	opened  time.Time
	coupon  atomic.Pointer[string] // that the person has and did not use
	// beaten is the ack of the newest heartbeat, and beatenOn after which welcome.
	beaten   time.Time
	beatenOn int64
	pending  sync.WaitGroup // what the person still has to do over the socket
}

// viewer is a person's whole visit.
func (r *simRun) viewer(ctx context.Context, p *sim.Person) {
	defer r.watching.Done()
	acted := sync.OnceFunc(r.acting.Done)
	defer acted()
	v := &simViewer{run: r, person: p, id: r.person(p.Key)}
	if err := v.come(ctx); err != nil {
		r.notes.add("%s could not come: %v", v.id, err)
		return
	}
	defer func() {
		v.socket.close()
		r.watchHigh.Add(time.Since(v.opened).Milliseconds() + 1)
	}()
	err := v.visit(ctx)
	acted()
	r.online.Add(-1)
	if err == nil && p.Watches {
		err = v.stayToTheEnd(ctx)
	}
	if err == nil {
		err = waitFor(ctx, &v.pending)
	}
	if err != nil && ctx.Err() == nil {
		r.notes.add("%s: %v", v.id, err)
	}
}

func (v *simViewer) come(ctx context.Context) error {
	r := v.run
	token, err := r.token(live.RoleViewer, v.id, v.person.Name)
	if err != nil {
		return err
	}
	q := url.Values{"channel": {v.person.Channel}}
	if v.person.Campaign != "" {
		q.Set("campaign", v.person.Campaign)
	}
	u, err := r.socketURL(q)
	if err != nil {
		return err
	}
	v.socket = &simSocket{name: v.id, url: u, token: token, dials: r.dials, onLost: func() { r.reconnects.Add(1) }}
	var eye *simEye
	if v.person.Watches {
		eye = r.eyes.open(v.id)
		v.socket.onGap = eye.gap
		v.socket.onEvents = func(e simEvents) {
			eye.events(e)
			v.takeBenefits(ctx, e)
		}
	}
	v.socket.onWelcome = func(w simWelcome) {
		v.welcome.Store(time.Now().UnixMilli())
		v.entries.Add(1)
		if eye != nil {
			eye.welcome(w)
		}
	}
	v.opened = time.Now()
	v.socket.open(ctx)
	r.online.Add(1)
	if err := v.beat(ctx); err != nil {
		v.socket.close()
		r.online.Add(-1)
		return err
	}
	return nil
}

// visit plays the acts and keeps watching until the person leaves.
func (v *simViewer) visit(ctx context.Context) error {
	for i := range v.person.Acts {
		a := &v.person.Acts[i]
		if err := v.watchUntil(ctx, v.run.at(a.At)); err != nil {
			return err
		}
		if err := v.act(ctx, a); err != nil {
			return fmt.Errorf("act %s: %w", a.Name, err)
		}
	}
	if v.person.Watches {
		// The rest is watched while the show waits for the others.
		return nil
	}
	if err := v.watchUntil(ctx, v.run.at(v.person.Leave)); err != nil {
		return err
	}
	return v.beat(ctx) // what was watched since the last one
}

// stayToTheEnd watches until the show is over and its last event was seen.
func (v *simViewer) stayToTheEnd(ctx context.Context) error {
	for {
		select {
		case <-v.run.over:
			return v.run.eyes.sawEnd(ctx, v.id)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(v.pause()):
			if err := v.beat(ctx); err != nil {
				return err
			}
		}
	}
}

func (v *simViewer) pause() time.Duration { return max(v.run.real(simBeat), simBeatLeast) }

// watchUntil sends heartbeats until an instant.
func (v *simViewer) watchUntil(ctx context.Context, at time.Time) error {
	for {
		left := time.Until(at)
		if left <= v.pause() {
			return sleepFor(ctx, left)
		}
		if err := sleepFor(ctx, v.pause()); err != nil {
			return err
		}
		if err := v.beat(ctx); err != nil {
			return err
		}
	}
}

// beat says that the person watches. Its ack also proves that the entry before
// it is durable, for a connection's facts are taken in their order: only then
// is the entry booked.
func (v *simViewer) beat(ctx context.Context) error {
	v.beats++
	entries, sent := v.entries.Load(), time.Now()
	name := fmt.Sprintf("%s-b%d", v.person.Key, v.beats)
	_, err := v.socket.ask(ctx, simFrame{
		ID: name, Type: string(live.WatchHeartbeat), EventID: v.run.name + "." + name, Data: map[string]any{"visible": true},
	})
	if err != nil {
		return err
	}
	now := time.Now()
	v.watched(entries, sent, now)
	// The first beat itself waited for the first welcome.
	if entries = max(entries, 1); entries > v.booked {
		v.booked = entries
		v.run.tally.Entered(v.id, v.person.Channel, now)
	} else {
		v.run.tally.Watched(v.id, now)
	}
	return nil
}

// watched adds what the server must at least have counted for a heartbeat: from
// the ack of the one before, or the welcome, to this one's sending. A heartbeat
// that needed a second connection proves nothing.
func (v *simViewer) watched(entries int64, sent, acked time.Time) {
	from, here := v.beaten, v.entries.Load()
	if v.beatenOn != here {
		from = time.UnixMilli(v.welcome.Load() + 1)
	}
	v.beaten, v.beatenOn = acked, here
	if entries != here {
		return
	}
	select {
	case <-v.run.ending:
		return // the show may have ended before the server read it
	default:
	}
	if d := min(sent.Sub(from), time.Minute); d > 0 {
		v.run.watchLow.Add(d.Milliseconds())
	}
}

func (v *simViewer) act(ctx context.Context, a *sim.Act) error {
	switch {
	case a.Rejoin:
		v.socket.drop()
		return nil
	case a.Buy != nil:
		return v.buy(ctx, a)
	}
	data, err := v.socket.ask(ctx, simFrame{ID: a.Name, Type: string(a.Fact), EventID: v.run.name + "." + a.Name, Data: a.Data})
	var refused *simRefusal
	if errors.As(err, &refused) && refused.Code == "muted" && v.person.Spams {
		v.run.muted.Add(1)
		return nil
	}
	if err != nil {
		return err
	}
	v.run.tally.Fact(v.id, a.Fact, a.Data)
	if a.Fact == live.CommentSent {
		var ack struct {
			EventID string `json:"event_id"`
			Comment string `json:"comment_id"`
		}
		if json.Unmarshal(data, &ack) != nil || ack.EventID == "" || ack.Comment == "" {
			return errors.New("the ack of a comment does not name event_id and comment_id")
		}
		v.run.eyes.said(simComment{ack.EventID, ack.Comment, v.id})
	}
	return nil
}
