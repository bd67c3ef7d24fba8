package bus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
)

// Listening is how long [Alive] listens: every server that lives beats within.
const Listening = 5 * time.Second / 2

// Alive listens to the beats of the servers that share a log and gives the names
// of those that live, sorted, without joining them. Prefix is as in [Config].
func Alive(ctx context.Context, url, prefix string) ([]string, error) {
	if prefix == "" {
		prefix = "showrunner"
	}
	conn, err := nats.Connect(url, nats.Name("showrunner, listening"))
	if err != nil {
		return nil, fmt.Errorf("listen to the bus: %w", err)
	}
	defer conn.Close()
	sub, err := conn.SubscribeSync(prefix + ".bus.beat")
	if err != nil {
		return nil, fmt.Errorf("listen to the bus: %w", err)
	}
	alive := map[string]bool{}
	listening, cancel := context.WithTimeout(ctx, Listening)
	defer cancel()
	for {
		m, err := sub.NextMsgWithContext(listening)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("listen to the bus: %w", ctx.Err())
		case listening.Err() != nil:
			return slices.Sorted(maps.Keys(alive)), nil
		case err != nil:
			return nil, fmt.Errorf("listen to the bus: %w", err)
		}
		b, err := decodeBeat(m.Data)
		if err != nil {
			return nil, fmt.Errorf("a beat that cannot be read, of a newer program perhaps: %w", err)
		}
		if b.Gone {
			delete(alive, b.Node)
		} else {
			alive[b.Node] = true
		}
	}
}
