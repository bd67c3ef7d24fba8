package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// claim is a key on its way to the log. It ends when the outcome is known.
type claim struct {
	done    chan struct{} // closed when the outcome is known
	durable bool          // set before done is closed
}

// settle brings the offers of one call to an end, in rounds: claim what nobody
// else holds, write that, then wait for those who hold the rest. It never waits
// while it holds a claim, so two calls cannot wait for each other.
func (i *Ingest) settle(ctx context.Context, open []*offer, receipts []live.Receipt) error {
	for len(open) > 0 {
		mine, duplicates, waits, err := i.claim(open)
		if err != nil {
			return err
		}
		for _, o := range duplicates {
			receipts[o.index].Status = live.Duplicate
		}
		if len(mine) > 0 {
			if err := i.write(ctx, mine, receipts); err != nil {
				return err
			}
		}
		open = open[:0:0]
		for _, w := range waits {
			select {
			case <-w.claim.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			if w.claim.durable {
				receipts[w.offer.index].Status = live.Duplicate
			} else {
				open = append(open, w.offer) // the first failed: try ourselves
			}
		}
	}
	return nil
}

// held is an offer whose key another call is writing.
type held struct {
	offer *offer
	claim *claim
}

// claim sorts offers into those this call must write, those known to be in the
// log, and those another call is writing.
func (i *Ingest) claim(open []*offer) (mine, duplicates []*offer, waits []held, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return nil, nil, nil, errStopped
	}
	if len(i.unsaved)+len(i.claims) >= maxUnsaved {
		return nil, nil, nil, live.Unavailable("ingest_behind", time.Second, "the memory of facts cannot be saved fast enough")
	}
	for _, o := range open {
		if !o.named {
			mine = append(mine, o)
			continue
		}
		if c, busy := i.claims[o.key]; busy {
			waits = append(waits, held{o, c})
			continue
		}
		if _, known := i.unsaved[o.key]; known {
			duplicates = append(duplicates, o)
			continue
		}
		i.claims[o.key] = &claim{done: make(chan struct{})}
		mine = append(mine, o)
	}
	if len(mine) > 0 {
		i.appends.Add(1) // write takes it back
	}
	return mine, duplicates, waits, nil
}

// write asks the saved memory about what this call has claimed and appends the
// rest. The append goes on when ctx ends: a producer that hangs up and comes
// back must find its first try decided.
func (i *Ingest) write(ctx context.Context, mine []*offer, receipts []live.Receipt) error {
	type outcome struct {
		known map[int]bool // index in the call: saved long ago
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		defer i.appends.Done()
		detached := context.WithoutCancel(ctx)
		known, release, err := i.append(detached, mine)
		done <- outcome{known, err}
		if errors.Is(err, errUnknown) {
			i.clear(detached)
		}
		release()
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return o.err
		}
		for _, m := range mine {
			receipts[m.index].EventID = m.event.ID
			if o.known[m.index] {
				receipts[m.index].Status = live.Duplicate
			} else {
				receipts[m.index].Status = live.Accepted
			}
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// append writes what is not known yet. The claims stay held until release is
// called, which says what became of them.
func (i *Ingest) append(ctx context.Context, mine []*offer) (known map[int]bool, release func(), err error) {
	elsewhere, err := i.elsewhere(ctx, mine)
	if err == nil {
		known, err = i.known(ctx, mine)
	}
	if err != nil {
		return nil, func() { i.release(mine, nil, nil, false) }, err
	}
	var fresh []*offer
	var events []live.Event
	for index := range elsewhere {
		known[index] = true
	}
	for _, m := range mine {
		if !known[m.index] {
			fresh = append(fresh, m)
			events = append(events, m.event)
		}
	}
	var positions []live.Position
	if len(events) > 0 {
		positions, err = i.log.Append(ctx, events)
	}
	release = func() { i.release(mine, fresh, positions, err == nil) }
	if err != nil {
		return nil, release, fmt.Errorf("append %d events: %w", len(events), err)
	}
	return known, release, nil
}

// errUnknown is how the log says that it may or may not have stored an append.
var errUnknown error = live.Unavailable("unknown_whether_stored", 0, "")

// clear waits until the follower has read and saved everything the log holds
// by now, so that whoever asks next about an append of unknown outcome finds
// the answer in the memory.
func (i *Ingest) clear(ctx context.Context) {
	tick := time.NewTicker(clearEvery)
	defer tick.Stop()
	var head live.Position
	var err error = errUnknown
	for {
		if err != nil {
			head, err = i.log.Head(ctx) // its errors pass: the log is asked again
		}
		if err == nil && i.hasSaved(head) {
			return
		}
		select {
		case i.hurry <- struct{}{}: // What was read is saved without waiting for more.
		default:
		}
		select {
		case <-tick.C:
		case <-i.stopped:
			return
		}
	}
}

// clearEvery is how often clear looks.
const clearEvery = 20 * time.Millisecond

func (i *Ingest) hasSaved(head live.Position) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return !i.saved.Less(head)
}

// known asks the saved memory about the named offers.
func (i *Ingest) known(ctx context.Context, mine []*offer) (map[int]bool, error) {
	var named []*offer
	var keys [][16]byte
	for _, m := range mine {
		if m.named {
			named = append(named, m)
			keys = append(keys, m.key)
		}
	}
	known := make(map[int]bool, len(named))
	if len(keys) == 0 {
		return known, nil
	}
	seen, err := i.seen.HasSeen(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("ask the memory about %d events: %w", len(keys), err)
	}
	if len(seen) != len(keys) {
		return nil, errors.New("the memory answered for another number of keys")
	}
	for n, m := range named {
		known[m.index] = seen[n]
	}
	return known, nil
}

// release ends the claims of a call. Keys of fresh events, whose positions are
// given as far as they are stored, stay in memory until the follower has saved
// them. If not ok, what has no position may be tried by others.
func (i *Ingest) release(mine, fresh []*offer, positions []live.Position, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	durable := make(map[int]bool, len(mine))
	for _, m := range mine {
		durable[m.index] = ok
	}
	for n, f := range fresh {
		if n >= len(positions) {
			break
		}
		durable[f.index] = true
		// The follower may have been faster than the answer.
		if f.named && !positions[n].Less(i.saved) {
			i.unsaved[f.key] = struct{}{}
		}
	}
	for _, m := range mine {
		if !m.named {
			continue
		}
		c := i.claims[m.key]
		delete(i.claims, m.key)
		c.durable = durable[m.index]
		close(c.done)
	}
}
