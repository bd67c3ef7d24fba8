package eventlog

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

// ErrReaderMoved says that a reader was used after it was looked at: somebody
// has it, and nothing was dropped.
var ErrReaderMoved error = live.Conflict("reader_moved", "the reader was used meanwhile")

// Standing is how far a named reader has come.
type Standing struct {
	Name string
	Next live.Position // the first that it has not committed
	// Behind is how many messages of the log it has not wholly committed: what is
	// kept for it.
	Behind uint64
	// Used is when it was opened or committed last, by the clock of the NATS server.
	Used     time.Time
	revision uint64
}

// Readers are all named readers, sorted by name, whoever has them.
func (l *Log) Readers(ctx context.Context) ([]Standing, error) {
	names, err := l.readerNames(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the readers: %w", err)
	}
	info, err := l.stream.Info(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the readers: %w", err)
	}
	end := info.State.LastSeq + 1
	var out []Standing
	for _, name := range names {
		c, kept, err := l.keptCheckpoint(ctx, name)
		if err != nil {
			return nil, err
		}
		if kept == nil {
			continue // It was dropped.
		}
		s := Standing{Name: name, Next: c.next, Used: kept.Created(), revision: kept.Revision()}
		if c.next.Seq < end {
			s.Behind = end - c.next.Seq
		}
		out = append(out, s)
	}
	return out, nil
}

// readerNames are the names that readers have or had, sorted.
func (l *Log) readerNames(ctx context.Context) ([]string, error) {
	// One answer of the server names them all: a list that ends early would
	// trim what the rest still needs.
	kept, err := l.js.Stream(ctx, "KV_"+l.marks.Bucket())
	if err != nil {
		return nil, err
	}
	prefix := "$KV." + l.marks.Bucket() + "." + readerPrefix
	info, err := kept.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
	if err != nil {
		return nil, err
	}
	var out []string
	for subject := range info.State.Subjects {
		out = append(out, strings.TrimPrefix(subject, prefix))
	}
	slices.Sort(out)
	return out, nil
}

// DropStanding is [Log.DropReader] for a reader that nobody has used since it
// was looked at; else it returns [ErrReaderMoved].
func (l *Log) DropStanding(ctx context.Context, s Standing) error {
	err := l.marks.Purge(ctx, readerPrefix+s.Name, jetstream.LastRevision(s.revision))
	switch {
	case conflicts(err):
		return fmt.Errorf("drop reader %q: %w", s.Name, ErrReaderMoved)
	case err != nil:
		return fmt.Errorf("drop reader %q: %w", s.Name, err)
	}
	return nil
}
