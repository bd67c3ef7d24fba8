package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"showrunner/cmd/showrunner/crowd"
	"showrunner/live"
)

// arena is a server under test with everything that is measured of it.
type arena struct {
	name   string
	hosts  []string // one for each process
	pids   []int
	room   string
	speech func(clients, process int) (crowdJob, error)
	frame  func(id int, text string) []byte
	dial   func(ctx context.Context, process int) (*websocket.Conn, error)
	apart  bool // a publisher for each process, or the processes share the room
	pace   float64
	after  func() error // ends the server
	stage  *benchStage  // of ours
}

// publisher writes texts into the room at a rate, each with the time it was due:
// one that comes late is the server's delay as well.
type publisher struct {
	arena *arena
	conns []*websocket.Conn
	drain sync.WaitGroup
}

// publisher connects as many writers as the rate needs, because one may only say
// so much a second.
func (a *arena) publisher(ctx context.Context, rate float64) (*publisher, error) {
	p := &publisher{arena: a}
	writers := 1
	if a.pace > 0 {
		writers = int(rate/a.pace) + 1
	}
	if a.apart {
		writers = len(a.hosts)
	}
	for i := range writers {
		ws, err := a.dial(ctx, i%len(a.hosts))
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.conns = append(p.conns, ws)
		p.drain.Go(func() {
			for {
				if _, _, err := ws.Read(ctx); err != nil {
					return
				}
			}
		})
	}
	return p, nil
}

func (p *publisher) close() error {
	for _, ws := range p.conns {
		_ = ws.CloseNow() // The measurement is over.
	}
	p.drain.Wait()
	return nil
}

// speak publishes for a while and returns how many messages it was.
func (p *publisher) speak(ctx context.Context, rate float64, pad int, took time.Duration) (int64, error) {
	every := time.Duration(float64(time.Second) / rate)
	began := time.Now()
	var n int64
	for due := began; due.Sub(began) < took; due = due.Add(every) {
		if wait := time.Until(due); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return n, ctx.Err()
			}
		}
		frame := p.arena.frame(int(n)+10, crowd.Text(due.UnixNano(), pad))
		to := p.conns[int(n)%len(p.conns):][:1]
		if p.arena.apart {
			to = p.conns
		}
		for _, ws := range to {
			if err := ws.Write(ctx, websocket.MessageText, frame); err != nil {
				return n, fmt.Errorf("publish: %w", err)
			}
		}
		n++
	}
	return n, nil
}

// ours is this program as a server, with its limits, its log and its engines.
func ours(ctx context.Context, dir string, stderr io.Writer) (*arena, error) {
	s, err := startBenchServer(ctx, dir, "127.0.0.1:0", stderr)
	if err != nil {
		return nil, err
	}
	return stageArena(ctx, []*benchServer{s})
}

// stageArena opens a room on servers that share it.
func stageArena(ctx context.Context, servers []*benchServer) (*arena, error) {
	end := func() error {
		var errs []error
		for _, s := range servers {
			errs = append(errs, s.stop())
		}
		return errors.Join(errs...)
	}
	target := &benchTarget{URL: servers[0].url, Data: servers[0].data, Conns: 1, Inflight: 1, Duration: time.Second, Merchant: "bench-merchant"}
	stage, err := target.open(ctx)
	if err != nil {
		return nil, errors.Join(err, end())
	}
	// Staff may write faster than viewers; one connection takes 50 frames a second.
	a := &arena{name: "showrunner", room: string(stage.room), pace: 40, after: end, stage: stage}
	for _, s := range servers {
		u, err := url.Parse(s.url)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("parse address: %w", err), end())
		}
		a.hosts, a.pids = append(a.hosts, u.Host), append(a.pids, s.process.Process.Pid)
	}
	a.frame = func(id int, text string) []byte {
		return fmt.Appendf(nil, `{"id":"%d","type":"comment_sent","data":{"text":%q}}`, id, text)
	}
	a.speech = func(clients, process int) (crowdJob, error) {
		job := crowdJob{Clients: clients, Host: a.hosts[process], Room: a.room, Query: "channel=bench"}
		for i := range clients {
			t, err := stage.token(live.RoleViewer, "v"+strconv.Itoa(process)+"-"+strconv.Itoa(i))
			if err != nil {
				return job, err
			}
			job.Tokens = append(job.Tokens, t)
		}
		return job, nil
	}
	writers := 0
	a.dial = func(ctx context.Context, process int) (*websocket.Conn, error) {
		writers++
		token, err := stage.token(live.RoleOperator, "writer-"+strconv.Itoa(writers))
		if err != nil {
			return nil, err
		}
		ws, _, err := websocket.Dial(ctx, "ws://"+a.hosts[process]+"/v1/rooms/"+a.room+"/ws", &websocket.DialOptions{
			Subprotocols: []string{"showrunner.v1", "bearer." + token},
		})
		if err != nil {
			return nil, fmt.Errorf("connect a writer: %w", err)
		}
		ws.SetReadLimit(simFrameLimit)
		return ws, nil
	}
	return a, nil
}

// anchored is a server to compare with. It has no engines and refuses nobody.
func anchored(name string, servers []*anchorServer) *arena {
	a := &arena{name: name, room: "bench", apart: true}
	speech := &crowd.Centrifuge{Channel: a.room} // Who speaks has no token: where tokens are asked for nobody speaks.
	for _, s := range servers {
		a.hosts, a.pids = append(a.hosts, s.host), append(a.pids, s.pid())
	}
	a.frame = speech.Publish
	a.speech = func(clients, process int) (crowdJob, error) {
		return crowdJob{Clients: clients, Host: a.hosts[process], Channel: a.room}, nil
	}
	a.dial = func(ctx context.Context, process int) (*websocket.Conn, error) {
		ws, _, err := websocket.Dial(ctx, "ws://"+a.hosts[process]+"/connection/websocket", nil)
		if err != nil {
			return nil, fmt.Errorf("connect a writer: %w", err)
		}
		ws.SetReadLimit(-1)
		if err := ws.Write(ctx, websocket.MessageText, speech.Hello(0)); err != nil {
			return nil, fmt.Errorf("connect a writer: %w", err)
		}
		for range 2 {
			if _, b, err := ws.Read(ctx); err != nil {
				return nil, fmt.Errorf("connect a writer: %w", err)
			} else if strings.Contains(string(b), `"subscribe":{`) {
				break
			}
		}
		return ws, nil
	}
	a.after = func() error {
		for _, s := range servers {
			s.kill()
		}
		return nil
	}
	return a
}
