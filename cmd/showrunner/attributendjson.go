package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

const (
	attributeChunk = 256 << 10 // bytes of one part of the input, to the end of a line
	attributeLine  = 16 << 20  // bytes of the longest line
)

// journeyLine is one line of NDJSON. A person with several orders may have them
// in conversions, and each touch then goes to the first order after it.
type journeyLine struct {
	Person      live.PersonID    `json:"person"`
	Touches     *[]touchLine     `json:"touches"`
	Conversion  *conversionLine  `json:"conversion"`
	Conversions []conversionLine `json:"conversions"`
}

type touchLine struct {
	At       string        `json:"at"`
	Channel  string        `json:"channel"`
	Stage    live.Stage    `json:"stage"`
	Kind     live.Kind     `json:"kind"`
	Campaign string        `json:"campaign"`
	Show     live.ShowID   `json:"show_id"`
	Referrer live.PersonID `json:"referrer"`
}

type conversionLine struct {
	At       string        `json:"at"`
	Order    live.OrderID  `json:"order_id"`
	Minor    int64         `json:"value_minor"`
	Currency live.Currency `json:"currency"`
}

// splitLines gives away parts of whole lines.
func (p *attributePlan) splitLines(in *bufio.Reader, give func(func() attributePart) bool) error {
	for first := 1; ; {
		var chunk []byte
		lines := 0
		for len(chunk) < attributeChunk {
			start := len(chunk)
			for {
				piece, err := in.ReadSlice('\n')
				chunk = append(chunk, piece...)
				if len(chunk)-start > attributeLine {
					return fmt.Errorf("line %d: is longer than %d bytes", first+lines, attributeLine)
				}
				if errors.Is(err, bufio.ErrBufferFull) {
					continue
				}
				if errors.Is(err, io.EOF) {
					from := first
					give(func() attributePart { return p.partOfLines(chunk, from) })
					return nil
				}
				if err != nil {
					return fmt.Errorf("read input: %w", err)
				}
				break
			}
			lines++
		}
		from := first
		if !give(func() attributePart { return p.partOfLines(chunk, from) }) {
			return nil
		}
		first += lines
	}
}

// lineReader turns lines into paths; its buffers are used again for each.
type lineReader struct {
	*attributePlan
	part    attributePart
	touches []conversion.Touchpoint
	buf     []conversion.Touchpoint
	line    int
}

// partOfLines tallies lines, of which the first has the number given. Empty
// lines are left out.
func (p *attributePlan) partOfLines(chunk []byte, first int) attributePart {
	r := lineReader{attributePlan: p, part: attributePart{tally: p.tally()}, line: first}
	for line := range bytes.Lines(chunk) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := r.take(line); err != nil {
				return attributePart{err: fmt.Errorf("line %d, %w", r.line, err)}
			}
		}
		r.line++
	}
	return r.part
}

func (r *lineReader) take(line []byte) error {
	var l journeyLine
	if err := json.Unmarshal(line, &l); err != nil {
		return jsonFault(err)
	}
	if l.Touches == nil {
		return errors.New("field touches: is required, [] for none")
	}
	if l.Conversion != nil && l.Conversions != nil {
		return errors.New("field conversions: stands beside conversion; give one of them")
	}
	r.touches = r.touches[:0]
	for i := range *l.Touches {
		t, err := (*l.Touches)[i].touch()
		if err != nil {
			return fmt.Errorf("field touches[%d].%w", i, err)
		}
		t.Position.Seq = uint64(i + 1) // equal times keep the order of the line
		r.touches = append(r.touches, t)
	}
	j := conversion.Journey{Person: l.Person, Touches: r.touches}
	field, orders := "conversion", l.Conversions
	switch {
	case l.Conversion != nil:
		orders = []conversionLine{*l.Conversion}
	case len(orders) == 0:
		return r.lost(&j)
	default:
		field = "conversions"
	}
	journeys := make([]conversion.Journey, len(orders))
	for i := range orders {
		if l.Conversion == nil {
			field = fmt.Sprintf("conversions[%d]", i)
		}
		journeys[i] = j
		if err := orders[i].into(&journeys[i]); err != nil {
			return fmt.Errorf("field %s.%w", field, err)
		}
	}
	if len(journeys) > 1 {
		if l.Person == "" { // of one person nevertheless: they share a line
			for i := range journeys {
				journeys[i].Person = "-"
			}
		}
		journeys = conversion.Cycles(journeys)
	}
	for i := range journeys {
		if err := r.converted(&journeys[i], field); err != nil {
			return err
		}
	}
	return nil
}

