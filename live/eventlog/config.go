package eventlog

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// Config says where the log is kept and how it is written. Only Now, and one of
// Dir and URL, must be given.
type Config struct {
	// Dir is where the embedded server keeps its files. Unused with a URL.
	Dir string
	// URL names an external NATS server or cluster; empty means an embedded
	// server in this process, without a listener. An external server should run
	// with sync_interval: always, or a power loss takes acknowledged facts.
	URL string
	// Stream is the name of the stream and the prefix of its subjects, 1 to 32
	// letters, digits, - and _. Empty means "showrunner".
	Stream string
	// Existing refuses to make a log where there is none.
	Existing bool
	// Replicas is the number of copies an external cluster keeps. Zero means
	// one for a new stream and no change for one that is there.
	Replicas int
	// Window is the longest an Append waits for company while another write is
	// in flight. Zero means 2 ms.
	Window time.Duration
	// MaxEvents bounds the events of one message. Zero means 1000; the most is
	// live.MaxBatch.
	MaxEvents int
	// MaxBytes bounds the encoded events of one message; a single larger event
	// travels alone. Zero means 512 KiB.
	MaxBytes int
	// MaxAge is how long facts are kept after every named reader is done with
	// them. Zero means for ever.
	MaxAge time.Duration
	// KeepBytes is how much is kept of what every named reader is done with,
	// measured over the whole stream. Zero means all.
	KeepBytes int64
	// restore, if set, is the log that is brought back: there must be none yet.
	restore *exportHead
	// Now is the clock: of trimming by age and of the latency metric.
	Now func() time.Time
	// Logger takes what an operator should know. Nil means nowhere.
	Logger *slog.Logger
	// Registerer takes the metrics. Nil means nowhere.
	Registerer prometheus.Registerer
}

// Defaults and limits of [Config].
const (
	defaultStream    = "showrunner"
	defaultWindow    = 2 * time.Millisecond
	defaultMaxEvents = 1000
	defaultMaxBytes  = 512 << 10

	// maxInFlight is how many messages are on their way at once: enough to hide
	// one fsync behind the next message, far below the 4096 where JetStream
	// refuses.
	maxInFlight = 16
	// embeddedPayload is the largest message of the embedded server: the
	// largest event (live.MaxOrderData) with much room, below the 8 MiB from
	// which NATS warns.
	embeddedPayload = 4 << 20
	// headerRoom is what the headers of a message may take of its payload limit.
	headerRoom = 4 << 10
)

var streamName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// Validate reports every fault of the configuration at once.
func (c *Config) Validate() error {
	var faults []error
	bad := func(field, format string, args ...any) {
		faults = append(faults, live.Invalid("invalid_config", field, format, args...))
	}
	if c.URL == "" && c.Dir == "" {
		bad("dir", "is required without a url")
	}
	if c.Stream != "" && !streamName.MatchString(c.Stream) {
		bad("stream", "must be 1 to 32 of A-Z a-z 0-9 _ -")
	}
	if c.Replicas < 0 || c.Replicas > 5 {
		bad("replicas", "must be 0 to 5")
	}
	if c.Replicas > 1 && c.URL == "" {
		bad("replicas", "more than one needs an external cluster")
	}
	if c.Window < 0 || c.Window > time.Second {
		bad("window", "must be 0 to 1s")
	}
	if c.MaxEvents < 0 || c.MaxEvents > live.MaxBatch {
		bad("max_events", "must be 0 to %d", live.MaxBatch)
	}
	if c.MaxBytes < 0 || c.MaxBytes > embeddedPayload-headerRoom {
		bad("max_bytes", "must be 0 to %d", embeddedPayload-headerRoom)
	}
	if c.MaxAge < 0 {
		bad("max_age", "must not be negative")
	}
	if c.KeepBytes < 0 {
		bad("keep_bytes", "must not be negative")
	}
	if c.Now == nil {
		bad("now", "is required")
	}
	if len(faults) > 0 {
		return fmt.Errorf("event log: %w", errors.Join(faults...))
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Stream == "" {
		c.Stream = defaultStream
	}
	if c.Window == 0 {
		c.Window = defaultWindow
	}
	if c.MaxEvents == 0 {
		c.MaxEvents = defaultMaxEvents
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
