package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/coder/websocket"

	"showrunner/cmd/showrunner/crowd"
)

// Names of the trials with and without viewers that never read.
const (
	slowTrial  = "T9 slow"
	quickTrial = "T9 none"
)

// slow measures what viewers that never read do to the others. Messages are of
// 1,400 bytes, so that the sockets of those who do not read are soon full.
func (b *roomsBench) slow(ctx context.Context, n int, start arenaStart) error {
	const viewers, deaf = 1000, 50
	for _, t := range []struct {
		name string
		deaf int
	}{{quickTrial, 0}, {slowTrial, deaf}} {
		if err := b.under(ctx, n, start, viewers-deaf+t.deaf, []trial{{t.name, viewers - deaf + t.deaf, 50, 1200}}, t.deaf); err != nil {
			return err
		}
	}
	return nil
}

// comeback is how viewers return to a server that was killed.
type comeback struct {
	Viewers int     `json:"viewers"`
	Missed  int64   `json:"missed"`  // messages each of them missed
	Seconds float64 `json:"seconds"` // from the first connect until the last had them all
	Lost    int64   `json:"lost"`
	Twice   int64   `json:"twice"`
}

// comeback kills a server, starts it again and lets everybody return at once
// with what they saw last.
func (b *roomsBench) comeback(ctx context.Context, dir string) (err error) {
	const missed = 100
	s, err := startBenchServer(ctx, dir, "127.0.0.1:0", b.stderr)
	if err != nil {
		return err
	}
	a, err := stageArena(ctx, []*benchServer{s})
	if err != nil {
		return err
	}
	u, err := url.Parse(s.url)
	if err != nil {
		return fmt.Errorf("parse address: %w", err)
	}
	since, err := a.standing(ctx)
	if err != nil {
		return err
	}
	p, err := a.publisher(ctx, 20)
	if err != nil {
		return err
	}
	if _, err := p.speak(ctx, 20, 0, missed*time.Second/20); err != nil {
		return err
	}
	time.Sleep(time.Second)
	if err := p.close(); err != nil {
		return err
	}
	s.kill()
	if s, err = startBenchServer(ctx, dir, u.Host, b.stderr); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	job, err := a.speech(b.cmd.Viewers, 0)
	if err != nil {
		return err
	}
	job.Query += "&since=" + url.QueryEscape(since)
	job.Within = 120
	began := time.Now()
	c, err := startCrowd(ctx, &job, b.stderr)
	if err != nil {
		return err
	}
	defer func() { _ = c.close() }()
	var t crowd.Tally
	want := int64(b.cmd.Viewers) * missed
	for t.Deliveries < want && time.Since(began) < time.Minute {
		answer, err := c.ask(crowdTally)
		if err != nil {
			return err
		}
		t = *answer.Tally
		time.Sleep(20 * time.Millisecond)
	}
	r := comeback{Viewers: b.cmd.Viewers, Missed: missed, Seconds: time.Since(began).Seconds(), Lost: max(0, want-t.Deliveries), Twice: max(0, t.Deliveries-want)}
	b.out.Returns = append(b.out.Returns, r)
	b.say("%-18s %6d viewers returned in %.2f s, each with %d missed messages, %d lost, %d twice", "showrunner", r.Viewers, r.Seconds, missed, r.Lost, r.Twice)
	return nil
}

// standing is where a viewer that joins now stands: epoch:offset.
func (a *arena) standing(ctx context.Context) (string, error) {
	ws, err := a.dial(ctx, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = ws.CloseNow() }() // It said all that was asked for.
	return standing(ctx, ws)
}

// standing is where a client stands that reads its welcome.
func standing(ctx context.Context, ws *websocket.Conn) (string, error) {
	_, frame, err := ws.Read(ctx)
	if err != nil {
		return "", fmt.Errorf("read a welcome: %w", err)
	}
	var w struct {
		Epoch  string `json:"epoch"`
		Offset uint64 `json:"offset"`
	}
	if err := json.Unmarshal(frame, &w); err != nil || w.Epoch == "" {
		return "", fmt.Errorf("a welcome that is none: %.200s", frame)
	}
	return w.Epoch + ":" + strconv.FormatUint(w.Offset, 10), nil
}
