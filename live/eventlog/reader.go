package eventlog

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"showrunner/live"
)

// Reader goes through the log in order. Next and Close belong to one goroutine;
// Position, Checkpoint and Commit may be called from others.
type Reader struct {
	log   *Log
	name  string // empty: no checkpoint
	owner [16]byte
	feed  *feed
	rest  []live.Entry // decoded and not handed out yet
	after live.Position
	err   error // what ended the reading

	mu       sync.Mutex
	next     live.Position // to be read
	saved    checkpoint
	revision uint64
}

// Reader opens a reader. With a name, of letters, digits, - _ and ., it has a
// durable checkpoint: it goes on where the last [Reader.Commit] said, else at
// start, and what it has not committed is not trimmed. Opening a name takes it
// from whoever had it: their next Commit fails with [ErrReaderLost]. Without a
// name it begins at start, remembers nothing and holds back nothing. The zero
// start is the oldest event there is.
//
// A start or checkpoint below the oldest message is a [TrimmedError]; one
// beyond the end of the log is an error too.
func (l *Log) Reader(ctx context.Context, name string, start live.Position) (*Reader, error) {
	l.trimming.RLock()
	defer l.trimming.RUnlock()
	info, err := l.stream.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("open reader: %w", err)
	}
	first := live.Position{Seq: max(info.State.FirstSeq, 1)}
	end := info.State.LastSeq + 1
	if info.State.Msgs == 0 {
		first.Seq = end
	}
	if start.IsZero() {
		start = first
	}
	r := &Reader{log: l, name: name, next: start, owner: uuid.New()}
	if name != "" {
		if !readerName.MatchString(name) {
			return nil, live.Invalid("invalid_field", "name", "%q is not a reader's name", name)
		}
		if r.saved, r.revision, err = l.claim(ctx, name, r.owner, start); err != nil {
			return nil, err
		}
		r.next = r.saved.next
	}
	if r.next.Less(first) {
		return nil, fmt.Errorf("open reader %q: %w", name, &TrimmedError{Wanted: r.next, First: first})
	}
	if r.next.Seq > end {
		return nil, fmt.Errorf("open reader %q: position %d is beyond the end of the log at %d", name, r.next.Seq, end)
	}
	r.feed = l.startFeed(r.next)
	return r, nil
}

// Checkpoint is where the reader of a name last committed, whoever has it open;
// the zero position if it never did.
func (l *Log) Checkpoint(ctx context.Context, name string) (live.Position, error) {
	c, _, err := l.readCheckpoint(ctx, name)
	return c.next, err
}

// Next returns the next events, at most limit, in order. It waits up to wait
// for the first one and returns (nil, nil) if none came; it does not wait for
// more. The slice is the caller's. After a [CorruptError], a [TrimmedError] or
// [ErrClosed] every further call returns the same.
func (r *Reader) Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error) {
	if limit < 1 {
		return nil, fmt.Errorf("read the log: a limit of %d events", limit)
	}
	if len(r.rest) == 0 && r.err == nil {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case p, ok := <-r.feed.pages:
			r.take(p, ok)
		case <-timer.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var first []live.Entry
	var more [][]live.Entry // parts of later pages
	got := 0
	for {
		if n := min(len(r.rest), limit-got); n > 0 {
			part := r.rest[:n:n]
			if got == 0 {
				first = part
			} else {
				more = append(more, part)
			}
			got += n
			r.rest = r.rest[n:]
			r.advance()
		}
		if got == limit || r.err != nil {
			break
		}
		select {
		case p, ok := <-r.feed.pages:
			r.take(p, ok)
			continue
		default:
		}
		break
	}
	// One page is handed out as it is; several are copied once.
	out := first
	if len(more) > 0 {
		out = make([]live.Entry, 0, got)
		out = append(out, first...)
		for _, part := range more {
			out = append(out, part...)
		}
	}
	if len(out) == 0 && r.err != nil {
		return nil, fmt.Errorf("read the log: %w", r.err)
	}
	return out, nil
}

func (r *Reader) take(p page, ok bool) {
	switch {
	case !ok:
		r.err = ErrClosed
	case p.err != nil:
		r.err = p.err
	default:
		r.rest, r.after = p.entries, live.Position{Seq: p.seq + 1}
		r.advance() // past a message of which nothing is left to read
	}
}

func (r *Reader) advance() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.rest) > 0 {
		r.next = r.rest[0].Position
	} else {
		r.next = r.after
	}
}

// Position is the next position to be read: everything below was handed out.
func (r *Reader) Position() live.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// Checkpoint is what was last committed: the first position not covered, and
// the note beside it. It is zero for a reader without a name.
func (r *Reader) Checkpoint() (next live.Position, note []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.saved.next, slices.Clone(r.saved.note)
}

// Commit makes next, the first position not covered, and a note of at most
// 64 KiB durable before it returns. It never moves back and never beyond
// [Reader.Position]. [ErrReaderLost] means that another owner has the name;
// after any other error the same Commit may be repeated.
func (r *Reader) Commit(ctx context.Context, next live.Position, note []byte) error {
	if r.name == "" {
		return fmt.Errorf("commit: the reader has no name")
	}
	if len(note) > maxNote {
		return live.TooLarge("note_too_large", "note", "is %d bytes, at most %d are kept", len(note), maxNote)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if next.Less(r.saved.next) || r.next.Less(next) {
		return fmt.Errorf("commit reader %q: position %v is not between the last commit %v and the next to be read %v", r.name, next, r.saved.next, r.next)
	}
	c := checkpoint{owner: r.owner, epoch: r.log.epoch, next: next, note: slices.Clone(note)}
	for attempt := 0; ; attempt++ {
		revision, err := r.log.writeCheckpoint(ctx, r.name, &c, r.revision)
		if err == nil {
			r.saved, r.revision = c, revision
			return nil
		}
		if !conflicts(err) || attempt == 3 {
			return fmt.Errorf("commit reader %q: %w", r.name, err)
		}
		// Somebody wrote: another owner, or an earlier Commit of ours whose
		// answer was lost.
		kept, revision, err := r.log.readCheckpoint(ctx, r.name)
		if err != nil {
			return fmt.Errorf("commit: %w", err)
		}
		if revision == 0 || kept.owner != r.owner {
			return fmt.Errorf("commit reader %q: %w", r.name, ErrReaderLost)
		}
		r.revision = revision
	}
}

// Close ends the reading. The checkpoint stays as it was last committed.
func (r *Reader) Close() error {
	r.feed.stop()
	return nil
}
