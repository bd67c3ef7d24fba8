package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"showrunner/live"
)

// BenchRoomCmd measures the fan-out of one room of a running server: an operator writes comments,
// every connection must get every one of them.
type BenchRoomCmd struct {
	benchTarget
	Rate float64 `default:"20" help:"Comments a second, 0.1 to 45; the room's limit for one writer is 50."`
}

type benchRoomFigures struct {
	benchHost
	Connected  int          `json:"connected"`
	ConnectSec float64      `json:"connect_seconds"`
	Comments   int64        `json:"comments"`
	Frames     int64        `json:"frames"`
	Deliveries int64        `json:"deliveries"`
	Missing    int64        `json:"missing"` // deliveries that did not come
	PerFrame   float64      `json:"messages_per_frame"`
	FramesSec  float64      `json:"frames_per_second"`
	PerSecond  float64      `json:"deliveries_per_second"`
	Delivery   benchLatency `json:"delivery"` // from sending a comment until a viewer has it
}

// benchMark precedes the time a comment was sent, in Unix nanoseconds.
const benchMark = "bench-sent-"

// Execute runs the measurement. Sender and viewers are one process, so that one
// clock measures the delay.
func (c *BenchRoomCmd) Execute(ctx context.Context, stdout, _ io.Writer) error {
	if c.Rate < 0.1 || c.Rate > 45 {
		return fmt.Errorf("%w: --rate must be 0.1 to 45", errUsage)
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	conns, err := s.dialAll(ctx)
	if err != nil {
		return errors.Join(err, s.close(ctx))
	}
	out := benchRoomFigures{Connected: len(conns), ConnectSec: time.Since(began).Seconds()}
	viewers := make([]benchViewer, len(conns))
	var reading sync.WaitGroup
	for i, conn := range conns {
		viewers[i].latency = newHistogram()
		reading.Go(func() { viewers[i].read(ctx, conn) })
	}
	began = time.Now()
	sent, fault := c.speak(ctx, s)
	time.Sleep(2 * time.Second) // the last tick of a large room, and slow viewers
	closeAll(conns)
	reading.Wait()
	all := newHistogram()
	for i := range viewers {
		out.Frames += viewers[i].frames
		out.Deliveries += viewers[i].deliveries
		all.Merge(viewers[i].latency)
	}
	took := time.Since(began) - 2*time.Second
	out.benchHost, out.Comments = s.host("room", took), sent
	out.Missing = sent*int64(len(conns)) - out.Deliveries
	out.Delivery = latencyOf(all)
	out.FramesSec, out.PerSecond = perSecond(out.Frames, took), perSecond(out.Deliveries, took)
	if out.Frames > 0 {
		out.PerFrame = float64(out.Deliveries) / float64(out.Frames)
	}
	return errors.Join(writeFigures(stdout, out), fault, s.close(ctx))
}

// speak writes comments at the rate and counts those acknowledged.
func (c *BenchRoomCmd) speak(ctx context.Context, s *benchStage) (sent int64, err error) {
	speaker, err := s.dial(ctx, live.RoleOperator, "speaker", url.Values{"panel": {"1"}})
	if err != nil {
		return 0, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		speaker.receive(ctx)
	}()
	tick := time.NewTicker(time.Duration(float64(time.Second) / c.Rate))
	defer tick.Stop()
	end := time.Now().Add(c.Duration)
	for n := 0; time.Now().Before(end) && err == nil; n++ {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return sent, ctx.Err()
		}
		id := strconv.Itoa(n)
		raw, merr := json.Marshal(simFrame{ID: id, Type: string(live.CommentSent), Data: map[string]any{
			"text": benchMark + strconv.FormatInt(time.Now().UnixNano(), 10) + " 这件有大一码的吗？ does it run true to size?",
		}})
		if merr != nil {
			panic("BUG: a frame of ours cannot be encoded: " + merr.Error())
		}
		err = speaker.send(ctx, id, raw)
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end) && waiting([]*benchConn{speaker}) > 0; {
		time.Sleep(time.Millisecond)
	}
	closeAll([]*benchConn{speaker})
	<-done
	return speaker.accepted, err
}

// benchViewer counts what one connection gets.
type benchViewer struct {
	frames, deliveries int64
	latency            *hdrhistogram.Histogram
}

func (v *benchViewer) read(ctx context.Context, c *benchConn) {
	for {
		_, frame, err := c.ws.Read(ctx)
		if err != nil {
			return
		}
		now := time.Now().UnixNano()
		rest, marked := frame, false
		for {
			i := bytes.Index(rest, []byte(benchMark))
			if i < 0 {
				break
			}
			rest = rest[i+len(benchMark):]
			digits, _, ok := bytes.Cut(rest[:min(len(rest), 24)], []byte{' '})
			at, err := strconv.ParseInt(string(digits), 10, 64)
			if !ok || err != nil {
				continue
			}
			marked = true
			v.deliveries++
			record(v.latency, time.Duration(now-at))
		}
		if marked {
			v.frames++
		}
	}
}
