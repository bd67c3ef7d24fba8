package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"showrunner/live"
)

const (
	// followMost is how many events one save takes.
	followMost = 4 * live.MaxBatch
	// saveEvery is how long what was read may wait to be saved together: each save
	// is a transaction and a checkpoint, which are fsynced. Until then the memory
	// knows the keys, and after a crash they are read again.
	saveEvery = 200 * time.Millisecond
	// followWait is how long the follower waits for something new.
	followWait = time.Second
	// trimEvery is the pace of forgetting.
	trimEvery = time.Hour
)

// Run reads the log from the checkpoint of its reader, saves the keys it finds
// and forgets those older than [Memory], until ctx ends. It then lets the
// appends on their way end and returns nil. It returns an error only when the
// log cannot be read on.
func (i *Ingest) Run(ctx context.Context) error {
	defer i.shut()
	i.mu.Lock()
	i.saved = i.reader.Position() // a checkpoint is written after what it covers
	i.mu.Unlock()
	head, err := i.target(ctx)
	if err != nil {
		return nil // ctx has ended
	}
	i.trim(ctx)
	pages := make(chan page, 1)
	following, stop := context.WithCancel(ctx)
	reading := make(chan error, 1)
	go func() {
		defer close(pages)
		reading <- i.follow(following, head, pages)
	}()
	err = i.keep(ctx, pages)
	stop()
	return errors.Join(err, <-reading)
}

// page is what was read of the log at a time.
type page struct {
	keys []Key
	next live.Position // of the log after it
}

// follow reads the log, ahead of what is saved: what a shared log holds is
// known as soon as it was read. It returns nil when ctx ends.
func (i *Ingest) follow(ctx context.Context, head live.Position, pages chan<- page) error {
	for caught := false; ctx.Err() == nil; {
		if !caught && !i.reader.Position().Less(head) {
			caught = true
			if i.shared {
				i.hasRead(nil, i.reader.Position())
			}
			select {
			case pages <- page{next: i.reader.Position()}:
			case <-ctx.Done():
				return nil
			}
		}
		entries, err := i.reader.Next(ctx, followMost, followWait)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("follow the log: %w", err)
		}
		if len(entries) == 0 {
			continue
		}
		p := page{keys: make([]Key, len(entries)), next: i.reader.Position()}
		for n := range entries {
			e := &entries[n].Event
			p.keys[n] = KeyOf(e.Merchant, e.Source, e.ID)
		}
		if i.shared {
			i.hasRead(p.keys, p.next)
		}
		select {
		case pages <- p:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// keep saves the pages until they end, several together. The one without keys says
// that all before it is what the log held at the start.
func (i *Ingest) keep(ctx context.Context, pages <-chan page) error {
	trim, due := time.NewTicker(trimEvery), time.NewTimer(saveEvery)
	defer trim.Stop()
	defer due.Stop()
	var waiting page
	save := func() error {
		if len(waiting.keys) == 0 {
			return nil
		}
		if err := i.save(ctx, waiting); err != nil {
			return fmt.Errorf("follow the log: %w", err)
		}
		waiting = page{}
		return nil
	}
	for {
		var err error
		select {
		case <-trim.C:
			i.trim(ctx)
		case <-due.C:
			err = save()
		case <-i.hurry:
			err = save()
		case p, more := <-pages:
			if !more {
				return nil
			}
			if len(waiting.keys) == 0 {
				due.Reset(saveEvery)
			}
			waiting.keys, waiting.next = append(waiting.keys, p.keys...), p.next
			if len(p.keys) == 0 || len(waiting.keys) >= followMost {
				err = save()
			}
			if len(p.keys) == 0 {
				close(i.caughtUp)
			}
		}
		if err != nil {
			return err
		}
	}
}

// target is the end of the log at the start: what must be read before facts
// can be told from their repeats. It fails only when ctx ends.
func (i *Ingest) target(ctx context.Context) (live.Position, error) {
	var head live.Position
	err := i.persist(ctx, "log does not say how far it goes", func() (err error) {
		head, err = i.log.Head(ctx)
		return err
	})
	return head, err
}

// save makes the keys of a page durable, then the checkpoint, then frees the
// memory. It tries until it succeeds or ctx ends: skipping would forget. It
// fails only when the reader has another owner.
func (i *Ingest) save(ctx context.Context, p page) error {
	keys := make([][16]byte, len(p.keys))
	for n := range p.keys {
		keys[n] = p.keys[n]
	}
	at := i.now().UTC().Truncate(time.Millisecond)
	if i.persist(ctx, "memory of facts cannot be saved", func() error { return i.seen.AddSeen(ctx, keys, at) }) != nil {
		return nil
	}
	i.mu.Lock()
	i.saved = p.next
	for _, k := range p.keys {
		delete(i.unsaved, k)
	}
	i.mu.Unlock()
	// A checkpoint that is behind only means that keys are added twice.
	err := i.reader.Commit(ctx, p.next, nil)
	if errors.Is(err, errReaderLost) {
		return err
	}
	if err != nil && ctx.Err() == nil {
		i.logger.WarnContext(ctx, "checkpoint of the memory of facts is behind", slog.Any("error", err))
	}
	return nil
}

// errReaderLost is how the log says that another process reads by our name.
var errReaderLost error = live.Conflict("reader_lost", "")

func (i *Ingest) trim(ctx context.Context) {
	if err := i.seen.TrimSeen(ctx, i.now().UTC().Add(-Memory)); err != nil && ctx.Err() == nil {
		i.logger.WarnContext(ctx, "memory of facts cannot be trimmed", slog.Any("error", err))
	}
}

// persist repeats do with a growing pause until it succeeds; it gives up only
// when ctx ends.
func (i *Ingest) persist(ctx context.Context, complaint string, do func() error) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = 20 * time.Millisecond
	pause.MaxInterval = 5 * time.Second
	for {
		err := do()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		i.logger.WarnContext(ctx, "ingest engine fails", slog.String("what", complaint), slog.Any("error", err))
		wait := time.NewTimer(pause.NextBackOff())
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		}
	}
}

// shut takes nothing more and waits for the appends on their way.
func (i *Ingest) shut() {
	i.mu.Lock()
	i.closed = true
	i.mu.Unlock()
	close(i.stopped)
	i.appends.Wait()
}
