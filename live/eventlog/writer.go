package eventlog

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

// drainWait is how long messages on their way may still take when Run ends.
const drainWait = 5 * time.Second

// group is the message being gathered.
type group struct {
	batches []*batch
	count   int
	bytes   int
}

// write is the one goroutine that joins batches into messages.
//
// It sends as soon as nothing else is on its way: the callers that arrive
// meanwhile form the next message, so the disk sets the pace and a lone caller
// waits for nothing. When the disk is slow, a message goes after Window or when
// it is full, with up to maxInFlight on their way. Send makes a message durable
// and answers its callers.
func (l *Log) write(ctx context.Context, send func(context.Context, *group)) {
	// Messages on their way outlive ctx for a moment, so that callers hear the truth.
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		l.refuse()
		time.AfterFunc(drainWait, cancel)
	})()
	var (
		senders  sync.WaitGroup
		inFlight int
		ended    = make(chan struct{}, maxInFlight)
		carried  *batch // did not fit into the last message
		window   = time.NewTimer(time.Hour)
	)
	defer window.Stop()
	for {
		g := &group{}
		if carried != nil {
			g.add(carried)
			carried = nil
		}
		for g.count == 0 {
			select {
			case b := <-l.queue:
				g.add(b)
			case <-ended:
				inFlight--
			case <-ctx.Done():
				l.refuse()
				senders.Wait()
				return
			}
		}
		window.Reset(l.cfg.Window)
		elapsed, full := false, false
		done := ctx.Done()
		for yielded := false; ; {
			for taking := true; taking && !full; {
				select {
				case b := <-l.queue:
					carried, full = l.fit(g, b)
				default:
					taking = false
				}
			}
			if inFlight == 0 && !full && !yielded {
				// Callers that were just answered come back within microseconds.
				yielded = true
				runtime.Gosched()
				continue
			}
			if (full || elapsed || inFlight == 0) && inFlight < maxInFlight {
				break
			}
			queue := l.queue
			if full {
				queue = nil
			}
			select {
			case b := <-queue:
				carried, full = l.fit(g, b)
			case <-window.C:
				elapsed = true
			case <-ended:
				inFlight--
			case <-done:
				elapsed, done = true, nil
			}
		}
		inFlight++
		senders.Go(func() {
			send(sending, g)
			ended <- struct{}{}
		})
	}
}

func (g *group) add(b *batch) {
	g.batches = append(g.batches, b)
	g.count += b.count
	g.bytes += len(b.body)
}

// fit adds b if it fits; else it is carried over and the message is full.
func (l *Log) fit(g *group, b *batch) (carried *batch, full bool) {
	if g.count+b.count > l.cfg.MaxEvents || g.bytes+len(b.body) > l.cfg.MaxBytes {
		return b, true
	}
	g.add(b)
	return nil, g.count >= l.cfg.MaxEvents || g.bytes >= l.cfg.MaxBytes
}

// send publishes one message and answers everybody in it.
func (l *Log) send(ctx context.Context, g *group) {
	data := make([]byte, 0, headLen+uvarintLen(uint64(g.count))+g.bytes)
	data = appendHead(data, g.count)
	for _, b := range g.batches {
		data = append(data, b.body...)
	}
	seal(data)
	msg := nats.NewMsg(l.cfg.Stream + ".events")
	msg.Data = data
	msg.Header.Set(nats.MsgIdHdr, nuid.Next())
	seq, err := l.publish(ctx, msg)
	if err == nil {
		l.count(g.count, len(data))
	}
	index := uint32(0)
	for _, b := range g.batches {
		b.done <- stored{seq: seq, index: index, err: err}
		index += uint32(b.count)
	}
}

func (l *Log) count(events, bytes int) {
	l.metrics.events.Add(float64(events))
	l.metrics.messages.Inc()
	l.metrics.bytes.Add(float64(bytes))
}
