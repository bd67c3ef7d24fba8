package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"showrunner/live"
)

// benchConn is one connection that keeps a number of frames in flight.
type benchConn struct {
	ws    *websocket.Conn
	name  string
	slots chan struct{}

	mu   sync.Mutex
	sent map[string]time.Time

	latency  *hdrhistogram.Histogram // of acks that say ok; owned by the reader
	accepted int64
	refused  map[string]int64 // by code
}

// dial opens a connection of a viewer and reads its welcome.
func (s *benchStage) dial(ctx context.Context, role live.Role, subject string, query url.Values) (*benchConn, error) {
	token, err := s.token(role, subject)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(s.api.base)
	if err != nil {
		return nil, fmt.Errorf("parse address: %w", err)
	}
	u.Scheme = map[string]string{"http": "ws", "https": "wss"}[u.Scheme]
	u = u.JoinPath("v1", "rooms", string(s.room), "ws")
	u.RawQuery = query.Encode()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, u.String(), &websocket.DialOptions{Subprotocols: []string{"showrunner.v1", "bearer." + token}})
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", subject, err)
	}
	ws.SetReadLimit(simFrameLimit)
	if _, _, err := ws.Read(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("read the welcome of %s: %w", subject, err), ws.CloseNow())
	}
	return &benchConn{
		ws: ws, name: subject, slots: make(chan struct{}, s.target.Inflight), sent: map[string]time.Time{},
		latency: newHistogram(), refused: map[string]int64{},
	}, nil
}

// dialAll opens the viewers, a few at a time.
func (s *benchStage) dialAll(ctx context.Context) ([]*benchConn, error) {
	conns := make([]*benchConn, s.target.Conns)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i := range conns {
		g.Go(func() (err error) {
			conns[i], err = s.dial(ctx, live.RoleViewer, "v"+strconv.Itoa(i+1), url.Values{"channel": {"bench"}})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		closeAll(conns)
		return nil, err
	}
	return conns, nil
}

func closeAll(conns []*benchConn) {
	for _, c := range conns {
		if c != nil {
			_ = c.ws.CloseNow() // the measurement is over
		}
	}
}

// send writes a frame when a slot is free; the id must be unique.
func (c *benchConn) send(ctx context.Context, id string, frame []byte) error {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	c.mu.Lock()
	c.sent[id] = time.Now()
	c.mu.Unlock()
	if err := c.ws.Write(ctx, websocket.MessageText, frame); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// receive reads until the connection ends, counting acks.
func (c *benchConn) receive(ctx context.Context) {
	for {
		_, frame, err := c.ws.Read(ctx)
		if err != nil {
			return
		}
		var ack struct {
			Type  string `json:"type"`
			ID    string `json:"id"`
			OK    bool   `json:"ok"`
			Error *struct {
				Code string `json:"code"`
			} `json:"error"`
		}
		if len(frame) > 16 && string(frame[:14]) != `{"type":"ack",` || json.Unmarshal(frame, &ack) != nil || ack.Type != "ack" {
			continue
		}
		c.mu.Lock()
		at, ours := c.sent[ack.ID]
		delete(c.sent, ack.ID)
		c.mu.Unlock()
		if !ours {
			continue
		}
		if ack.OK {
			c.accepted++
			record(c.latency, time.Since(at))
		} else if ack.Error != nil {
			c.refused[ack.Error.Code]++
		}
		<-c.slots
	}
}

// benchLoad is what a set of connections did.
type benchLoad struct {
	took     time.Duration
	accepted int64
	refused  map[string]int64
	unacked  int64
	latency  *hdrhistogram.Histogram
	faults   []error
}

// drive sends frames over all connections for the duration, waits for the acks
// that are still out, and adds up. make gives the n-th frame of a connection.
func (s *benchStage) drive(ctx context.Context, conns []*benchConn, frame func(conn, n int, id string) []byte) benchLoad {
	var readers, writers sync.WaitGroup
	for _, c := range conns {
		readers.Go(func() { c.receive(ctx) })
	}
	began := time.Now()
	until, cancel := context.WithDeadline(ctx, began.Add(s.target.Duration))
	defer cancel()
	faults := make([]error, len(conns))
	for i, c := range conns {
		writers.Go(func() {
			for n := 0; until.Err() == nil; n++ {
				id := strconv.Itoa(n)
				// A frame under way is sent whole: the deadline ends the waiting for a slot.
				select {
				case <-until.Done():
					return
				default:
				}
				if !c.free(until) {
					return
				}
				if err := c.send(ctx, id, frame(i, n, id)); err != nil {
					faults[i] = fmt.Errorf("connection %s: %w", c.name, err)
					return
				}
			}
		})
	}
	writers.Wait()
	load := benchLoad{refused: map[string]int64{}, latency: newHistogram(), took: time.Since(began)}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && waiting(conns) > 0; {
		time.Sleep(time.Millisecond)
	}
	load.took = time.Since(began)
	load.unacked = waiting(conns)
	closeAll(conns)
	readers.Wait()
	for i, c := range conns {
		load.accepted += c.accepted
		load.latency.Merge(c.latency)
		for code, n := range c.refused {
			load.refused[code] += n
		}
		if faults[i] != nil && len(load.faults) < 5 {
			load.faults = append(load.faults, faults[i])
		}
	}
	return load
}

// free waits until a slot is free and leaves it free; only the connection's one
// writer fills slots.
func (c *benchConn) free(ctx context.Context) bool {
	select {
	case c.slots <- struct{}{}:
		<-c.slots
		return true
	case <-ctx.Done():
		return false
	}
}

func waiting(conns []*benchConn) (n int64) {
	for _, c := range conns {
		c.mu.Lock()
		n += int64(len(c.sent))
		c.mu.Unlock()
	}
	return n
}
