package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// ErrGone says that the server that was asked is not there.
var ErrGone = errors.New("the server is gone")

// Ask asks one server by name and returns its answer. [ErrGone] means that it
// has not heard the question; after any other error it may have.
func (b *Bus) Ask(ctx context.Context, node, what string, question []byte) ([]byte, error) {
	if !nodeName.MatchString(node) {
		return nil, ErrGone
	}
	m, err := b.conn.RequestWithContext(ctx, b.question(node, what), question)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, ErrGone
	}
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", node, err)
	}
	return m.Data, nil
}

// Answer answers what others ask this server about one matter. It is called
// from one goroutine.
func (b *Bus) Answer(what string, answer func(question []byte) []byte) error {
	_, err := b.conn.Subscribe(b.question(b.cfg.Node, what), func(m *nats.Msg) {
		if err := m.Respond(answer(m.Data)); err != nil {
			b.metrics.dropped.Inc()
		}
	})
	if err != nil {
		return fmt.Errorf("bus: answer about %s: %w", what, err)
	}
	return nil
}

func (b *Bus) question(node, what string) string {
	return b.cfg.Prefix + ".bus.ask." + what + "." + node
}
