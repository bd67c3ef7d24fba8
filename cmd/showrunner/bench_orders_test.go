package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

// A small flash sale on a real server that is killed in its middle: every
// unit is accounted for, and the books agree with the API.
func TestBenchFlash(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	t.Setenv(asProgram, "1") // so that the bench's servers are this test binary
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"bench", "orders", "--flash", "--buyers", "120", "--stock", "40", "--runs", "1", "--conns", "16"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	var out benchFlash
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil || len(out.Sales) != 1 {
		t.Fatalf("%v in %s", err, stdout.String())
	}
	s := out.Sales[0]
	a := s.Audit
	if s.KilledAfter < 10 || s.DownMS <= 0 || s.Retries == 0 {
		t.Errorf("the server was not killed in the middle: %+v", s)
	}
	// Units given back are sold again, so between 40 and all of them were placed.
	if s.Acknowledged < 40 || int64(s.Acknowledged) != a.Orders || int64(s.Acknowledged-s.Cancelled) != a.Held || a.Held > 40 || a.Released != 40 {
		t.Errorf("sale = %+v", s)
	}
	if int64(s.Acknowledged)+s.SoldOut != 120 || len(s.Refused) != 0 || s.Answer.Count != 120 {
		t.Errorf("of 120 buyers %d have an order and %d were told sold out: %+v", s.Acknowledged, s.SoldOut, s.Refused)
	}
}

// The audit of a flash sale finds each thing that must not be.
func TestFlashAuditFaults(t *testing.T) {
	good := flashAudit{Orders: 12, Held: 10, Reserved: 10, Released: 10, Events: 12}
	if err := good.fault(10); err != nil {
		t.Errorf("a good sale: %v", err)
	}
	for name, spoil := range map[string]func(*flashAudit){
		"lost":       func(a *flashAudit) { a.Lost = 1 },
		"state":      func(a *flashAudit) { a.WrongState = 1 },
		"unknown":    func(a *flashAudit) { a.Unknown = 1 },
		"twice":      func(a *flashAudit) { a.TwiceSold = 1 },
		"disagree":   func(a *flashAudit) { a.Disagreement = 1 },
		"oversold":   func(a *flashAudit) { a.Held = 11 },
		"fact lost":  func(a *flashAudit) { a.Events = 11 },
		"fact twice": func(a *flashAudit) { a.Events = 13 },
	} {
		a := good
		if spoil(&a); a.fault(10) == nil {
			t.Errorf("%s: nothing was found", name)
		}
	}
}

// All sides of the comparison take orders, and their ratios are told.
func TestBenchCompare(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	t.Setenv(asProgram, "1")
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"bench", "orders", "--compare", "postgres,redis", "--duration", "1s", "--conns", "8"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	var out benchComparison
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil {
		t.Fatalf("%v in %s", err, stdout.String())
	}
	sides := map[string]int{}
	for _, s := range out.Sides {
		sides[s.Name]++
		if s.Skipped != "" {
			t.Log("SKIPPED ", s.Name, ": ", s.Skipped)
		} else if s.Orders == 0 || s.Latency.P99 <= 0 || out.Ratios["store_over_"+s.Name] <= 0 && (s.Name == "postgres" || s.Name == "redis") {
			t.Errorf("side = %+v, ratios %v", s, out.Ratios)
		}
	}
	if sides["store"] != 3 || sides["postgres"] == 0 || sides["redis"] != 1 || sides["websocket"] != 1 {
		t.Errorf("sides = %v", sides)
	}
}
