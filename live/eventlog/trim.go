package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// maintainEvery is the pace of the trimmer and of the slow gauges.
	maintainEvery = 15 * time.Second
	// weighed bounds the messages one pass looks at to trim by bytes.
	weighed = 4096
	// messageRoom is what the store adds to a message at the most, beside its
	// subject, headers and data. Weighing too much only trims less.
	messageRoom = 64
)

// maintain trims until ctx ends.
func (l *Log) maintain(ctx context.Context) {
	tick := time.NewTicker(maintainEvery)
	defer tick.Stop()
	for {
		if err := l.trim(ctx); err != nil && ctx.Err() == nil {
			l.logger.WarnContext(ctx, "trimming is tried again later", slog.Any("error", err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// trim removes what every named reader has committed and what is too old or
// too much. Without a named reader nothing is removed: somebody's facts may
// still be wanted.
func (l *Log) trim(ctx context.Context) error {
	l.trimming.Lock()
	defer l.trimming.Unlock()
	info, err := l.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("trim: %w", err)
	}
	state := info.State
	l.metrics.size.Set(float64(state.Bytes))
	floor, readers, err := l.floor(ctx, state.LastSeq+1)
	if err != nil {
		return fmt.Errorf("trim: %w", err)
	}
	l.metrics.readerLag.Set(float64(state.LastSeq + 1 - min(floor, state.LastSeq+1)))
	if readers == 0 || state.Msgs == 0 || floor <= state.FirstSeq {
		return nil
	}
	cut, err := l.cutByAge(ctx, state, floor)
	if err != nil {
		return fmt.Errorf("trim by age: %w", err)
	}
	bySize, err := l.cutBySize(ctx, state, floor)
	if err != nil {
		return fmt.Errorf("trim by size: %w", err)
	}
	if cut = max(cut, bySize); cut <= state.FirstSeq {
		return nil
	}
	if err := l.keepMark(ctx, cut); err != nil {
		return fmt.Errorf("trim: %w", err)
	}
	if err := l.stream.Purge(ctx, jetstream.WithPurgeSequence(cut)); err != nil {
		return fmt.Errorf("trim below message %d: %w", cut, err)
	}
	l.metrics.trimmed.Add(float64(cut - state.FirstSeq))
	l.logger.InfoContext(ctx, "log trimmed", slog.Uint64("first_seq", cut), slog.Uint64("messages", cut-state.FirstSeq))
	return nil
}

// floor is the first message that some named reader has not wholly committed.
func (l *Log) floor(ctx context.Context, end uint64) (floor uint64, readers int, err error) {
	names, err := l.readerNames(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("list the readers: %w", err)
	}
	floor = end
	for _, name := range names {
		c, revision, err := l.readCheckpoint(ctx, name)
		if err != nil {
			return 0, 0, err
		}
		if revision != 0 { // 0: the reader was dropped
			floor = min(floor, c.next.Seq)
			readers++
		}
	}
	return floor, readers, nil
}

// cutByAge is the first message below floor that is younger than MaxAge.
func (l *Log) cutByAge(ctx context.Context, state jetstream.StreamState, floor uint64) (uint64, error) {
	if l.cfg.MaxAge == 0 {
		return 0, nil
	}
	edge := l.cfg.Now().Add(-l.cfg.MaxAge)
	if !state.FirstTime.Before(edge) {
		return 0, nil
	}
	low, high := state.FirstSeq, floor // low is too old, high is kept
	for low+1 < high {
		middle := low + (high-low)/2
		msg, err := l.stream.GetMsg(ctx, middle)
		if errors.Is(err, jetstream.ErrMsgNotFound) { // a hole: as young as what follows
			high = middle
			continue
		}
		if err != nil {
			return 0, err
		}
		if msg.Time.Before(edge) {
			low = middle
		} else {
			high = middle
		}
	}
	return high, nil
}

// cutBySize is the first message below floor that must stay for KeepBytes to stay.
func (l *Log) cutBySize(ctx context.Context, state jetstream.StreamState, floor uint64) (uint64, error) {
	if l.cfg.KeepBytes == 0 || state.Bytes <= uint64(l.cfg.KeepBytes) {
		return 0, nil
	}
	excess := int64(state.Bytes) - l.cfg.KeepBytes
	cut := state.FirstSeq
	for ; cut < floor && cut < state.FirstSeq+weighed; cut++ {
		msg, err := l.stream.GetMsg(ctx, cut)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		size := int64(len(msg.Subject) + len(msg.Data) + messageRoom)
		for key, values := range msg.Header {
			for _, v := range values {
				size += int64(len(key) + len(v) + len(": \r\n"))
			}
		}
		if excess -= size; excess < 0 {
			break
		}
	}
	return cut, nil
}

// keepMark saves the outbox mark before the message that carries it is trimmed.
func (l *Log) keepMark(ctx context.Context, cut uint64) error {
	seq, mark, _, err := l.lastOutbox(ctx)
	if err != nil {
		return err
	}
	if seq == 0 || seq >= cut {
		return nil
	}
	if _, err := l.marks.Put(ctx, outboxKey, encodeMark(mark)); err != nil {
		return fmt.Errorf("keep the outbox mark: %w", err)
	}
	return nil
}
