package main

import (
	"os"
	"testing"
	"time"
)

// figuresOf are made-up rounds of three servers.
func figuresOf() *benchRooms {
	b := &benchRooms{}
	for _, s := range []struct {
		name    string
		kb, cpu float64
		most    []float64
	}{
		{"showrunner", 1, 2, []float64{1000, 9000}}, {"centrifuge 50ms", 20, 4, []float64{400}}, {"centrifuge 250ms", 16, 3, []float64{300}},
	} {
		b.Entries = append(b.Entries, entry{Server: s.name, Viewers: 100, KB: s.kb, CPU: 1}, entry{Server: s.name, Viewers: 10, KB: 99, CPU: 99})
		for range 3 {
			b.Rounds = append(b.Rounds, round{Server: s.name, Trial: "T3", CPU: s.cpu, Delivered: 1})
			for _, per := range s.most {
				b.Rounds = append(b.Rounds, round{Server: s.name, Trial: "T5", PerSecond: per, Delivered: 1})
			}
			b.Rounds = append(b.Rounds, round{Server: s.name, Trial: "T5", PerSecond: 1e9, Delivered: 0.5})
		}
		b.Rounds = append(b.Rounds, round{Server: s.name, Trial: slowTrial, P99: 11, Delivered: 1}, round{Server: s.name, Trial: quickTrial, P99: 10, Delivered: 1})
	}
	b.Entries = append(b.Entries, entry{Server: verifies + "centrifuge", Viewers: 100, CPU: 2}, entry{Server: verifies + "centrifugo", Viewers: 100, CPU: 1.5})
	b.Returns = []comeback{{Seconds: 1}, {Seconds: 3}, {Seconds: 1.5}}
	return b
}

func TestJudge(t *testing.T) {
	got := map[string]verdict{}
	for _, v := range judge(figuresOf()) {
		got[v.Target] = v
	}
	for target, want := range map[string]struct {
		ratio float64
		met   bool
	}{
		"T1 KB of a viewer":                                                             {1.0 / 16, true}, // the better tuning counts
		"T3 CPU of a delivery, 1,000 viewers, 200/s":                                    {2.0 / 3, false},
		"T5 most deliveries a second, 10,000 viewers":                                   {9000.0 / 400, true}, // what was not carried does not count
		"T8 CPU of a connect":                                                           {1, false},           // of those that verify nothing
		"T8 CPU of a connect, everybody verifies a token":                               {1.0 / 2, true},
		"T9 p99 of the others while 5 % of 1,000 viewers never read, nothing lost":      {1.1, true},
		"T10 seconds until all returned after a restart, each with 100 missed messages": {0, true},
	} {
		v, ok := got[target]
		if !ok || v.Ratio != want.ratio || v.Met != want.met {
			t.Errorf("%s: %+v, want ratio %v, met %v", target, v, want.ratio, want.met)
		}
	}
	lost := figuresOf()
	lost.Returns[1].Lost = 1
	for i := range lost.Rounds {
		if lost.Rounds[i].Trial == slowTrial {
			lost.Rounds[i].Delivered = 0.999
		}
	}
	if judgeReturns(lost).Met || judgeSlow(lost).Met {
		t.Error("a loss does not fail the target")
	}
}

func TestUsageOf(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	before, err := usageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	sum := 0
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); sum++ {
	}
	after, err := usageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if after.CPU <= before.CPU || after.RSS < 1<<20 {
		t.Errorf("usage %+v, then %+v after %d turns of work", before, after, sum)
	}
	if _, err := usageOf(1 << 30); err == nil {
		t.Error("a process that is not there has usage")
	}
}
