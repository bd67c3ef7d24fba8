package eventlog

import (
	"context"
	"fmt"

	"showrunner/live"
)

// batch is what one Append offers to the writer: encoded events that stay
// together, in one message.
type batch struct {
	body  []byte
	count int
	done  chan stored // holds one: the writer never waits for its caller
}

// stored answers a batch: the message it travelled in and its first index there.
type stored struct {
	seq   uint64
	index uint32
	err   error
}

// Append makes events durable and returns their positions, in the order of
// events. It needs [Log.Run]. Events of one call keep their order; they travel
// in one message unless they exceed Config.MaxEvents or Config.MaxBytes.
//
// An *live.Error of fault FaultTooLarge or FaultInvalid refuses the call before
// anything is stored. [ErrClosed] and a full log ("log_unavailable") mean not
// stored; [ErrUnknown] means what it says, and comes also when ctx ends while
// the events are on their way. If a call of several messages fails half-way,
// the positions of what is stored come with the error.
func (l *Log) Append(ctx context.Context, events []live.Event) ([]live.Position, error) {
	if len(events) == 0 {
		return nil, nil
	}
	batches, err := l.encode(events)
	if err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	begin := l.cfg.Now()
	l.metrics.pending.Add(float64(len(events)))
	defer l.metrics.pending.Sub(float64(len(events)))
	positions := make([]live.Position, 0, len(events))
	for _, b := range batches {
		s := l.offer(ctx, b)
		if s.err != nil {
			return positions, fmt.Errorf("append: %w", s.err)
		}
		for i := range b.count {
			positions = append(positions, live.Position{Seq: s.seq, Index: s.index + uint32(i)})
		}
	}
	l.metrics.latency.Observe(l.cfg.Now().Sub(begin).Seconds())
	return positions, nil
}

// offer hands one batch to the writer and waits for its answer.
func (l *Log) offer(ctx context.Context, b *batch) stored {
	select {
	case l.queue <- b:
	case <-ctx.Done():
		return stored{err: fmt.Errorf("not stored: %w", ctx.Err())}
	case <-l.stopped:
		return stored{err: ErrClosed}
	}
	select {
	case s := <-b.done:
		return s
	case <-ctx.Done():
		return stored{err: fmt.Errorf("%w: %w", ErrUnknown, ctx.Err())}
	}
}

// encode turns events into batches within the limits. It runs in the caller, so
// that the writer only copies.
func (l *Log) encode(events []live.Event) ([]*batch, error) {
	var batches []*batch
	b := &batch{done: make(chan stored, 1)}
	for i := range events {
		before := len(b.body)
		body, err := appendRecord(b.body, &events[i])
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", i, err)
		}
		size := len(body) - before
		if size > l.payload-headLen-uvarintLen(live.MaxBatch) {
			return nil, fmt.Errorf("event %d: %w", i, live.TooLarge("event_too_large", "data", "the event is %d bytes, the log takes %d", size, l.payload))
		}
		if b.count > 0 && (b.count == l.cfg.MaxEvents || len(body) > l.cfg.MaxBytes) {
			record := append([]byte(nil), body[before:]...)
			b.body = body[:before]
			batches = append(batches, b)
			b = &batch{done: make(chan stored, 1)}
			body = record
		}
		b.body = body
		b.count++
	}
	return append(batches, b), nil
}
