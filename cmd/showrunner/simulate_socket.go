package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// simSocket is one client of a room's websocket. It reconnects by itself with
// back-off, jitter and `since`, and [simSocket.ask] repeats a frame under the
// same names until it is acknowledged.
type simSocket struct {
	name  string
	url   *url.URL // of the room, with the arrival in its query
	token string
	dials chan struct{} // bounds handshakes under way; shared

	// Called from the reading goroutine, one at a time. Any may be nil; without
	// onEvents frames of events are only looked at for their offset.
	onWelcome  func(simWelcome)
	onEvents   func(simEvents)
	onGap      func(missed uint64)
	onSnapshot func(frame []byte)
	onPrompt   func()
	onLost     func() // the connection ended and will be made again

	mu      sync.Mutex
	conn    *websocket.Conn // nil while away
	changed chan struct{}   // closed and replaced when conn or broken changes
	broken  error           // set once, when coming back cannot help
	leaving bool            // close was called
	waiting map[string]chan simAck
	epoch   string
	offset  uint64
	wait    time.Duration // what the server's bye asked for

	cancel context.CancelFunc
	done   chan struct{}
}

const (
	simFrameLimit = 8 << 20          // of what we read; a full state of a large shelf is below 1 MiB
	simAckTime    = 15 * time.Second // without an ack the connection is not worth keeping
	simPing       = 20 * time.Second
)

// open starts the socket; it connects in the background.
func (s *simSocket) open(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(ctx)
	s.changed, s.done, s.waiting = make(chan struct{}), make(chan struct{}), map[string]chan simAck{}
	go func() {
		defer close(s.done)
		s.run(ctx)
	}()
}

// close leaves the room and waits until the socket is gone.
func (s *simSocket) close() {
	s.mu.Lock()
	conn := s.conn
	s.leaving = true
	s.mu.Unlock()
	if conn != nil {
		// A server that is away cannot take the leave; nothing depends on it.
		_ = conn.Close(websocket.StatusNormalClosure, "")
	}
	s.cancel()
	<-s.done
}

// drop breaks the connection as a lost network does: without a word.
func (s *simSocket) drop() {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn != nil {
		_ = conn.CloseNow() // it is meant to be broken
	}
}

func (s *simSocket) run(ctx context.Context) {
	pause := newBackOff()
	for ctx.Err() == nil {
		conn, err := s.dial(ctx)
		if err == nil {
			welcomed := s.read(ctx, conn)
			_ = conn.CloseNow() // already closed or broken
			if welcomed {
				pause.Reset()
			}
			s.mu.Lock()
			leaving := s.leaving
			err = s.broken
			s.mu.Unlock()
			if leaving || ctx.Err() != nil {
				return
			}
			if s.onLost != nil {
				s.onLost()
			}
		}
		if _, ok := errors.AsType[*simRefusal](err); ok {
			s.change(func() { s.broken = err })
			return
		}
		s.mu.Lock()
		wait := max(pause.NextBackOff(), s.wait)
		s.wait = 0
		s.mu.Unlock()
		if sleepFor(ctx, wait) != nil {
			return
		}
	}
}

// change updates the state and wakes those who wait for it.
func (s *simSocket) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// dial connects. A *[simRefusal] means that trying again cannot help.
func (s *simSocket) dial(ctx context.Context) (*websocket.Conn, error) {
	select {
	case s.dials <- struct{}{}:
		defer func() { <-s.dials }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	u := *s.url
	s.mu.Lock()
	if s.epoch != "" {
		q := u.Query()
		q.Set("since", s.epoch+":"+strconv.FormatUint(s.offset, 10))
		u.RawQuery = q.Encode()
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, res, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{Subprotocols: []string{"showrunner.v1", "bearer." + s.token}})
	if err != nil {
		if res != nil && res.StatusCode >= 400 && res.StatusCode < 500 && res.StatusCode != http.StatusTooManyRequests {
			return nil, &simRefusal{Code: "handshake", Message: fmt.Sprintf("answered %d: %v", res.StatusCode, err)}
		}
		return nil, fmt.Errorf("connect %s: %w", s.name, err)
	}
	conn.SetReadLimit(simFrameLimit)
	return conn, nil
}

// read serves one connection until it ends and reports whether it got as far as
// the welcome.
func (s *simSocket) read(ctx context.Context, conn *websocket.Conn) (welcomed bool) {
	// A timer has no goroutine of its own between two pings.
	var ping *time.Timer
	ping = time.AfterFunc(time.Hour, func() {
		pctx, cancel := context.WithTimeout(ctx, simPing/2)
		defer cancel()
		if err := conn.Ping(pctx); err != nil {
			_ = conn.CloseNow() // the reader notices and reconnects
			return
		}
		ping.Reset(simPing)
	})
	ping.Reset(simPing)
	defer func() {
		ping.Stop()
		s.change(func() { s.conn = nil })
	}()
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			if code := int(websocket.CloseStatus(err)); code >= 4500 && code <= 4999 {
				s.change(func() { s.broken = &simRefusal{Code: "closed", Message: err.Error()} })
			}
			return welcomed
		}
		if s.take(frame) {
			welcomed = true
			s.change(func() { s.conn = conn })
		}
	}
}

var eventsHead = []byte(`{"type":"events"`)

// take handles one frame; it reports a welcome.
func (s *simSocket) take(frame []byte) (welcome bool) {
	if bytes.HasPrefix(frame, eventsHead) && s.onEvents == nil {
		if epoch, offset, ok := simPosition(frame); ok {
			s.position(epoch, offset)
			return false
		}
	}
	var head struct {
		Type       string `json:"type"`
		ID         string `json:"id"`
		Missed     uint64 `json:"missed"`
		Epoch      string `json:"epoch"`
		Offset     uint64 `json:"offset"`
		RetryAfter int64  `json:"retry_after_ms"`
	}
	if json.Unmarshal(frame, &head) != nil {
		return false
	}
	switch head.Type {
	case "welcome":
		var w simWelcome
		if json.Unmarshal(frame, &w) != nil {
			return false
		}
		s.mu.Lock()
		w.first = s.epoch == ""
		// What was missed comes after the welcome; the place moves with it.
		if !w.Recovered || w.first {
			s.epoch, s.offset = w.Epoch, w.Offset
		}
		s.mu.Unlock()
		if s.onWelcome != nil {
			s.onWelcome(w)
		}
		return true
	case "events":
		if s.onEvents != nil {
			var e simEvents
			if json.Unmarshal(frame, &e) == nil {
				s.onEvents(e)
			}
		}
		s.position(head.Epoch, head.Offset)
	case "gap":
		s.position(head.Epoch, head.Offset)
		if s.onGap != nil {
			s.onGap(head.Missed)
		}
	case "ack":
		var a simAck
		if json.Unmarshal(frame, &a) != nil {
			return false
		}
		s.mu.Lock()
		answer := s.waiting[head.ID]
		delete(s.waiting, head.ID)
		s.mu.Unlock()
		if answer != nil {
			answer <- a // has room for one
		}
	case "snapshot":
		if s.onSnapshot != nil {
			s.onSnapshot(frame)
		}
	case "prompt":
		if s.onPrompt != nil {
			s.onPrompt()
		}
	case "bye":
		s.mu.Lock()
		s.wait = time.Duration(head.RetryAfter) * time.Millisecond
		s.mu.Unlock()
	}
	return false
}

func (s *simSocket) position(epoch string, offset uint64) {
	s.mu.Lock()
	s.epoch, s.offset = epoch, offset
	s.mu.Unlock()
}
