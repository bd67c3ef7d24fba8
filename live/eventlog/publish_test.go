package eventlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// faulty is the real JetStream behind a bad line: the first publishes of each
// message are refused, or their answers are lost.
type faulty struct {
	jetstream.JetStream
	refuse, lose int // attempts of each message

	mu       sync.Mutex
	attempts map[string]int
}

func (f *faulty) PublishMsg(ctx context.Context, m *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	id := m.Header.Get(nats.MsgIdHdr)
	f.mu.Lock()
	f.attempts[id]++
	n, refuse, lose := f.attempts[id], f.refuse, f.lose
	f.mu.Unlock()
	if n <= refuse {
		return nil, fmt.Errorf("nats: %w", &jetstream.APIError{Code: 429, ErrorCode: 10167, Description: "too many requests"})
	}
	ack, err := f.JetStream.PublishMsg(ctx, m, opts...)
	if err == nil && n <= refuse+lose {
		return nil, nats.ErrTimeout // stored, but nobody hears of it
	}
	return ack, err
}

func openFaulty(t *testing.T, refuse, lose int) (*Log, *faulty, *prometheus.Registry) {
	reg := prometheus.NewRegistry()
	l, err := Open(t.Context(), Config{Dir: t.TempDir(), Now: time.Now, Registerer: reg})
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{JetStream: l.js, refuse: refuse, lose: lose, attempts: map[string]int{}}
	l.js = f
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, l.Close()); err != nil {
			t.Error(err)
		}
	})
	return l, f, reg
}

func TestPublishIsTriedUntilKnown(t *testing.T) {
	for _, c := range []struct{ refuse, lose int }{{3, 0}, {0, 2}, {1, 1}} {
		t.Run(fmt.Sprintf("%d refused and %d lost", c.refuse, c.lose), func(t *testing.T) {
			l, _, reg := openFaulty(t, c.refuse, c.lose)
			if got := mustMark(t, l); got != 0 {
				t.Fatalf("the mark is %d", got)
			}
			first := mustAppend(t, l, event("a"))
			order, err := l.AppendOutbox(t.Context(), 3, events("order", 3))
			if err != nil || len(order) != 3 {
				t.Fatalf("the outbox: %v, %v", order, err)
			}
			last := mustAppend(t, l, event("b"))
			entries := all(t, l)
			if got, want := fmt.Sprint(ids(entries)), "[a order-0 order-1 order-2 b]"; got != want {
				t.Errorf("the log holds %s, want %s", got, want)
			}
			if entries[0].Position != first[0] || entries[1].Position != order[0] || entries[4].Position != last[0] {
				t.Errorf("stored at %v, told %v, %v and %v", entries, first, order, last)
			}
			if got, want := metric(t, reg, "publish_retries_total"), float64(3*c.refuse+2*c.lose); got < want {
				t.Errorf("%v retries are counted, want at least %v", got, want)
			}
			if got := mustMark(t, l); got != 3 {
				t.Errorf("the mark is %d, want 3", got)
			}
		})
	}
}

func TestPublishThatIsAlwaysRefused(t *testing.T) {
	l, _, _ := openFaulty(t, 1<<30, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := l.AppendOutbox(ctx, 3, events("order", 3))
	if errors.Is(err, ErrUnknown) || !errors.Is(err, &live.Error{Code: "log_unavailable"}) {
		t.Errorf("got %v, want log_unavailable: it is known that nothing is stored", err)
	}
}

func TestPublishThatIsNeverAnswered(t *testing.T) {
	l, f, _ := openFaulty(t, 0, 1<<30)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := l.AppendOutbox(ctx, 3, events("order", 3)); !errors.Is(err, ErrUnknown) {
		// The compare-and-set of the second attempt finds the first one.
		if err != nil || mustMark(t, l) != 3 {
			t.Errorf("got %v", err)
		}
	}
	if _, err := l.Append(ctx, events("e", 1)); !errors.Is(err, ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
	f.mu.Lock()
	f.lose = 0 // or Run would wait for its answer at the end
	f.mu.Unlock()
}

// The acknowledgement is worth what the server does before it: this one syncs.
func TestEmbeddedServerSyncsAlways(t *testing.T) {
	l, _ := openLog(t, Config{})
	got := l.embedded.srv.JetStreamConfig()
	if got == nil || !got.SyncAlways {
		t.Errorf("JetStream is configured as %+v, want SyncAlways", got)
	}
	if addr := l.embedded.srv.Addr(); addr != nil {
		t.Errorf("the embedded server listens on %v", addr)
	}
}
