package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	chgo "github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// native is the connection by which inserts go over the native protocol: it takes
// columns that were encoded before, which those for questions do not.
type native struct {
	options *ch.Options
	near    bool // nothing is compressed

	mu     sync.Mutex
	client *chgo.Client // nil: none is open
	turn   int          // of the addresses, which is asked next
	input  proto.Input
}

// insert sends a block. A server that was started again has closed the connection
// of before, which shows on its next use alone: then a new one is tried.
func (n *native) insert(ctx context.Context, b *block, settings ch.Settings) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, n.options.ReadTimeout)
	defer cancel()
	old := n.client != nil && !n.client.IsClosed()
	err := n.send(ctx, b, settings)
	if err != nil && old && !chgo.IsException(err) && ctx.Err() == nil {
		return n.send(ctx, b, settings)
	}
	return err
}

// send sends a block once. After an error the connection is closed: nobody knows
// what of the block is still on its way.
func (n *native) send(ctx context.Context, b *block, settings ch.Settings) (err error) {
	if n.client == nil || n.client.IsClosed() {
		if err := n.dial(ctx); err != nil {
			return err
		}
	}
	client := n.client
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	// The client looks at ctx between two packets only.
	defer context.AfterFunc(ctx, func() { _ = client.Close() })()
	n.input = n.input[:0]
	for i := range b.columns {
		n.input = append(n.input, proto.InputColumn{Name: b.columns[i].name, Data: &b.columns[i]})
	}
	return client.Do(ctx, chgo.Query{Body: b.sql + " VALUES", Input: n.input, Settings: settingsOf(settings)})
}

// dial connects to the next of the servers that answers.
func (n *native) dial(ctx context.Context) error {
	o, compression := n.options, chgo.CompressionLZ4
	if n.near {
		compression = chgo.CompressionDisabled
	}
	var failed error
	for range o.Addr {
		address := o.Addr[n.turn%len(o.Addr)]
		how := chgo.Options{
			Address: address, Database: o.Auth.Database, User: o.Auth.Username, Password: o.Auth.Password, TLS: o.TLS,
			Compression: compression, Settings: settingsOf(o.Settings), ClientName: "showrunner",
			DialTimeout: o.DialTimeout, HandshakeTimeout: 2 * o.DialTimeout, ReadTimeout: packetTimeout,
		}
		if o.TLS == nil {
			how.Dialer = dialer{net.Dialer{Timeout: o.DialTimeout}}
		}
		client, err := chgo.Dial(ctx, how)
		if err == nil {
			n.client = client
			return nil
		}
		n.turn++
		failed = errors.Join(failed, fmt.Errorf("connect to %s: %w", address, err))
	}
	return failed
}

// packetTimeout is how often the client looks whether it should go on waiting for
// an answer.
const packetTimeout = 3 * time.Second

// close ends the connection, if there is one.
func (n *native) close() error {
	client := n.client
	if n.client = nil; client == nil || client.IsClosed() {
		return nil
	}
	if err := client.Close(); err != nil && !errors.Is(err, chgo.ErrClosed) {
		return fmt.Errorf("close the connection of inserts: %w", err)
	}
	return nil
}

// Close ends the connection when no insert is on its way.
func (n *native) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.close()
}

// settingsOf writes settings for the native protocol.
func settingsOf(settings ch.Settings) []chgo.Setting {
	out := make([]chgo.Setting, 0, len(settings))
	for key, v := range settings {
		s := chgo.Setting{Key: key, Important: true}
		if c, ok := v.(ch.CustomSetting); ok {
			s.Value, s.Important, s.Custom = c.Value, false, true
		} else {
			s.Value = fmt.Sprint(v)
		}
		out = append(out, s)
	}
	return out
}
