package eventlog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

// ErrLogExists says that there is a log already where one was to be restored.
var ErrLogExists error = live.Conflict("log_exists", "there is a log already")

// restoring is how many messages are on their way at once.
const restoring = 256

// Import makes a log anew from an export: the same messages under the same
// sequences, the same epoch and checkpoints. There must be none yet, else it
// returns [ErrLogExists]. After another error what was made is dropped of an external
// NATS, and in a folder the log is not whole and must not be used.
func Import(ctx context.Context, cfg Config, r io.Reader) (out Exported, err error) {
	var l *Log
	defer func() {
		if l != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	var under []jetstream.PubAckFuture
	await := func(most int) error {
		for len(under) > most {
			f := under[0]
			under = under[1:]
			want, err := strconv.ParseUint(f.Msg().Header.Get(restoredHeader), 10, 64)
			if err != nil {
				panic("BUG: a message that is restored has no sequence")
			}
			select {
			case ack := <-f.Ok():
				if ack.Sequence != want {
					return fmt.Errorf("message %d became %d", want, ack.Sequence)
				}
			case err := <-f.Err():
				return fmt.Errorf("message %d: %w", want, err)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	begin := func(head exportHead) (err error) {
		cfg.restore = &head
		l, err = Open(ctx, cfg)
		return err
	}
	out, err = readExport(r, begin, func(kind byte, body []byte) error {
		switch kind {
		case recordEvents, recordOutbox:
			f, err := l.js.PublishMsgAsync(l.restored(kind, body))
			if err != nil {
				return err
			}
			under = append(under, f)
			return await(restoring)
		case recordCheckpoint:
			return l.restoreCheckpoint(ctx, body)
		case recordMark:
			_, err := l.marks.Create(ctx, outboxKey, body)
			return err
		}
		return nil
	})
	if err == nil {
		err = await(0)
	}
	if err != nil {
		err = fmt.Errorf("restore the log: %w", err)
		if l != nil && cfg.URL != "" {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unimportWithin)
			defer cancel()
			err = errors.Join(err, Unimport(ctx, cfg, l.epoch))
		}
		return out, err
	}
	return out, nil
}

// unimportWithin bounds the dropping of what was made.
const unimportWithin = time.Minute

// restoredHeader carries the sequence that a restored message must get.
const restoredHeader = "Showrunner-Restored"

// restored is the message of a record.
func (l *Log) restored(kind byte, body []byte) *nats.Msg {
	seq := binary.LittleEndian.Uint64(body)
	msg := nats.NewMsg(l.cfg.Stream + ".events")
	msg.Data = body[8:]
	if kind == recordOutbox {
		msg.Subject = l.cfg.Stream + ".outbox"
		msg.Data = body[16:]
		msg.Header.Set(throughHeader, strconv.FormatUint(binary.LittleEndian.Uint64(body[8:]), 10))
	}
	msg.Header.Set(restoredHeader, strconv.FormatUint(seq, 10))
	msg.Header.Set(nats.ExpectedLastSeqHdr, strconv.FormatUint(seq-1, 10))
	return msg
}

// restoreCheckpoint writes the checkpoint of a record.
func (l *Log) restoreCheckpoint(ctx context.Context, body []byte) error {
	for i, b := range body {
		if b == '\n' {
			_, err := l.marks.Create(ctx, readerPrefix+string(body[:i]), body[i+1:])
			return err
		}
	}
	panic("BUG: a checkpoint without a name was taken")
}

// restoreStream makes the stream of a log that is brought back.
func restoreStream(ctx context.Context, js jetstream.JetStream, cfg Config) (jetstream.Stream, string, error) {
	if _, err := js.Stream(ctx, cfg.Stream); err == nil {
		return nil, "", ErrLogExists
	} else if !errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, "", fmt.Errorf("look for a stream %q: %w", cfg.Stream, err)
	}
	if _, err := js.KeyValue(ctx, cfg.Stream+"_readers"); err == nil {
		return nil, "", ErrLogExists
	}
	c := newStream(cfg, cfg.restore.Epoch)
	c.FirstSeq = cfg.restore.First
	s, err := js.CreateStream(ctx, c)
	if err != nil {
		return nil, "", fmt.Errorf("make stream %q: %w", cfg.Stream, err)
	}
	return s, cfg.restore.Epoch, nil
}
