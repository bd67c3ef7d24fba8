package clickhouse

import (
	"context"
	"errors"
	"fmt"

	"showrunner/live"
)

// rest is work between two ranges of a sink.
type rest struct {
	ctx  context.Context // of who waits for it
	do   func(ctx context.Context, at live.Position) error
	done chan error // has room for the answer
}

// errSinkEnded ends work at rest when the sink is told to end.
var errSinkEnded = errors.New("the sink was told to end")

// run does the work until it is done, or until who waits or the sink gives up.
func (r *rest) run(sink context.Context, at live.Position) error {
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	defer context.AfterFunc(sink, func() { cancel(errSinkEnded) })()
	if err := r.do(ctx, at); err != nil {
		return fmt.Errorf("while the sink was at rest: %w", err)
	}
	return nil
}

// AtRest runs do between two ranges: ClickHouse then holds everything before at,
// in the facts and in every rollup, and nothing else, and no insert is on its
// way. The log keeps what comes in meanwhile. It waits for the range under way
// and as long as the sink's longest wait, until ctx ends; do must end with its
// own context, which ends with ctx and with the sink.
func (s *Sink) AtRest(ctx context.Context, do func(ctx context.Context, at live.Position) error) error {
	r := rest{ctx: ctx, do: do, done: make(chan error, 1)}
	select {
	case s.rests <- r:
	case <-ctx.Done():
		return fmt.Errorf("wait for the sink to rest: %w", ctx.Err())
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
	}
	// The work ends with ctx, and may just have ended well.
	return <-r.done
}
