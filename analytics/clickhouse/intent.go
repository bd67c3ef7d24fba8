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

// span is a range with its rows. It is used again for the next range.
type span struct {
	intent
	oldest time.Time // receipt of its first event
	month  month     // which all are of
	events *eventColumns
	deltas *deltaColumns
	bytes  int
	bad    int // order events that could not be read

	kinds kindRows
	read  factsRead
	order reading
}

// newSpan makes one; nil rules are those that are built in.
func newSpan(rules *conversion.RuleSet) *span {
	rules = cmp.Or(rules, conversion.DefaultRules())
	return &span{events: newEventColumns(rules), deltas: newDeltaColumns(), kinds: kindRows{rules: rules}}
}

// reset begins another range.
func (s *span) reset() {
	s.intent, s.oldest, s.bytes, s.bad = intent{}, time.Time{}, 0, 0
	s.kinds.reset()
	s.events.reset()
	s.deltas.reset()
}

// blocks are what is to be sent of the range, in this order.
func (s *span) blocks() [2]*block { return [2]*block{s.events.block(), s.deltas.block()} }

// add takes one event in. It keeps nothing of the entry's bytes.
func (s *span) add(e *live.Entry) {
	if s.N == 0 {
		s.From, s.oldest = e.Position.Offset(), e.Event.ReceivedAt
		s.month = monthOf(s.oldest)
	}
	s.N++
	s.bytes += len(e.Event.Data) + 256
	is := s.kinds.of(e.Event.Kind)
	if !is.order {
		s.events.add(e, is, s.read.of(is, e.Event.Data))
		return
	}
	s.order = reading{}
	if err := s.deltas.add(e, &s.order.facts); err != nil {
		s.bad++
	}
	s.events.add(e, is, &s.order)
}

// reload reads the rows of an intent from the log again. The reader stands at
// the intent's beginning, where its checkpoint is, and afterwards at its end.
func reload(ctx context.Context, r Reader, want intent, rules *conversion.RuleSet) (*span, error) {
	s := newSpan(rules)
	for s.N < want.N {
		entries, err := r.Next(ctx, want.N-s.N, time.Second)
		if err != nil {
			return nil, fmt.Errorf("read the range %s of the log again: %w", want, err)
		}
		for i := range entries {
			e := &entries[i]
			if at := e.Position.Offset(); at < want.From || at >= want.Until {
				return nil, fmt.Errorf("read the range %s of the log again: it does not hold its %d events, %d is the next after %d",
					want, want.N, at, s.N)
			}
			s.add(e)
		}
	}
	s.From, s.Until = want.From, want.Until
	return s, nil
}
