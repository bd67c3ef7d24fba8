package eventlog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"showrunner/live"
)

const (
	// throughHeader carries the outbox high-water mark of a message.
	throughHeader = "Showrunner-Through"
	// outboxKey keeps the mark when the message that carried it is trimmed.
	outboxKey = "outbox.mark"
)

// outbox is what this log last saw of the outbox subject: the base of the next
// compare-and-set. It moves only when the relay is told of it.
type outbox struct {
	sync.Mutex
	known bool
	seq   uint64 // of the last message on the subject, 0 if none
	mark  int64
}

// AppendOutbox stores one batch of a database outbox as one message together
// with through, the highest outbox id in it, so that a batch enters the log
// once however often and by however many relays it is offered.
//
// events must be what follows the mark this relay saw last, by
// [Log.OutboxMark] or an earlier AppendOutbox. A batch whose through is already
// in the log is answered (nil, nil). If another relay moved the mark to
// somewhere before through, nothing is stored and the error is
// [ErrOutboxMoved]. A batch that does not fit one message is refused with
// "batch_too_large": offer a smaller one. [ErrUnknown] may be answered by
// asking OutboxMark again. It does not need [Log.Run].
func (l *Log) AppendOutbox(ctx context.Context, through int64, events []live.Event) ([]live.Position, error) {
	if through <= 0 || len(events) == 0 {
		return nil, live.Invalid("invalid_field", "through", "needs a positive mark and at least one event")
	}
	if len(events) > live.MaxBatch {
		return nil, live.TooLarge("batch_too_large", "events", "are %d, a message takes %d", len(events), live.MaxBatch)
	}
	begin := l.cfg.Now()
	data := appendHead(nil, len(events))
	for i := range events {
		var err error
		if data, err = appendRecord(data, &events[i]); err != nil {
			return nil, fmt.Errorf("append outbox: event %d: %w", i, err)
		}
	}
	if len(data) > l.payload {
		return nil, live.TooLarge("batch_too_large", "events", "are %d bytes, a message takes %d", len(data), l.payload)
	}
	seal(data)

	l.outbox.Lock()
	defer l.outbox.Unlock()
	if !l.outbox.known {
		seq, mark, _, err := l.lastOutbox(ctx)
		if err != nil {
			return nil, err
		}
		l.outbox.known, l.outbox.seq, l.outbox.mark = true, seq, mark
	} else if l.outbox.seq == 0 {
		// An empty subject is no proof that nothing was written and trimmed since.
		_, mark, _, err := l.lastOutbox(ctx)
		if err != nil {
			return nil, err
		}
		if mark != l.outbox.mark && mark < through {
			return nil, ErrOutboxMoved
		}
		if through <= mark {
			return nil, nil
		}
	}
	if through <= l.outbox.mark {
		return nil, nil
	}
	id := nuid.Next()
	msg := nats.NewMsg(l.cfg.Stream + ".outbox")
	msg.Data = data
	msg.Header.Set(nats.MsgIdHdr, id)
	msg.Header.Set(throughHeader, strconv.FormatInt(through, 10))
	msg.Header.Set(nats.ExpectedLastSubjSeqHdr, strconv.FormatUint(l.outbox.seq, 10))
	seq, err := l.publish(ctx, msg)
	if err != nil && !conflicts(err) {
		return nil, fmt.Errorf("append outbox: %w", err)
	}
	if err != nil {
		// Either an attempt of ours was stored without an answer, or another
		// relay was faster.
		last, mark, lastID, err := l.lastOutbox(ctx)
		switch {
		case err != nil:
			return nil, err
		case lastID == id:
			seq = last
		case mark == through:
			l.outbox.seq, l.outbox.mark = last, mark
			return nil, nil
		case mark > through:
			return nil, nil
		default:
			return nil, ErrOutboxMoved
		}
	}
	l.outbox.seq, l.outbox.mark = seq, through
	l.count(len(events), len(data))
	l.metrics.latency.Observe(l.cfg.Now().Sub(begin).Seconds())
	positions := make([]live.Position, len(events))
	for i := range positions {
		positions[i] = live.Position{Seq: seq, Index: uint32(i)}
	}
	return positions, nil
}

// OutboxMark is the highest outbox id in the log, 0 if there is none. What it
// returns is what the next [Log.AppendOutbox] builds on.
func (l *Log) OutboxMark(ctx context.Context) (int64, error) {
	l.outbox.Lock()
	defer l.outbox.Unlock()
	seq, mark, _, err := l.lastOutbox(ctx)
	if err != nil {
		return 0, err
	}
	l.outbox.known, l.outbox.seq, l.outbox.mark = true, seq, mark
	return mark, nil
}

// lastOutbox finds the last outbox message, its mark and its id. When it was
// trimmed, seq is 0 and the mark is the one the trimmer kept.
func (l *Log) lastOutbox(ctx context.Context) (seq uint64, mark int64, id string, err error) {
	msg, err := l.stream.GetLastMsgForSubject(ctx, l.cfg.Stream+".outbox")
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		kept, err := l.marks.Get(ctx, outboxKey)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return 0, 0, "", nil
		}
		if err != nil {
			return 0, 0, "", fmt.Errorf("read the kept outbox mark: %w", err)
		}
		mark, err := decodeMark(kept.Value())
		return 0, mark, "", err
	}
	if err != nil {
		return 0, 0, "", fmt.Errorf("read the outbox mark: %w", err)
	}
	mark, err = strconv.ParseInt(msg.Header.Get(throughHeader), 10, 64)
	if err != nil || mark <= 0 {
		return 0, 0, "", &CorruptError{Position: live.Position{Seq: msg.Sequence}, Reason: fmt.Errorf("its outbox mark is %q", msg.Header.Get(throughHeader))}
	}
	return msg.Sequence, mark, msg.Header.Get(nats.MsgIdHdr), nil
}

func encodeMark(mark int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(mark)) }

func decodeMark(b []byte) (int64, error) {
	if len(b) != 8 || int64(binary.LittleEndian.Uint64(b)) <= 0 {
		return 0, fmt.Errorf("the kept outbox mark is not a mark: %x", b)
	}
	return int64(binary.LittleEndian.Uint64(b)), nil
}
