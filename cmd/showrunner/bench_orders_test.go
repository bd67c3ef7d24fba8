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
	if code := run(t.Context(), []string{"bench", "orders", "--flash", "--buyers", "120", "--stock", "40", "--rounds", "1", "--conns", "16"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	var out benchAcceptance
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil || out.Flash == nil || len(out.Flash.Sales) != 1 || !out.Verdict.OK {
		t.Fatalf("%v in %s", err, stdout.String())
	}
	s := out.Flash.Sales[0]
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
	if code := run(t.Context(), []string{"bench", "orders", "--compare", "postgres,redis", "--duration", "1s", "--rounds", "1", "--conns", "8"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr.String())
	}
	var out benchAcceptance
	if err := json.Unmarshal(stdout.Bytes(), &out); err != nil || out.Comparison == nil {
		t.Fatalf("%v in %s", err, stdout.String())
	}
	sides, skipped := map[string]int{}, map[string]bool{}
	for _, s := range out.Comparison.Sides {
		sides[s.Name]++
		if s.Skipped != "" {
			skipped[s.Name] = true
			t.Log("SKIPPED ", s.Name, ": ", s.Skipped)
		} else if s.Orders == 0 || s.Latency.P99 <= 0 || s.Round != 1 {
			t.Errorf("side = %+v", s)
		}
	}
	if sides["store"] != 3 || sides["postgres"] != 2 || sides["redis"] != 3 || sides["websocket"] != 1 {
		t.Errorf("sides = %v", sides)
	}
	for _, g := range out.Verdict.Goals {
		if g.Ratio.Median <= 0 || g.Ratio.Min != g.Ratio.Max || (g.Verdict == "met") != (g.Ratio.Median >= g.Goal) {
			t.Errorf("goal = %+v", g)
		}
		delete(skipped, g.Other)
		sides[g.Other] = 0
	}
	for _, name := range []string{"postgres", "redis"} {
		if sides[name] > 0 && !skipped[name] {
			t.Errorf("%s was measured, and no goal speaks of it: %+v", name, out.Verdict.Goals)
		}
	}
}

// Ratios are taken within each round, between the best of each side.
func TestBenchGoals(t *testing.T) {
	var sides []benchSide
	add := func(name string, clients int, paces ...float64) {
		for i, p := range paces {
			sides = append(sides, benchSide{Name: name, Clients: clients, Round: i + 1, PerSec: p})
		}
	}
	add("store", 64, 100, 100, 100)
	add("store", 512, 1000, 2000, 3000)
	add("redis", 64, 4000, 4000, 4000)
	add("redis", 512, 2000, 2000, 1000)
	add("postgres", 16, 100, 100, 100)
	sides = append(sides, benchSide{Name: "postgres", Clients: 64, Skipped: "why not"})
	goals := goalsOf(sides)
	if len(goals) != 2 {
		t.Fatalf("goals = %+v", goals)
	}
	p, r := goals[0], goals[1]
	if p.Clients != 512 || p.OtherClients != 16 || p.Ratio != (spread{20, 10, 30}) || p.Verdict != "met" {
		t.Errorf("over PostgreSQL: %+v", p)
	}
	if r.Clients != 512 || r.OtherClients != 64 || r.Ratio != (spread{0.5, 0.25, 0.75}) || r.Verdict != "missed" || r.Same[512] != (spread{1, 0.5, 3}) {
		t.Errorf("over Redis: %+v", r)
	}
	if len(goalsOf(sides[:6])) != 0 {
		t.Error("a goal without the other side")
	}
}
