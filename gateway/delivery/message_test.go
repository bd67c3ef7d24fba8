package delivery

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestCommissionMessage: what is to be paid out leaves with its refund, after
// the facts of its order, and our own names of facts stay inside.
func TestCommissionMessage(t *testing.T) {
	out, err := render(&live.Event{
		ID: "e1", Kind: live.CommissionReversed, Source: live.SourceSystem, Merchant: "m1", Show: "s1", Person: "p",
		OccurredAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Data:       json.RawMessage(`{"order_id":"o1","referrer":"ann","currency":"CNY","commission_minor":250,"cause":"refund_succeeded","refund_id":"r1","fact_id":"r1"}`),
	})
	if err != nil || out.Chain != "order:o1" {
		t.Fatalf("chain %q, %v", out.Chain, err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out.Body), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"type": "commission_reversed", "timestamp": "2026-01-02T03:04:05.000Z", "data": map[string]any{
			"order_id": "o1", "referrer": "ann", "currency": "CNY", "commission_minor": 250.0, "cause": "refund_succeeded", "refund_id": "r1",
			"event_id": "e1", "merchant_id": "m1", "show_id": "s1", "source": live.SourceSystem,
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("body (-want +got):\n%s", d)
	}
}
