package eventlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Vacant refuses an external NATS on which [Import] would find a log.
func Vacant(ctx context.Context, cfg Config) error {
	cfg.Existing, cfg.restore, cfg.Registerer = true, nil, nil
	l, err := Open(ctx, cfg)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil
	case err != nil:
		return err
	}
	return errors.Join(fmt.Errorf("restore the log: %w", ErrLogExists), l.Close())
}

// Unimport drops a log of an external NATS that [Import] has made, whole or in part,
// for who cannot go on. It leaves one of another epoch alone.
func Unimport(ctx context.Context, cfg Config, epoch string) error {
	cfg.Existing, cfg.restore, cfg.Registerer = true, nil, nil
	l, err := Open(ctx, cfg)
	if err != nil {
		return fmt.Errorf("drop the log: %w", err)
	}
	if l.Epoch() != epoch {
		err = fmt.Errorf("it is another one: %s", l.Epoch())
	} else {
		err = errors.Join(l.js.DeleteStream(ctx, l.cfg.Stream), l.js.DeleteKeyValue(ctx, l.cfg.Stream+"_readers"))
	}
	if err := errors.Join(err, l.Close()); err != nil {
		return fmt.Errorf("drop the log: %w", err)
	}
	return nil
}
