package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

const (
	// pullMessages is how many messages are asked for ahead: with full ones it
	// bounds a reader to some 32 MiB.
	pullMessages = 64
	// decodedAhead is how many decoded messages wait for Next.
	decodedAhead = 4
	// heartbeat is how often the server says that nothing is new. Two missed
	// ones mean that the consumer is gone, as after a restart of the server.
	heartbeat = time.Second
	// forgotten is when the server forgets a consumer whose reader is gone.
	forgotten = time.Minute
)

// page is one decoded message, or the error that ends the reading.
type page struct {
	seq     uint64
	entries []live.Entry
	err     error
}

// feed reads ahead of a [Reader] and survives everything that passes: a lost
// connection, a restarted server, a forgotten consumer.
type feed struct {
	log    *Log
	next   live.Position
	pages  chan page // closed when the feed ended
	cancel context.CancelFunc
	done   chan struct{}
}

func (l *Log) startFeed(start live.Position) *feed {
	ctx, cancel := context.WithCancel(context.Background())
	f := &feed{log: l, next: start, pages: make(chan page, decodedAhead), cancel: cancel, done: make(chan struct{})}
	go f.run(ctx)
	return f
}

func (f *feed) stop() {
	f.cancel()
	<-f.done
}

func (f *feed) run(ctx context.Context) {
	defer close(f.done)
	defer close(f.pages)
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = 20 * time.Millisecond
	pause.MaxInterval = 2 * time.Second
	for {
		began := f.next
		err := f.follow(ctx)
		if ctx.Err() != nil || f.log.conn.IsClosed() {
			return
		}
		var corrupt *CorruptError
		var trimmed *TrimmedError
		if errors.As(err, &corrupt) || errors.As(err, &trimmed) {
			f.hand(ctx, page{err: err})
			return
		}
		f.log.metrics.reopened.Inc()
		f.log.logger.WarnContext(ctx, "reader begins its consumer anew", slog.Any("error", err), slog.Uint64("seq", f.next.Seq))
		if f.next != began {
			pause.Reset()
		}
		wait := time.NewTimer(pause.NextBackOff())
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return
		}
	}
}

// follow reads by one consumer until something is wrong with it.
func (f *feed) follow(ctx context.Context) error {
	l := f.log
	asking, done := context.WithTimeout(ctx, attemptWait)
	consumer, err := l.js.CreateConsumer(asking, l.cfg.Stream, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       f.next.Seq,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: forgotten,
	})
	done()
	if err != nil {
		return fmt.Errorf("make a consumer: %w", err)
	}
	defer f.forget(consumer.CachedInfo().Name)
	messages, err := consumer.Messages(jetstream.PullMaxMessages(pullMessages), jetstream.PullHeartbeat(heartbeat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return fmt.Errorf("ask for messages: %w", err)
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("wait for messages: %w", err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("read a message's place: %w", err)
		}
		seq := meta.Sequence.Stream
		if seq < f.next.Seq {
			continue
		}
		if seq > f.next.Seq {
			if err := f.explain(ctx, seq); err != nil {
				return err
			}
		}
		entries, err := decodeMessage(msg.Data(), seq)
		if err == nil && seq == f.next.Seq && int(f.next.Index) > len(entries) {
			err = fmt.Errorf("has %d events, %d were read before", len(entries), f.next.Index)
		}
		if err != nil {
			return &CorruptError{Position: live.Position{Seq: seq}, Reason: err}
		}
		if seq == f.next.Seq {
			entries = entries[f.next.Index:]
		}
		if !f.hand(ctx, page{seq: seq, entries: entries}) {
			return ctx.Err()
		}
		f.next = live.Position{Seq: seq + 1}
	}
}

// explain looks into a gap before the message got. Trimmed is an error, and so
// is a message that is there but was not delivered; then the consumer begins
// anew. A sequence that the server never filled is none of a reader's loss.
func (f *feed) explain(ctx context.Context, got uint64) error {
	info, err := f.log.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("look into a gap: %w", err)
	}
	if info.State.FirstSeq > f.next.Seq {
		return &TrimmedError{Wanted: f.next, First: live.Position{Seq: info.State.FirstSeq}}
	}
	for seq := f.next.Seq; seq < got; seq++ {
		_, err := f.log.stream.GetMsg(ctx, seq)
		if err == nil {
			return fmt.Errorf("message %d was not delivered", seq)
		}
		if !errors.Is(err, jetstream.ErrMsgNotFound) {
			return fmt.Errorf("look into a gap: %w", err)
		}
	}
	f.log.logger.WarnContext(ctx, "the stream has a hole", slog.Uint64("from", f.next.Seq), slog.Uint64("until", got))
	return nil
}

func (f *feed) hand(ctx context.Context, p page) bool {
	select {
	case f.pages <- p:
		return true
	case <-ctx.Done():
		return false
	}
}

// forget removes the consumer from the server, which would otherwise do it a
// minute later.
func (f *feed) forget(name string) {
	if f.log.conn.Status() != nats.CONNECTED {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := f.log.js.DeleteConsumer(ctx, f.log.cfg.Stream, name)
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) && !f.log.conn.IsClosed() {
		f.log.logger.Debug("consumer is left for the server to forget", slog.Any("error", err))
	}
}
