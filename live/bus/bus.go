package bus

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// Config is what a bus needs. URL, Node, Crowds, Now and Logger are required.
type Config struct {
	// URL names the NATS server or cluster, the log's.
	URL string
	// Prefix begins all subjects: the name of the log's stream. Empty means
	// "showrunner".
	Prefix string
	// Node is the name of this server, 1 to 32 letters, digits, - and _. No two
	// that live at a time may have the same.
	Node string
	// Machine is a name of what this server shares its processors with, at most 64
	// bytes. Servers that say the same are counted together by [Bus.Largest];
	// empty is one of its own.
	Machine string
	// Crowds says who is in the rooms of this server. It is called from one
	// goroutine, at every beat.
	Crowds func() []Crowd
	// Frames takes what the owner of a room sent. It is called from a goroutine
	// for each room that is listened to, and must not wait for anybody. Required
	// for [Bus.Listen].
	Frames func(room live.RoomID, data []byte)
	// Every is the time between two beats. Zero means 500 ms; a server is gone
	// after four that were not heard.
	Every      time.Duration
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil means none
}

var nodeName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// missedBeats are how many beats, and answers of the NATS server, may fail to
// come.
const missedBeats = 4

// pingEvery is how often the NATS server is asked whether it is there.
const pingEvery = 2 * time.Second

// Bus joins this server with the others. Its methods may be called from many
// goroutines.
type Bus struct {
	cfg      Config
	conn     *nats.Conn
	instance string // of this process: two of one name are told apart by it
	metrics  *metrics
	peers    peers
	wake     chan struct{} // a beat is due before its time

	mu    sync.Mutex
	rooms map[live.RoomID]*nats.Subscription
}

// Open connects. Beats are sent by [Bus.Run]; others are heard at once.
func Open(cfg Config) (*Bus, error) {
	if !nodeName.MatchString(cfg.Node) || cfg.URL == "" || cfg.Crowds == nil || cfg.Now == nil || cfg.Logger == nil || len(cfg.Machine) > 64 {
		return nil, errors.New("bus: a name, a URL, crowds, a clock, a logger and at most 64 bytes of machine are needed")
	}
	if cfg.Prefix == "" {
		cfg.Prefix = "showrunner"
	}
	if cfg.Every == 0 {
		cfg.Every = 500 * time.Millisecond
	}
	b := &Bus{
		cfg: cfg, instance: uuid.NewString(), wake: make(chan struct{}, 1), rooms: map[live.RoomID]*nats.Subscription{},
		peers: peers{now: cfg.Now, life: missedBeats * cfg.Every, nodes: map[string]*peer{}},
	}
	b.metrics = newMetrics(cfg.Registerer, b)
	var err error
	b.conn, err = nats.Connect(cfg.URL,
		nats.Name("showrunner bus of "+cfg.Node), nats.MaxReconnects(-1), nats.ReconnectWait(250*time.Millisecond),
		// A server that hangs does not hang up: silence has to tell.
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(missedBeats), nats.FlusherTimeout(pingEvery*missedBeats),
		// What is late is worth nothing here.
		nats.ReconnectBufSize(-1), nats.NoEcho(), nats.NoCallbacksAfterClientClose(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.metrics.dropped.Inc()
			cfg.Logger.Warn("bus", "error", err)
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("bus: connect to NATS: %w", err)
	}
	if _, err := b.conn.Subscribe(cfg.Prefix+".bus.beat", b.hear); err != nil {
		b.conn.Close()
		return nil, fmt.Errorf("bus: subscribe: %w", err)
	}
	return b, nil
}

// Run beats until ctx ends; then it tells the others that this server is gone,
// and closes the connection.
func (b *Bus) Run(ctx context.Context) error {
	tick := time.NewTicker(b.cfg.Every)
	defer tick.Stop()
	defer b.conn.Close()
	for seq := uint64(1); ; seq++ {
		b.beat(seq)
		select {
		case <-tick.C:
		case <-b.wake:
		case <-ctx.Done():
			b.send(beat{Node: b.cfg.Node, Instance: b.instance, Seq: seq + 1, Gone: true})
			if err := b.conn.FlushTimeout(time.Second); err != nil {
				b.cfg.Logger.WarnContext(ctx, "the others are not told that this server ends", "error", err)
			}
			return nil
		}
	}
}

// beat says who is here. Rooms that do not fit one message go in several.
func (b *Bus) beat(seq uint64) {
	crowds := b.cfg.Crowds()
	for first := true; first || len(crowds) > 0; first = false {
		part := beat{Node: b.cfg.Node, Instance: b.instance, Machine: b.cfg.Machine, Seq: seq}
		size := 0
		for len(crowds) > 0 && size < beatBytes {
			c := &crowds[0]
			part.Rooms = append(part.Rooms, *c)
			size += 64 + len(c.Room) + 11*len(c.Hashes)
			if !c.Sketch.IsZero() {
				size += sketchBytes * 4 / 3
			}
			crowds = crowds[1:]
		}
		b.send(part)
	}
}

func (b *Bus) send(p beat) {
	if err := b.conn.Publish(b.cfg.Prefix+".bus.beat", p.encode()); err != nil {
		b.metrics.dropped.Inc()
	}
}

// hear takes a beat of another server.
func (b *Bus) hear(m *nats.Msg) {
	p, err := decodeBeat(m.Data)
	if err != nil {
		b.metrics.dropped.Inc()
		b.cfg.Logger.Warn("a beat on the bus cannot be read", "error", err)
		return
	}
	if p.Node == b.cfg.Node && p.Instance != b.instance {
		b.metrics.twins.Inc()
		b.cfg.Logger.Error("another server has this server's name; give each its own --node", "node", p.Node)
		return
	}
	if b.peers.take(p) {
		// It is new: tell it who is here without making it wait for the next beat.
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
}

// Ready reports whether the bus is connected.
func (b *Bus) Ready(context.Context) error {
	if !b.conn.IsConnected() {
		return errors.New("the bus is not connected")
	}
	return nil
}

// subject is that of a room's frames: its id may hold dots.
func (b *Bus) subject(room live.RoomID) string {
	return b.cfg.Prefix + ".bus.room." + base64.RawURLEncoding.EncodeToString([]byte(room))
}
