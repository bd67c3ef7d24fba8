package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// ready waits until the socket is in the room.
func (s *simSocket) ready(ctx context.Context) (*websocket.Conn, error) {
	for {
		s.mu.Lock()
		conn, broken, changed := s.conn, s.broken, s.changed
		s.mu.Unlock()
		switch {
		case broken != nil:
			return nil, broken
		case conn != nil:
			return conn, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s is not connected: %w", s.name, ctx.Err())
		}
	}
}

// ask sends a frame until it is acknowledged, over as many connections as it
// takes, and returns the data of the ack. A *[simRefusal] is the server's last
// word; rate limits and engines that are away are waited for.
func (s *simSocket) ask(ctx context.Context, f simFrame) (json.RawMessage, error) {
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", f.Type, err)
	}
	ctx, cancel := context.WithTimeout(ctx, simPatience)
	defer cancel()
	pause := newBackOff()
	for {
		ack, err := s.askOnce(ctx, f.ID, raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Type, err)
		}
		if ack == nil {
			continue // the connection went away before the ack came
		}
		if ack.OK {
			return ack.Data, nil
		}
		if ack.Error == nil {
			return nil, fmt.Errorf("%s: refused without an error", f.Type)
		}
		if !transient(ack.Error.Code, ack.Error.RetryAfter) {
			return nil, &simRefusal{Code: ack.Error.Code, Field: ack.Error.Field, Message: ack.Error.Message}
		}
		wait := max(time.Duration(ack.Error.RetryAfter)*time.Millisecond, pause.NextBackOff()/4)
		if err := sleepFor(ctx, wait); err != nil {
			return nil, fmt.Errorf("%s: refused with %s until given up: %w", f.Type, ack.Error.Code, err)
		}
	}
}

// transient reports whether the same frame may go through later.
func transient(code string, retryAfter int64) bool {
	return code == "rate_limited" || code == "internal" || code == "timeout" || code == "shutting_down" ||
		strings.HasSuffix(code, "unavailable") || code != "muted" && retryAfter > 0
}

// askOnce sends over one connection; a nil ack without error means that the
// connection ended first.
func (s *simSocket) askOnce(ctx context.Context, id string, raw []byte) (*simAck, error) {
	conn, err := s.ready(ctx)
	if err != nil {
		return nil, err
	}
	answer := make(chan simAck, 1)
	s.mu.Lock()
	s.waiting[id] = answer
	changed := s.changed
	away := s.conn != conn
	s.mu.Unlock()
	if away {
		return nil, nil
	}
	if err := conn.Write(ctx, websocket.MessageText, raw); err != nil {
		_ = conn.CloseNow() // the reader notices and reconnects
		return nil, s.gone(ctx, conn)
	}
	late := time.NewTimer(simAckTime)
	defer late.Stop()
	for {
		select {
		case a := <-answer:
			return &a, nil
		case <-late.C:
			_ = conn.CloseNow() // an ack that takes this long will not come
			return nil, s.gone(ctx, conn)
		case <-ctx.Done():
			return nil, fmt.Errorf("no ack: %w", ctx.Err())
		case <-changed:
			s.mu.Lock()
			changed, away = s.changed, s.conn != conn
			s.mu.Unlock()
			if away {
				select {
				case a := <-answer: // it came with the last frames
					return &a, nil
				default:
					return nil, nil
				}
			}
		}
	}
}

// gone waits until the reader has given up a connection, so that the next try
// does not use it again.
func (s *simSocket) gone(ctx context.Context, conn *websocket.Conn) error {
	for {
		s.mu.Lock()
		away, changed := s.conn != conn, s.changed
		s.mu.Unlock()
		if away {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