// lost counts a journey that did not convert. It has no end to look back from:
// all its touches count.
func (r *lineReader) lost(j *conversion.Journey) error {
	for i := range j.Touches {
		if j.Touches[i].At.After(j.At) {
			j.At = j.Touches[i].At
		}
	}
	whole := *r.attributePlan
	whole.policy.Window, whole.policy.ViewWindow = 0, 0
	r.buf = whole.admitted(r.buf, j)
	path := pathOf(r.buf, 0, 1, 0, 0)
	return r.part.tally.Add(&path)
}

func (r *lineReader) converted(j *conversion.Journey, field string) error {
	if r.Currency != "" && j.Currency != live.Currency(r.Currency) {
		r.part.skipped++
		return nil
	}
	switch {
	case r.part.at == 0:
		r.part.currency, r.part.at = j.Currency, r.line
	case r.part.currency != j.Currency:
		return fmt.Errorf("field %s.currency: %q after %q: never two currencies in one sum; pick one with --currency", field, j.Currency, r.part.currency)
	}
	r.buf = r.admitted(r.buf, j)
	path := pathOf(r.buf, 1, 0, major(j.Value, j.Currency.Exponent()), j.Value)
	return r.part.tally.Add(&path)
}

func (l *touchLine) touch() (conversion.Touchpoint, error) {
	at, err := parseAt(l.At)
	if err != nil {
		return conversion.Touchpoint{}, err
	}
	switch {
	case l.Channel == "":
		return conversion.Touchpoint{}, errors.New("channel: is required")
	case l.Stage != "" && !l.Stage.Valid():
		return conversion.Touchpoint{}, fmt.Errorf("stage: %q is none of %v", l.Stage, live.Stages)
	}
	return conversion.Touchpoint{
		At: at, Channel: l.Channel, Stage: l.Stage, Kind: l.Kind, Campaign: l.Campaign, Show: l.Show, Referrer: l.Referrer,
	}, nil
}

func (l *conversionLine) into(j *conversion.Journey) error {
	at, err := parseAt(l.At)
	if err != nil {
		return err
	}
	switch {
	case l.Minor > live.MaxMinor || l.Minor < -live.MaxMinor:
		return fmt.Errorf("value_minor: is beyond %d minor units", int64(live.MaxMinor))
	case l.Currency != "" && !l.Currency.Valid():
		return fmt.Errorf("currency: %q is not an ISO 4217 code that is known", l.Currency)
	}
	j.At, j.Order, j.Value, j.Currency = at, l.Order, l.Minor, l.Currency
	return nil
}

func parseAt(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, errors.New("at: is required")
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("at: %q is not RFC 3339", s)
	}
	return at.UTC(), nil
}

// jsonFault names the column of what is wrong with a line.
func jsonFault(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("column %d: %w", syntax.Offset, err)
	case errors.As(err, &kind):
		return fmt.Errorf("column %d (%s): must be %s and is %s", kind.Offset, kind.Field, kind.Type, kind.Value)
	}
	return fmt.Errorf("column 1: %w", err)
}

func pathOf(touches []conversion.Touchpoint, conversions, nulls int64, value float64, minor int64) attribution.Path {
	return attribution.Path{Touches: touches, Conversions: conversions, Nulls: nulls, Value: value, Minor: minor}
}
