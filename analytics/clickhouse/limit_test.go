package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// limited is another connection to the database of db, with limits of its own.
func limited(t *testing.T, db *DB, limits map[Class]Limits, reg prometheus.Registerer) *DB {
	t.Helper()
	cfg := db.cfg
	cfg.Limits, cfg.Registerer = limits, reg
	tight, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tight.Close(); err != nil {
			t.Error(err)
		}
	})
	return tight
}

// TestLimits: a question that takes too much is refused with the limit it met and
// what to narrow, by the real engine, and the next question is answered.
func TestLimits(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(51, 400)
	fill(t, db, w.entries, nil)
	show := w.shows[0]
	none := func(scanner) error { return nil }
	tests := []struct {
		name   string
		limits Limits
		limit  string
		most   int64
		about  Class
		ask    func(context.Context, *DB) error
	}{
		{"rows of a show", Limits{Time: 20 * time.Second, Memory: 1 << 30, Rows: 3}, "rows", 3, ClassShow, func(ctx context.Context, db *DB) error {
			_, err := db.Figures(ctx, show.Merchant, show, w.now)
			return err
		}},
		{"rows of a merchant", Limits{Time: 20 * time.Second, Memory: 1 << 30, Rows: 3}, "rows", 3, ClassMerchant, func(ctx context.Context, db *DB) error {
			return db.rows(ctx, "test", nil, `SELECT count() FROM events WHERE person_id != ''`, none)
		}},
		// All of them are refused, whoever is first; who asked was refused once.
		{"rows, by questions asked together", Limits{Time: 20 * time.Second, Memory: 1 << 30, Rows: 3}, "rows", 3, ClassMerchant, func(ctx context.Context, db *DB) error {
			ask := func(ctx context.Context) error {
				return db.rows(context.WithoutCancel(ctx), "test", nil, `SELECT count() FROM events WHERE person_id != ''`, none)
			}
			return atOnce(ctx, ask, ask, ask, ask)
		}},
		{"memory", Limits{Time: 20 * time.Second, Memory: 20 << 20}, "bytes_of_memory", 20 << 20, ClassMerchant, func(ctx context.Context, db *DB) error {
			return db.rows(ctx, "test", nil, `SELECT length(groupArray(number)) FROM numbers(20000000)`, none)
		}},
		// The caller's deadline is later than the limit, and must not take its place.
		{"time", Limits{Time: time.Second, Memory: 1 << 30}, "seconds", 1, ClassMerchant, func(ctx context.Context, db *DB) error {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
			defer cancel()
			return db.rows(ctx, "test", nil, `SELECT sleepEachRow(0.1) FROM numbers(1000) SETTINGS max_block_size = 1`, none)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			tight := limited(t, db, map[Class]Limits{tt.about: tt.limits}, reg)
			err := tt.ask(t.Context(), tight)
			var no *live.Error
			if !errors.As(err, &no) {
				t.Fatalf("got %v, want a refusal", err)
			}
			if no.Code != "query_too_large" || no.Fault != live.FaultInvalid || no.Data["limit"] != tt.limit || no.Data["most"] != tt.most || no.Data["about"] != string(tt.about) || no.Data["narrow"] == "" {
				t.Errorf("refused with %+v", no)
			}
			if got := refusals(t, reg, tt.about); got != 1 {
				t.Errorf("%v refusals are counted, want 1", got)
			}
			if _, _, err := tight.Count(t.Context()); err != nil {
				t.Errorf("the next question: %v", err)
			}
		})
	}
	if _, err := limited(t, db, nil, nil).Figures(t.Context(), show.Merchant, show, w.now); err != nil {
		t.Errorf("within the limits that are built in: %v", err)
	}
}

// refusals are the questions about something that were too large, as counted.
func refusals(t *testing.T, reg *prometheus.Registry, about Class) (n float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "showrunner_clickhouse_refused_total" && m.GetLabel()[0].GetValue() == string(about) {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}

// TestRefusal tells apart who is to blame.
func TestRefusal(t *testing.T) {
	limits := DefaultLimits(ClassMerchant)
	for _, tt := range []struct {
		code    int32
		message string
		want    string
		fault   live.Fault
	}{
		{codeMemory, "Query memory limit exceeded: would use 1.50 GiB", "query_too_large", live.FaultInvalid},
		{codeMemory, "(total) memory limit exceeded: would use 3.10 GiB", "engine_busy", live.FaultUnavailable},
		{codeBusy, "Too many simultaneous queries", "engine_busy", live.FaultUnavailable},
		{codeTooManyBytes, "Limit for bytes to read exceeded", "query_too_large", live.FaultInvalid},
		{codeTooManyResult, "Limit for result exceeded", "query_too_large", live.FaultInvalid},
	} {
		no := refusal(fmt.Errorf("ask: %w", &ch.Exception{Code: tt.code, Message: tt.message}), ClassMerchant, limits)
		if no == nil || no.Code != tt.want || no.Fault != tt.fault {
			t.Errorf("%d %q: %+v, want %s", tt.code, tt.message, no, tt.want)
		}
	}
	for _, err := range []error{nil, errors.New("away"), &ch.Exception{Code: 60, Message: "Unknown table"}} {
		if no := refusal(err, ClassMerchant, limits); no != nil {
			t.Errorf("%v is taken for %v", err, no)
		}
	}
}

// TestAQuestionEndsWithItsContext: hiding the deadline does not hide the end.
func TestAQuestionEndsWithItsContext(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := db.rows(ctx, "test", nil, `SELECT sleepEachRow(0.1) FROM numbers(150) SETTINGS max_block_size = 1`, func(scanner) error { return nil })
	if err == nil || ctx.Err() == nil {
		t.Errorf("got %v with the context %v", err, ctx.Err())
	}
}
