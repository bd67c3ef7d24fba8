package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"showrunner/live"
)

// BenchIngestCmd measures how many facts one process of the server takes
// durably over websockets.
type BenchIngestCmd struct {
	benchTarget
	Unnamed bool `help:"Send facts without event_id: the server names them and does not look for duplicates."`
}

// benchAcks is the outcome of a load of acknowledged frames.
type benchAcks struct {
	benchHost
	Accepted  int64            `json:"accepted"`
	PerSecond float64          `json:"accepted_per_second"`
	Refused   map[string]int64 `json:"refused"`
	Unacked   int64            `json:"unacknowledged"`
	Ack       benchLatency     `json:"ack"`
	Note      string           `json:"note,omitempty"`
}

// Execute runs the measurement.
func (c *BenchIngestCmd) Execute(ctx context.Context, stdout, _ io.Writer) error {
	return c.acks(ctx, stdout, "ingest", func(s *benchStage, conn, n int, id string) any {
		f := simFrame{ID: id, Type: string(live.ProductClicked), Data: map[string]any{
			"product_id": "product-" + strconv.Itoa(n%len(s.skus)+1), "surface": "pin_card",
		}}
		if !c.Unnamed {
			f.EventID = s.name + "." + strconv.Itoa(conn) + "." + id
		}
		return f
	})
}

// acks drives frames that the server acknowledges one by one and writes the figures.
func (t *benchTarget) acks(ctx context.Context, stdout io.Writer, name string, frame func(s *benchStage, conn, n int, id string) any) error {
	s, err := t.open(ctx)
	if err != nil {
		return err
	}
	conns, err := s.dialAll(ctx)
	if err != nil {
		return errors.Join(err, s.close(ctx))
	}
	load := s.drive(ctx, conns, func(conn, n int, id string) []byte {
		raw, err := json.Marshal(frame(s, conn, n, id))
		if err != nil {
			panic("BUG: a frame of ours cannot be encoded: " + err.Error())
		}
		return raw
	})
	out := benchAcks{
		benchHost: s.host(name, load.took), Accepted: load.accepted, PerSecond: perSecond(load.accepted, load.took),
		Refused: load.refused, Unacked: load.unacked, Ack: latencyOf(load.latency),
	}
	if load.refused["rate_limited"] > 0 {
		out.Note = "the server limited us; start it with --rate-limits off"
	}
	if err := writeFigures(stdout, out); err != nil {
		return err
	}
	if err := errors.Join(load.faults...); err != nil {
		return errors.Join(fmt.Errorf("the load broke off: %w", err), s.close(ctx))
	}
	return s.close(ctx)
}
