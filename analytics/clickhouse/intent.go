package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/live"
)

// intent is a range of the log that was, or is about to be, sent. It is kept
// beside the reader's checkpoint from before the first send until the range is
// in. It is what makes a retry the same retry after a crash.
type intent struct {
	From  uint64 `json:"from"`  // offset of the first position
	Until uint64 `json:"until"` // offset of the first position not covered
	N     int    `json:"n"`     // events in it
}

func (i intent) String() string { return fmt.Sprintf("%d-%d", i.From, i.Until) }

func (i intent) encode() []byte {
	b, err := json.Marshal(i)
	if err != nil {
		panic(err) // Three integers always marshal.
	}
	return b
}

func decodeIntent(note []byte) (intent, error) {
	var i intent
	if err := json.Unmarshal(note, &i); err != nil {
		return intent{}, fmt.Errorf("read the intent %q: %w", note, err)
	}
	if i.From >= i.Until || i.N < 1 {
		return intent{}, fmt.Errorf("read the intent %q: an empty range", note)
	}
	return i, nil
}

// span is a range with its rows.
type span struct {
	intent
	oldest time.Time // receipt of its first event
	events eventColumns
	deltas deltaColumns
	bytes  int
	bad    int // order events that could not be read
}

// add takes one event in.
func (s *span) add(e live.Entry) {
	if s.N == 0 {
		s.From, s.oldest = e.Position.Offset(), e.Event.ReceivedAt
	}
	s.N++
	s.bytes += len(e.Event.Data) + 256
	s.events.add(e)
	if live.OrderFactKind(e.Event.Kind) {
		if err := s.deltas.add(e); err != nil {
			s.bad++
		}
	}
}

// reload reads the rows of an intent from the log again.
func reload(ctx context.Context, log Log, i intent) (*span, error) {
	s := &span{}
	err := log.Range(ctx, live.PositionOf(i.From), live.PositionOf(i.Until), func(e live.Entry) error {
		s.add(e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the range %s of the log again: %w", i, err)
	}
	if s.N != i.N || s.From != i.From {
		return nil, fmt.Errorf("read the range %s of the log again: %d events where there were %d", i, s.N, i.N)
	}
	s.Until = i.Until
	return s, nil
}
