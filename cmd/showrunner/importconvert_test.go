package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dryRun imports a file without a server.
func dryRun(t *testing.T, kind, name, text string) (summary, rejects string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c := ImportCmd{Kind: kind, In: file, Source: "shop", Batch: 2, DryRun: true}
	err = c.Execute(t.Context(), &out, t.Output())
	raw, rerr := os.ReadFile(file + ".rejects")
	if rerr != nil && !errors.Is(rerr, os.ErrNotExist) {
		t.Fatal(rerr)
	}
	return out.String(), string(raw), err
}

// TestImportDryRun reads every kind and format and names each bad line.
func TestImportDryRun(t *testing.T) {
	for _, c := range []struct {
		name, kind, file, text string
		accepted, rejected     int64
		lines                  []string // of the rejects: a part of each
	}{
		{
			name: "orders in CSV", kind: "orders", file: "a.csv", accepted: 4, rejected: 3,
			text: "\ufefftype,at,order_id,currency,line_id,sku_id,qty,goods,payment_id,paid,refund_id\n" +
				"order_created,2026-01-02T12:00:00Z,o1,CNY,l1,s1,1,12.50,,,\n" +
				"order_created,2026-01-02T12:00:00Z,o1,CNY,l2,s2,2,3,,,\n" +
				"order_created,2026-01-02T12:00:00Z,o2,JPY,l1,s1,1,12.50,,,\n" + // no half yen
				"order_created,2026-01-02T12:00:00Z,o2,JPY,l2,s1,1,12,,,\n" + // of the same order: gone with it
				"order_paid,2026-01-02T12:01:00Z,o1,CNY,,,,,p1,15.50,\n" +
				"order_paid,2026-01-02T12:01:00Z,o1,CNY,,,,,p1,15.505,\n" +
				"order_paid,2026-01-02T12:01:00Z\n" +
				"\n" +
				"refund_succeeded,2026-01-02T12:01:00Z,o1,CNY,l1,,,1,,,r1\n" +
				"refund_succeeded,2026-01-02T12:01:00Z,o1,CNY,l1,,,1,,,r2\n",
			lines: []string{`{"line":4,"code":"invalid","reason":"goods has more than the 0 decimals of JPY"}`, `"line":8,"code":"malformed"`, `{"line":7,`},
		},
		{
			name: "orders in NDJSON", kind: "orders", file: "a.ndjson", accepted: 1, rejected: 3,
			text: `{"type":"order_paid","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o1","payment_id":"p","paid_minor":1,"currency":"CNY"}}` + "\n\n" +
				`{"type":"order_paid"` + "\n" + `{"type":"order_lost","timestamp":"2026-01-02T12:00:00Z","data":{}}` + "\n" + strings.Repeat("x", maxImportLine+5),
			lines: []string{`{"line":3,`, `{"line":4,"code":"unknown_type"`, `{"line":5,"code":"malformed","reason":"the line is longer`},
		},
		{
			name: "events in CSV", kind: "events", file: "a.csv", accepted: 2, rejected: 3,
			text: "type,occurred_at,user_id,data.group_id,data.count\n" +
				"group_joined,2025-01-02T12:00:00Z,u1,g1,\n" +
				"liked,2025-01-02T12:00:00Z,u1,,3\n" +
				"liked,2025-01-02T12:00:00Z,u1,,many\n" +
				"liked,,u1,,3\n" +
				"order_paid,2025-01-02T12:00:00Z,u1,,\n",
			lines: []string{`{"line":4,`, `{"line":5,"code":"invalid","reason":"occurred_at is required`, `{"line":6,"code":"use_order_webhook"`},
		},
		{
			name: "journeys", kind: "touches", file: "a.jsonl", accepted: 3, rejected: 1,
			text: `{"person":"p1","touches":[{"at":"2025-01-02T12:00:00Z","channel":"ads","kind":"click"},{"at":"2025-01-03T12:00:00Z","channel":"group","stage":"nurture","kind":"message"}],"conversion":{"order_id":"o"}}` + "\n" +
				`{"person":"p2","at":"2025-01-02T12:00:00Z","channel":"ads","kind":"lead"}` + "\n" + `{"person":"p2","at":"2025-01-02T12:00:00Z","kind":"smell"}` + "\n",
			lines: []string{`{"line":3,"code":"unknown_type"`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			summary, rejects, err := dryRun(t, c.kind, c.file, c.text)
			if c.rejected > 0 != errors.Is(err, errRejected) {
				t.Errorf("error %v", err)
			}
			var sum struct{ Accepted, Rejected int64 }
			if err := json.Unmarshal([]byte(summary), &sum); err != nil || sum.Accepted != c.accepted || sum.Rejected != c.rejected {
				t.Errorf("summary %s (%v), want %d and %d\n%s", summary, err, c.accepted, c.rejected, rejects)
			}
			for _, line := range c.lines {
				if !strings.Contains(rejects, line) {
					t.Errorf("no %s in\n%s", line, rejects)
				}
			}
		})
	}
}

// TestContentID: one fact in another order of members has one name, another
// fact another.
func TestContentID(t *testing.T) {
	names := map[string]string{}
	for _, line := range []string{
		`{"type":"liked","occurred_at":"2025-01-02T12:00:00Z","data":{"count":1,"x":2}}`,
		`{"data":{"x":2,"count":1},"occurred_at":"2025-01-02T12:00:00Z","type":"liked"}`,
		`{"type":"liked","occurred_at":"2025-01-02T12:00:00Z","data":{"count":2,"x":2}}`,
	} {
		items, err := converterOf(&ImportCmd{Kind: "events", Source: "crm"}).add(importRecord{raw: []byte(line)})
		if err != nil {
			t.Fatal(err)
		}
		var e struct {
			ID string `json:"event_id"`
		}
		if err := json.Unmarshal(items[0].raw, &e); err != nil {
			t.Fatal(err)
		}
		names[e.ID] = line
	}
	if len(names) != 2 {
		t.Errorf("three lines of two facts have the names %v", names)
	}
}

// TestImportPlace: reading on behind any record gives the records that follow.
func TestImportPlace(t *testing.T) {
	text := "a,b\n1,x\n\n2,\"y\nz\"\n3,w\n"
	all := func(offset, lines int64) (out []string) {
		r, err := newCSVLines(strings.NewReader(text), int64(len(text)), offset, lines)
		if err != nil {
			t.Fatal(err)
		}
		for {
			rec, err := r.next()
			if err != nil {
				return out
			}
			raw, err := json.Marshal([]any{rec.line, rec.row, r.offset(), r.lines()})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(raw))
		}
	}
	whole := all(0, 0)
	if len(whole) != 3 {
		t.Fatalf("records: %v", whole)
	}
	for i, rec := range whole {
		var at []any
		if err := json.Unmarshal([]byte(rec), &at); err != nil {
			t.Fatal(err)
		}
		rest := all(int64(at[2].(float64)), int64(at[3].(float64)))
		if strings.Join(rest, "\n") != strings.Join(whole[i+1:], "\n") {
			t.Errorf("behind record %d come %v, want %v", i, rest, whole[i+1:])
		}
	}
}
