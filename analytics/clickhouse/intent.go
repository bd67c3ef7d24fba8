package clickhouse

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/conversion"
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

	rules *conversion.RuleSet // nil: those that are built in
}

// add takes one event in.
func (s *span) add(e live.Entry) {
	if s.N == 0 {
		s.From, s.oldest = e.Position.Offset(), e.Event.ReceivedAt
	}
	s.N++
	s.bytes += len(e.Event.Data) + 256
	s.events.add(e, cmp.Or(s.rules, conversion.DefaultRules()))
	if live.OrderFactKind(e.Event.Kind) {
		if err := s.deltas.add(e); err != nil {
			s.bad++
		}
	}
}

// reload reads the rows of an intent from the log again. The reader stands at
// the intent's beginning, where its checkpoint is, and afterwards at its end.
func reload(ctx context.Context, r Reader, i intent, rules *conversion.RuleSet) (*span, error) {
	s := &span{rules: rules}
	for s.N < i.N {
		entries, err := r.Next(ctx, i.N-s.N, time.Second)
		if err != nil {
			return nil, fmt.Errorf("read the range %s of the log again: %w", i, err)
		}
		for _, e := range entries {
			if at := e.Position.Offset(); at < i.From || at >= i.Until {
				return nil, fmt.Errorf("read the range %s of the log again: it does not hold its %d events, %d is the next after %d",
					i, i.N, at, s.N)
			}
			s.add(e)
		}
	}
	s.From, s.Until = i.From, i.Until
	return s, nil
}
