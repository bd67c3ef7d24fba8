package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics/clickhouse"
)

// auditing runs an auditor each minute until it is ended.
func auditing(t *testing.T, audit func(context.Context) ([]clickhouse.Mismatch, error)) (reg *prometheus.Registry, end func()) {
	reg = prometheus.NewRegistry()
	a := newAuditor(audit, time.Minute, time.Now, slog.New(slog.DiscardHandler), reg)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		a.run(ctx)
		close(done)
	}()
	return reg, func() {
		cancel()
		<-done
	}
}

// TestAuditorReportsWhatStays feeds the auditor findings that pass and findings
// that stay.
func TestAuditorReportsWhatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		passing := clickhouse.Mismatch{Check: "show_minute.comments", Show: "s1", Facts: 3, Rollup: 2}
		staying := clickhouse.Mismatch{Check: "show_money.paid", Show: "s1", Key: "CNY", Facts: 100, Rollup: 101}
		answers := [][]clickhouse.Mismatch{
			nil,                // all well
			{passing, staying}, // a finding …
			{staying},          // … looked at again
			nil,                // repaired
		}
		fail := errors.New("away")
		calls := 0
		audit := func(context.Context) ([]clickhouse.Mismatch, error) {
			calls++
			if calls > len(answers) {
				return nil, fail
			}
			return answers[calls-1], nil
		}
		reg, end := auditing(t, audit)
		defer end()
		for i, want := range []map[string]float64{{}, {"show_money.paid": 1}, {}} {
			time.Sleep(time.Minute + 10*time.Second)
			synctest.Wait()
			got := gauges(t, reg, "showrunner_audit_mismatches")
			if _, ok := got["log_gap"]; !ok {
				t.Errorf("a check that found nothing is not there: %v", got)
			}
			maps.DeleteFunc(got, func(_ string, n float64) bool { return n == 0 })
			if len(got) != len(want) || got["show_money.paid"] != want["show_money.paid"] {
				t.Errorf("after audit %d the gauges are %v, want %v", i+1, got, want)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := gauges(t, reg, "showrunner_audit_failures_total"); got[""] != 1 {
			t.Errorf("failures: %v, want 1", got)
		}
	})
}

// TestAuditorRests: where an audit takes long, those after it are further apart.
func TestAuditorRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var at []time.Duration
		takes := []time.Duration{time.Second, 20 * time.Second, 20 * time.Second, time.Second, time.Second}
		audit := func(context.Context) ([]clickhouse.Mismatch, error) {
			at = append(at, time.Since(began))
			time.Sleep(takes[min(len(at), len(takes))-1])
			return nil, nil
		}
		reg, end := auditing(t, audit)
		defer end()
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		// Every minute, and nine times twenty seconds after one of twenty seconds ended.
		want := []time.Duration{60, 120, 320, 520}
		for i := range want {
			want[i] *= time.Second
		}
		if !slices.Equal(at, want) {
			t.Errorf("audits began at %v, want %v", at, want)
		}
		if got := gauges(t, reg, "showrunner_audit_seconds"); got[""] != 1 {
			t.Errorf("the last audit took %v s, want 1", got[""])
		}
	})
}

// gauges reads the values of one metric by their first label.
func gauges(t *testing.T, reg *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			label := ""
			if len(m.GetLabel()) > 0 {
				label = m.GetLabel()[0].GetValue()
			}
			out[label] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return out
}
