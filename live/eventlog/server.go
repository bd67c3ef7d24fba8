package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startWait is how long the embedded server may take to recover its files.
const startWait = 2 * time.Minute

// embedded is the NATS server inside this process.
type embedded struct {
	srv  *server.Server
	lock *os.File
}

// startEmbedded starts a server that has no listener, keeps its streams under
// dir and answers a publish only after fsync. The directory is locked: two
// servers on the same files would destroy them.
func startEmbedded(ctx context.Context, dir string, logger *slog.Logger) (*embedded, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the log directory: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("lock the log directory: %w", err)
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "showrunner",
		DontListen: true,
		NoSigs:     true,
		MaxPayload: embeddedPayload,
		JetStream:  true,
		StoreDir:   dir,
		// The acknowledgement of the log is a promise. The default, a sync every
		// two minutes, would make it a hope.
		SyncAlways: true,
		// By default NATS allows itself three quarters of what is free at its
		// start, not counting what it holds: after a restart a large log would
		// refuse to grow. The disk itself is the limit.
		JetStreamMaxStore:      1 << 50,
		JetStreamMaxMemory:     64 << 20,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the embedded NATS server: %w", err), lock.Close())
	}
	srv.SetLoggerV2(natsLogger{logger}, false, false, false)
	e := &embedded{srv: srv, lock: lock}
	srv.Start()
	deadline := time.NewTimer(startWait)
	defer deadline.Stop()
	for !srv.ReadyForConnections(20 * time.Millisecond) {
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("start the embedded NATS server: %w", ctx.Err()), e.stop())
		case <-deadline.C:
			return nil, errors.Join(fmt.Errorf("the embedded NATS server is not ready after %s", startWait), e.stop())
		default:
		}
	}
	return e, nil
}

func (e *embedded) stop() error {
	e.srv.Shutdown()
	e.srv.WaitForShutdown()
	if err := e.lock.Close(); err != nil {
		return fmt.Errorf("unlock the log directory: %w", err)
	}
	return nil
}

// natsLogger hands what the embedded server says to slog. Its notices are for
// people who run NATS, not for those who run Showrunner.
type natsLogger struct{ to *slog.Logger }

func (l natsLogger) say(level slog.Level, format string, args []any) {
	if ctx := context.Background(); l.to.Enabled(ctx, level) {
		l.to.Log(ctx, level, "nats server", slog.String("message", fmt.Sprintf(format, args...)))
	}
}

func (l natsLogger) Noticef(format string, v ...any) { l.say(slog.LevelDebug, format, v) }
func (l natsLogger) Warnf(format string, v ...any)   { l.say(slog.LevelWarn, format, v) }
func (l natsLogger) Fatalf(format string, v ...any)  { l.say(slog.LevelError, format, v) }
func (l natsLogger) Errorf(format string, v ...any)  { l.say(slog.LevelError, format, v) }
func (l natsLogger) Debugf(format string, v ...any)  { l.say(slog.LevelDebug, format, v) }
func (l natsLogger) Tracef(format string, v ...any)  { l.say(slog.LevelDebug, format, v) }
