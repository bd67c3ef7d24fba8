package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"time"

	"showrunner/cmd/showrunner/crowd"
)

// BenchCrowdCmd is the viewers of `bench rooms` in a process of their own: a
// process may have 20,000 open files, and the one that measures has other work.
// It takes a crowdJob and then orders as JSON lines on standard input and
// answers each with a line.
type BenchCrowdCmd struct{}

// crowdJob says what to join.
type crowdJob struct {
	Clients int      `json:"clients"`
	Deaf    int      `json:"deaf,omitempty"` // of them, who stop to read
	Host    string   `json:"host"`
	Source  string   `json:"source,omitempty"`
	Room    string   `json:"room,omitempty"`    // of ours
	Channel string   `json:"channel,omitempty"` // of a centrifuge
	Query   string   `json:"query,omitempty"`
	Tokens  []string `json:"tokens,omitempty"` // one for each client
	Within  float64  `json:"within_s"`
}

// Orders to a crowd that has joined.
const (
	crowdReset = "reset"
	crowdTally = "tally"
)

// crowdAnswer is what a crowd says.
type crowdAnswer struct {
	Seconds float64      `json:"seconds,omitempty"` // it took to join
	Tally   *crowd.Tally `json:"tally,omitempty"`
	Error   string       `json:"error,omitempty"`
}

// Execute joins, then watches and answers until its input ends.
func (*BenchCrowdCmd) Execute(ctx context.Context, stdout, _ io.Writer) error {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	var job crowdJob
	if err := in.Decode(&job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	out := json.NewEncoder(stdout)
	c, took, err := job.join(ctx)
	if err != nil {
		return errors.Join(err, out.Encode(crowdAnswer{Error: err.Error()}))
	}
	defer c.Close()
	if err := out.Encode(crowdAnswer{Seconds: took.Seconds()}); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	orders := make(chan string)
	go func() {
		defer close(orders)
		for {
			var order string
			if in.Decode(&order) != nil {
				return
			}
			orders <- order
		}
	}()
	for {
		order, ok, err := watchUntil(ctx, c, orders)
		if err != nil || !ok {
			return err
		}
		a := crowdAnswer{}
		switch order {
		case crowdReset:
			c.Reset()
		case crowdTally:
			t := c.Tally()
			a.Tally = &t
		}
		if err := out.Encode(a); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}

// watchUntil lets the crowd read until there is an order; false: no more come.
func watchUntil(ctx context.Context, c *crowd.Crowd, orders <-chan string) (order string, ok bool, err error) {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan error, 1)
	go func() { watched <- c.Watch(reading) }()
	select {
	case order, ok = <-orders:
		stop()
		return order, ok, <-watched
	case err := <-watched:
		return "", false, err
	}
}

func (j *crowdJob) join(ctx context.Context) (*crowd.Crowd, time.Duration, error) {
	c := &crowd.Crowd{Window: 128, Deaf: j.Deaf}
	if j.Channel == "" {
		c.Speech = &crowd.Showrunner{Host: j.Host, Room: j.Room, Tokens: j.Tokens, Query: j.Query}
	} else {
		c.Speech = &crowd.Centrifuge{Host: j.Host, Channel: j.Channel, Tokens: j.Tokens}
	}
	var err error
	if c.Server, err = netip.ParseAddrPort(j.Host); err != nil {
		return nil, 0, fmt.Errorf("parse host: %w", err)
	}
	if j.Source != "" {
		if c.Source, err = netip.ParseAddr(j.Source); err != nil {
			return nil, 0, fmt.Errorf("parse source: %w", err)
		}
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, time.Duration(j.Within*float64(time.Second)))
	defer cancel()
	if err := c.Join(ctx, j.Clients); err != nil {
		return nil, 0, err
	}
	return c, time.Since(began), nil
}

// crowdProcess is a crowd seen from the bench.
type crowdProcess struct {
	process *exec.Cmd
	in      io.WriteCloser
	enc     *json.Encoder
	dec     *json.Decoder
	took    float64 // seconds to join
}

// startCrowd starts a crowd and waits until it has joined.
func startCrowd(ctx context.Context, job *crowdJob, stderr io.Writer) (_ *crowdProcess, err error) {
	exe, err := ownPath()
	if err != nil {
		return nil, err
	}
	p := &crowdProcess{process: exec.CommandContext(ctx, exe, "bench", "crowd")}
	p.process.Stderr = stderr
	if p.in, err = p.process.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start a crowd: %w", err)
	}
	out, err := p.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a crowd: %w", err)
	}
	if err := p.process.Start(); err != nil {
		return nil, fmt.Errorf("start a crowd: %w", err)
	}
	p.enc, p.dec = json.NewEncoder(p.in), json.NewDecoder(out)
	a, err := p.ask(job)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.took = a.Seconds
	return p, nil
}

func (p *crowdProcess) ask(order any) (crowdAnswer, error) {
	var a crowdAnswer
	if err := p.enc.Encode(order); err != nil {
		return a, fmt.Errorf("tell the crowd: %w", err)
	}
	if err := p.dec.Decode(&a); err != nil {
		return a, fmt.Errorf("the crowd does not answer: %w", err)
	}
	if a.Error != "" {
		return a, errors.New("the crowd: " + a.Error)
	}
	return a, nil
}

// close ends the crowd's connections by ending its process.
func (p *crowdProcess) close() error {
	if err := p.in.Close(); err != nil {
		return fmt.Errorf("end a crowd: %w", err)
	}
	_ = p.process.Wait() // What went wrong with it was said by its answers.
	return nil
}
