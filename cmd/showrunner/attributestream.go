package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"showrunner/conversion/attribution"
	"showrunner/live"
)

// attributeRun is what came of an input.
type attributeRun struct {
	tally    attribution.Tally
	timed    bool // NDJSON, whose touches have times
	currency live.Currency
	several  bool // a currency was seen
	rounded  int64
	skipped  int64 // conversions in other currencies than the one asked for
	notes    []string
}

// attributePart is what came of one part of the input.
type attributePart struct {
	tally    attribution.Tally
	currency live.Currency
	at       int // line on which currency was first seen; 0: on none
	rounded  int64
	skipped  int64
	err      error
}

// attributeJob is a part of the input, and where its outcome is waited for.
type attributeJob struct {
	part func() attributePart
	out  chan attributePart
}

// read divides the input among the workers in parts whose size depends on the
// input alone, and merges what they found in its order: so neither the result
// nor the line that is named as bad depends on how many workers there are.
func (p *attributePlan) read(ctx context.Context, in *bufio.Reader) (*attributeRun, error) {
	if bom, err := in.Peek(3); err == nil && bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		if _, err := in.Discard(3); err != nil {
			return nil, fmt.Errorf("read input: %w", err)
		}
	}
	timed, err := isNDJSON(in)
	if err != nil {
		return nil, err
	}
	run := &attributeRun{tally: p.tally(), timed: timed, currency: live.Currency(p.Currency)}
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	jobs, ordered := make(chan attributeJob), make(chan chan attributePart, 2*p.Workers)
	for range p.Workers {
		workers.Go(func() {
			for j := range jobs {
				j.out <- j.part()
			}
		})
	}
	var readErr error
	workers.Go(func() {
		defer close(ordered)
		defer close(jobs)
		give := func(part func() attributePart) bool {
			j := attributeJob{part, make(chan attributePart, 1)}
			select {
			case ordered <- j.out:
			case <-ctx.Done():
				return false
			}
			select {
			case jobs <- j:
				return true
			case <-ctx.Done():
				j.out <- attributePart{err: ctx.Err()}
				return false
			}
		}
		if timed {
			readErr = p.splitLines(in, give)
		} else {
			readErr = p.splitRows(in, run, give)
		}
	})
	for out := range ordered {
		if err := run.take(<-out); err != nil {
			return nil, err
		}
	}
	if readErr != nil {
		return nil, readErr
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read input: %w", err)
	}
	if !timed && p.Model == "time_decay" {
		run.notes = append(run.notes, "the paths have no times: by time_decay every touch weighs the same; give NDJSON for real times")
	}
	if run.rounded > 0 {
		run.notes = append(run.notes, fmt.Sprintf("%d amounts have fractions of a minor unit: value_minor has them rounded, half away from zero", run.rounded))
	}
	if run.skipped > 0 {
		run.notes = append(run.notes, fmt.Sprintf("%d conversions in other currencies are left out", run.skipped))
	}
	return run, nil
}

// take merges the next part.
func (r *attributeRun) take(part attributePart) error {
	if part.err != nil {
		return part.err
	}
	if part.at > 0 {
		if r.currency != part.currency && (r.several || r.currency != "") {
			return fmt.Errorf("line %d, field conversion.currency: %q after %q: never two currencies in one sum; pick one with --currency", part.at, part.currency, r.currency)
		}
		r.currency, r.several = part.currency, true
	}
	r.rounded += part.rounded
	r.skipped += part.skipped
	return r.tally.Merge(part.tally)
}

// isNDJSON tells the two formats apart by the first character.
func isNDJSON(in *bufio.Reader) (bool, error) {
	head, err := in.Peek(1 << 12)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("read input: %w", err)
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 {
		return false, errors.New("line 1, column 1: the input is empty: CSV needs a header, NDJSON one object a line")
	}
	return head[0] == '{', nil
}
