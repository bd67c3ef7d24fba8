package main

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/live"
)

// filled gives every field below v a value of its own.
func filled(v reflect.Value, n *int64) {
	*n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.UnixMilli(1_700_000_000_000 + *n).UTC()
		return
	case *json.RawMessage:
		*x = json.RawMessage(`{"a": "<b>" }`)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			filled(field, n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), n) // The other is zero.
	case reflect.Int64, reflect.Int, reflect.Int32, reflect.Int8:
		v.SetInt(-*n % 100)
	case reflect.Uint64, reflect.Uint8:
		v.SetUint(uint64(*n % 100))
	case reflect.String:
		v.SetString("\xff\x00<" + string(rune('a'+*n%26)))
	case reflect.Bool:
		v.SetBool(true)
	default:
		panic("BUG: figures have a " + v.Kind().String() + ": see that it is stored")
	}
}

// TestFiguresPacked: what is stored is what was counted, to the last field.
func TestFiguresPacked(t *testing.T) {
	var full analytics.Figures
	n := int64(0)
	filled(reflect.ValueOf(&full).Elem(), &n)
	for name, f := range map[string]analytics.Figures{"full": full, "empty": {}} {
		got, err := unpackFigures(packFigures(f))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(f, got); d != "" {
			t.Errorf("%s: -counted +stored\n%s", name, d)
		}
	}
	if n < 150 {
		t.Errorf("only %d values were filled in", n)
	}
	if _, err := unpackFigures([]byte("none")); err == nil {
		t.Error("no figures were taken for some")
	}
}

// TestCountedStored: after a restart a show is not counted again, unless another
// program runs, its facts stand otherwise, somebody was forgotten or what is stored is
// of no use.
func TestCountedStored(t *testing.T) {
	ended := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	now, erased := ended.Add(time.Hour), int64(0)
	standing := clickhouse.Standing{Events: clickhouse.Extent{Rows: 7}}
	facts := &fakeFacts{standing: func(s analytics.ShowAt) clickhouse.Standing {
		if s.At.Before(ended.Add(30 * time.Minute)) {
			return clickhouse.Standing{}
		}
		return standing
	}}
	show := live.Show{ID: "s1", Merchant: "m1", State: live.ShowStateEnded, StartedAt: ended.Add(-2 * time.Hour), EndedAt: ended}
	var c *counted
	restart := func(build string) func() { return func() { c = countedBy(build, facts, &erased, &now) } }
	all := func(at time.Time) func() (analytics.Figures, error) {
		return func() (analytics.Figures, error) { return c.figures(t.Context(), show, at, analytics.Everything) }
	}
	peer := func() (f analytics.Figures, err error) {
		got, err := c.metrics(t.Context(), "m1", []analytics.ShowAt{{Show: show, At: now}})
		if err == nil {
			f = got[0]
		}
		return f, err
	}
	for _, step := range []struct {
		name   string
		change func()
		ask    func() (analytics.Figures, error)
		how    string
	}{
		{"never before", restart("a"), all(now), "counted"},
		{"once more", func() {}, all(now), "kept"},
		{"as metrics", func() {}, peer, "kept"},
		{"after a restart", restart("a"), all(now), "stored"},
		{"from memory again", func() {}, all(now), "kept"},
		{"metrics after a restart", restart("a"), peer, "stored"},
		{"by another program", restart("b"), all(now), "counted"},
		{"by the first again", restart("a"), all(now), "counted"},
		{"as of an earlier instant", restart("a"), all(ended), "counted"},
		{"which takes nobody's place", restart("a"), all(now), "stored"},
		{"after a refund", func() { standing.Deltas.Rows++ }, all(now), "counted"},
		{"and a restart", restart("a"), all(now), "stored"},
		{"after one was forgotten", func() { erased++ }, peer, "counted"},
		{"metrics alone", restart("a"), peer, "stored"},
		{"are not everything", func() {}, all(now), "counted"},
		{"which is stored then", restart("a"), all(now), "stored"},
		{"when it is of no use", func() {
			restart("a")()
			row := facts.rows["m1"]["s1"]
			row.Everything = []byte("none")
			facts.rows["m1"]["s1"] = row
		}, all(now), "counted"},
		{"when ClickHouse does not give it", func() {
			restart("a")()
			facts.refused = errors.New("away")
		}, all(now), "counted"},
	} {
		step.change()
		before, was := facts.times, valueOf(t, c.again.WithLabelValues(step.how))
		f, err := step.ask()
		c.later.rest()
		if err != nil || f.Show != show.ID {
			t.Fatalf("%s: %+v, %v", step.name, f, err)
		}
		if f.Bots != facts.times && step.how != "kept" && step.how != "stored" {
			t.Errorf("%s: figures of count %d, want %d", step.name, f.Bots, facts.times)
		}
		if counted := facts.times > before; counted != (step.how == "counted") || valueOf(t, c.again.WithLabelValues(step.how)) != was+1 {
			t.Errorf("%s: counted is %v, want it %s", step.name, counted, step.how)
		}
	}
	if valueOf(t, c.lost) != 2 {
		t.Errorf("%v failures were told, want one of each way", valueOf(t, c.lost))
	}
}
