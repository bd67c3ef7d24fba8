package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"showrunner/live"
)

const (
	// attemptWait is how long one publish may go without an answer: longer than
	// a disk takes, so that what stays out is a server that is gone.
	attemptWait = 2 * time.Second
	// giveUp ends the attempts while JetStream still knows the message's id: a
	// later attempt could store the message a second time.
	giveUp = duplicateWindow - 30*time.Second
)

// publish sends a message until it is known to be stored and returns its
// sequence. The message's id makes every further attempt harmless. Refusals,
// such as too many pending messages, are tried again with a growing pause.
//
// It returns [ErrUnknown] when some attempt got no answer and time is up, an
// *live.Error "log_unavailable" when all were refused, and the server's own
// error when trying again is pointless.
func (l *Log) publish(ctx context.Context, msg *nats.Msg) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("not stored: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, giveUp)
	defer cancel()
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = 5 * time.Millisecond
	pause.MaxInterval = time.Second
	unanswered := false
	for attempt := 1; ; attempt++ {
		try, done := context.WithTimeout(ctx, attemptWait)
		ack, err := l.js.PublishMsg(try, msg)
		done()
		if err == nil {
			return ack.Sequence, nil
		}
		if pointless(err) {
			return 0, err
		}
		if !refused(err) {
			unanswered = true
		}
		if errors.Is(err, nats.ErrConnectionClosed) { // by Close: nobody will answer
			l.metrics.unknown.Inc()
			return 0, fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		l.metrics.retries.Inc()
		if attempt == 1 {
			l.logger.WarnContext(ctx, "publish is tried again", slog.Any("error", err))
		}
		wait := time.NewTimer(pause.NextBackOff())
		select {
		case <-wait.C:
			continue
		case <-ctx.Done():
			wait.Stop()
		}
		if unanswered {
			l.metrics.unknown.Inc()
			return 0, fmt.Errorf("%w: %w", ErrUnknown, err)
		}
		return 0, fmt.Errorf("%w: %w", live.Unavailable("log_unavailable", time.Second, "the event log takes nothing at the moment"), err)
	}
}

// pointless reports whether the same publish can never succeed.
func pointless(err error) bool {
	return conflicts(err) ||
		errors.Is(err, jetstream.ErrStreamMessageExceedsMaximum) || errors.Is(err, nats.ErrMaxPayload)
}

// conflicts reports whether a compare-and-set found another value.
func conflicts(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) ||
		errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch)
}

// refused reports whether the message is known not to be stored by this
// attempt: the server said so, or it was never sent.
func refused(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) ||
		errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrNoResponders) ||
		errors.Is(err, nats.ErrReconnectBufExceeded)
}
