package live_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"showrunner/live"
)

func TestDeltasRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := rapid.SliceOfN(factGen(), 1, 6).Draw(t, "facts")
		want := live.Deltas(live.Order{}, live.FoldOrder("m", "o", facts))
		data, err := json.Marshal(map[string]any{"order_id": "o", "deltas": live.EncodeDeltas(want)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := live.DecodeDeltas(data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round trip (-want +got):\n%s", diff)
		}
	})
}

func TestEncodeDeltasForm(t *testing.T) {
	got := string(live.EncodeDeltas([]live.Delta{
		{Order: "o", Ver: 2, Line: "1", Show: "s", SKU: "a", Currency: "CNY", PaidAt: day, PaidMinor: 1990, UnitsPaid: 1},
	}))
	const want = `[{"line_id":"1","ver":2,"show_id":"s","sku_id":"a","currency":"CNY","paid_at":"2026-11-21T12:00:00.000Z","units_paid":1,"paid_minor":1990}]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := string(live.EncodeDeltas(nil)); got != "[]" {
		t.Errorf("no deltas = %s, want []", got)
	}
}

func FuzzDecodeDeltas(f *testing.F) {
	f.Add([]byte(`{"order_id":"o","deltas":[{"line_id":"1","ver":1,"paid_at":"2026-11-21T12:00:00.000Z","paid_minor":-5}]}`))
	f.Add([]byte(`[{"orders":1}]`))
	f.Add([]byte(`{"deltas":null}`))
	f.Add([]byte(`[{"paid_minor":1.5}]`))
	f.Add([]byte(` [`))
	f.Fuzz(func(t *testing.T, data []byte) {
		ds, err := live.DecodeDeltas(data)
		if err != nil {
			return
		}
		again, err := live.DecodeDeltas(live.EncodeDeltas(ds))
		if err != nil {
			t.Fatalf("what was decoded does not decode again: %v", err)
		}
		if len(again) != len(ds) {
			t.Fatalf("%d deltas became %d", len(ds), len(again))
		}
	})
}

// told is what others are told, of each member the last.
type told map[string]string

func (o told) Member(name, value []byte) bool {
	o[string(name)] = string(value)
	return true
}

// FuzzScanDeltas compares the quick reading of deltas, and of what else stands
// there, with that of encoding/json.
func FuzzScanDeltas(f *testing.F) {
	f.Add([]byte(`{"order_id":"o","deltas":[{"line_id":"1","ver":1,"paid_at":"2026-11-21T12:00:00.000Z","paid_minor":-5},{"ver":4294967296}]}`))
	f.Add([]byte(`{"deltas":[{"orders":1,"orders":2,"more":[{}]}],"order_id":"o"}`))
	f.Add([]byte(`{"deltas":[{"ver":1}],"deltas":[{"orders":1}]}`))
	f.Add([]byte(`{"deltas":[null,{"VER":3}],"order_id":null}`))
	f.Add([]byte(`[{"orders":1}]`))
	f.Add([]byte(`{"text":"x","deltas":[{"show_id":"s","paid_at":""},{"show_id":"s","ver":"1"}] ,"order_id":"o","text":"\u4e00","count":[1]}`))
	words := live.Words{}
	var rows []live.Delta
	f.Fuzz(func(t *testing.T, data []byte) {
		want, wantErr := live.DecodeDeltas(data)
		others := told{}
		got, plain, err := live.ScanDeltas(rows, data, words, others)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%s: %v, want %v", data, err, wantErr)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", data, diff)
		}
		rows = got
		if !plain {
			return
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(data, &all); err != nil {
			t.Fatalf("%s is plain, and %v", data, err)
		}
		wantOthers := told{}
		for name, value := range all {
			if name != "order_id" && name != "deltas" {
				wantOthers[name] = string(value)
			}
		}
		if diff := cmp.Diff(wantOthers, others); diff != "" {
			t.Fatalf("others of %s (-want +got):\n%s", data, diff)
		}
	})
}

func TestScanDeltasAllocatesNothing(t *testing.T) {
	at := day
	want := []live.Delta{
		{Order: "o", Ver: 2, Line: "1", Show: "s", Person: "p", SKU: "a", Currency: "CNY", PaidAt: at, PaidMinor: 1990, UnitsPaid: 1},
		{Order: "o", Ver: 2, Show: "s", Person: "p", Currency: "CNY", PaidAt: at, Paid: 1},
	}
	data, err := json.Marshal(map[string]any{"order_id": "o", "deltas": live.EncodeDeltas(want)})
	if err != nil {
		t.Fatal(err)
	}
	words, got := live.Words{}, []live.Delta(nil)
	n := testing.AllocsPerRun(100, func() { got, _, err = live.ScanDeltas(got, data, words, nil) })
	if err != nil || n != 0 || cmp.Diff(want, got) != "" {
		t.Errorf("%g allocations, %v\n%s", n, err, cmp.Diff(want, got))
	}
}
