package ws

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"showrunner/live"
)

// Order events are written as all others are: the members one may see, in the
// order of their names.
func TestOrderEventsAreWrittenAsJSON(t *testing.T) {
	names := []string{"order_id", "order_state", "person_id", "cancel_type", "fulfilment"}
	amounts := append(append([]string{}, names...), "currency", "total_minor", "paid_minor", "refund_minor", "settled_minor")
	rapid.Check(t, func(t *rapid.T) {
		members := map[string]any{"deltas": []map[string]any{{"order_id": "inside", "paid_minor": 1}}, "lines": []any{}, "ver": 1}
		for _, n := range rapid.SliceOfDistinct(rapid.SampledFrom(amounts), rapid.ID[string]).Draw(t, "members") {
			if members[n] = any(rapid.String().Draw(t, n)); rapid.Bool().Draw(t, "amount") {
				members[n] = rapid.Int64().Draw(t, n)
			}
		}
		data, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		e := live.Event{
			Kind: live.OrderCreated, ID: live.EventID(rapid.SampledFrom([]string{"", "o1:order_created"}).Draw(t, "id")),
			Actor: live.Actor{ID: rapid.String().Draw(t, "actor"), Name: rapid.String().Draw(t, "name"), Role: live.RoleViewer},
			Data:  data,
		}
		if e.OccurredAt = time.UnixMilli(1_795_262_400_120); rapid.Bool().Draw(t, "no time") {
			e.OccurredAt, e.ReceivedAt = e.ReceivedAt, time.UnixMilli(1_795_262_400_000)
		}
		for _, money := range []bool{false, true} {
			see := names
			if money {
				see = amounts
			}
			if got, want := orderSeen(data).encode(&e, money), encodeEvent(&e, pick(data, see...)); string(got) != string(want) {
				t.Fatalf("money %t:\ngot  %s\nwant %s", money, got, want)
			}
		}
	})
	e := live.Event{Kind: live.OrderPaid, Data: []byte(`{"order_id":`)}
	if got, want := EncodeEvent(e), encodeEvent(&e, nil); string(got) != string(want) {
		t.Errorf("an event that cannot be read became %s, want %s", got, want)
	}
}
