package ingest

import (
	"context"
	"fmt"
	"time"

	"showrunner/live"
)

// elsewhere finds, by index in the call, the named offers whose first copy
// another process has brought into a shared log, and this memory has not saved
// so far. It reads the log to where it ends now: a producer whose server died
// before it answered finds its fact decided at the next one.
//
// What another process is writing at this very moment is not there yet. Two
// servers that are given one fact within the same few milliseconds may both
// take it; a producer that waits for its answer or for the end of its
// connection before it goes elsewhere does not do that.
func (i *Ingest) elsewhere(ctx context.Context, mine []*offer) (map[int]bool, error) {
	if !i.shared {
		return nil, nil
	}
	named := false
	for _, m := range mine {
		named = named || m.named
	}
	if !named {
		return nil, nil
	}
	head, err := i.log.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask how far the log goes: %w", err)
	}
	if err := i.awaitRead(ctx, head); err != nil {
		return nil, err
	}
	var found map[int]bool
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, m := range mine {
		if _, known := i.unsaved[m.key]; m.named && known {
			if found == nil {
				found = map[int]bool{}
			}
			found[m.index] = true
		}
	}
	return found, nil
}

// readWithin bounds the wait for the follower: a log that cannot be read for
// that long is away.
const readWithin = 4 * time.Second

// awaitRead waits until the follower has read everything below head.
func (i *Ingest) awaitRead(ctx context.Context, head live.Position) error {
	late := time.NewTimer(readWithin)
	defer late.Stop()
	for {
		i.mu.Lock()
		there, moved := !i.read.Less(head), i.reading
		i.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-moved:
		case <-late.C:
			return live.Unavailable("ingest_behind", time.Second, "the log cannot be read fast enough")
		case <-i.stopped:
			return errStopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// hasRead makes what the follower has read known before it is saved.
func (i *Ingest) hasRead(keys []Key, next live.Position) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, k := range keys {
		i.unsaved[k] = struct{}{}
	}
	i.read = next
	close(i.reading)
	i.reading = make(chan struct{})
}
