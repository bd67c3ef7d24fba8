package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

// Log is the ordered, durable log of facts. All its methods may be called from
// many goroutines; a [Reader] belongs to one.
type Log struct {
	cfg      Config
	logger   *slog.Logger
	metrics  *metrics
	embedded *embedded // nil with an external server
	conn     *nats.Conn
	js       jetstream.JetStream
	stream   jetstream.Stream
	marks    jetstream.KeyValue
	epoch    string
	payload  int // the most bytes of one message

	queue   chan *batch   // to the writer, unbuffered: a batch is taken or it is not
	stopped chan struct{} // closed when nothing is taken any more
	stop    sync.Once

	outbox outbox

	// trimming keeps a reader from opening below the cut of the same moment.
	trimming sync.RWMutex

	closeOnce sync.Once
	closeErr  error
}

// Open joins the log and starts, without a URL, the embedded server. It writes
// nothing yet: that is what [Log.Run] is for. Close it when Run has returned.
func Open(ctx context.Context, cfg Config) (*Log, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	l := &Log{
		cfg:     cfg.withDefaults(),
		metrics: newMetrics(),
		queue:   make(chan *batch),
		stopped: make(chan struct{}),
	}
	l.logger = l.cfg.Logger
	if err := l.join(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open event log: %w", err), l.disconnect())
	}
	if err := l.metrics.register(cfg.Registerer); err != nil {
		l.metrics.unregister(cfg.Registerer)
		return nil, errors.Join(fmt.Errorf("register event log metrics: %w", err), l.disconnect())
	}
	return l, nil
}

func (l *Log) join(ctx context.Context) error {
	options := []nats.Option{
		nats.Name("showrunner event log"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		// A server that hangs does not hang up: silence has to tell. Else it would
		// be waited for as long as the library does, which is minutes.
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsMissed), nats.FlusherTimeout(pingEvery * pingsMissed),
		// What cannot be sent now is refused and tried again by us, who know
		// whether it still matters.
		nats.ReconnectBufSize(-1),
		nats.NoCallbacksAfterClientClose(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			l.logger.WarnContext(ctx, "event log disconnected", slog.Any("error", err))
		}),
		nats.ReconnectHandler(func(*nats.Conn) { l.logger.InfoContext(ctx, "event log reconnected") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			l.logger.WarnContext(ctx, "event log connection", slog.Any("error", err))
		}),
	}
	url := l.cfg.URL
	if url == "" {
		var err error
		if l.embedded, err = startEmbedded(ctx, l.cfg.Dir, l.logger); err != nil {
			return err
		}
		options = append(options, nats.InProcessServer(l.embedded.srv))
	}
	var err error
	if l.conn, err = nats.Connect(url, options...); err != nil {
		return fmt.Errorf("connect to NATS: %w", err)
	}
	l.payload = int(l.conn.MaxPayload()) - headerRoom
	if l.payload < l.cfg.MaxBytes {
		return fmt.Errorf("the NATS server takes messages of %d bytes, %d are needed for max_bytes", l.conn.MaxPayload(), l.cfg.MaxBytes+headerRoom)
	}
	if l.js, err = jetstream.New(l.conn); err != nil {
		return err
	}
	if l.stream, l.epoch, err = joinStream(ctx, l.js, l.cfg); err != nil {
		return err
	}
	l.marks, err = joinCheckpoints(ctx, l.js, l.cfg)
	return err
}

// Run writes what is appended and trims what is no longer needed, until ctx
// ends. It then takes no more, answers what it has taken and returns nil.
func (l *Log) Run(ctx context.Context) error {
	var tasks sync.WaitGroup
	tasks.Go(func() { l.maintain(ctx) })
	l.write(ctx, l.send)
	tasks.Wait()
	return nil
}

// Epoch names this incarnation of the stream. Offsets of another epoch mean nothing.
func (l *Log) Epoch() string { return l.epoch }

// Head is the position the next message will have: everything below is stored.
func (l *Log) Head(ctx context.Context) (live.Position, error) {
	for {
		// While a cluster elects a leader nobody answers: one question is lost
		// then, and the next one finds it.
		asking, done := context.WithTimeout(ctx, questionWait)
		info, err := l.stream.Info(asking)
		done()
		if err == nil {
			return live.Position{Seq: info.State.LastSeq + 1}, nil
		}
		if ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) || l.cfg.URL == "" {
			return live.Position{}, fmt.Errorf("ask for the head of the log: %w", err)
		}
	}
}

// A server that answers none of so many pings is left for another.
const (
	pingEvery   = 2 * time.Second
	pingsMissed = 3
)

// questionWait is how long an answer of a cluster is waited for before it is
// asked again.
const questionWait = time.Second

// Ready reports whether the log answers.
func (l *Log) Ready(ctx context.Context) error {
	select {
	case <-l.stopped:
		return ErrClosed
	default:
	}
	if _, err := l.stream.Info(ctx); err != nil {
		return fmt.Errorf("event log: %w", err)
	}
	return nil
}

// Close disconnects and stops the embedded server. Whoever still waits in
// Append gets [ErrClosed]. Readers end. A second Close returns the same.
func (l *Log) Close() error {
	l.closeOnce.Do(func() {
		l.refuse()
		l.metrics.unregister(l.cfg.Registerer)
		l.closeErr = l.disconnect()
	})
	return l.closeErr
}

// refuse makes every Append from now on fail.
func (l *Log) refuse() { l.stop.Do(func() { close(l.stopped) }) }

func (l *Log) disconnect() error {
	if l.conn != nil {
		l.conn.Close()
	}
	if l.embedded != nil {
		return l.embedded.stop()
	}
	return nil
}
