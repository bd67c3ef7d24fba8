package ws

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"showrunner/live"
)

func TestPlaces(t *testing.T) {
	reads, none := 0, live.NotFound("room_not_found", "none")
	there := map[live.RoomID]live.MerchantID{"r1": "m1"}
	p := newPlaces(func(_ context.Context, id live.RoomID) (live.Room, error) {
		reads++
		if m, ok := there[id]; ok {
			return live.Room{ID: id, Merchant: m, Title: "of now"}, nil
		}
		return live.Room{}, none
	})
	for range 3 {
		if got, err := p.find(t.Context(), "r1"); err != nil || got.ID != "r1" || got.Merchant != "m1" || got.Title != "" {
			t.Errorf("r1 = %+v, %v", got, err)
		}
		if _, err := p.find(t.Context(), "r2"); !errors.Is(err, none) {
			t.Errorf("r2: %v", err)
		}
	}
	if reads != 4 {
		t.Errorf("%d reads, want one of the room and one for each question after the missing one", reads)
	}
	there["r2"] = "m2"
	if got, err := p.find(t.Context(), "r2"); err != nil || got.Merchant != "m2" {
		t.Errorf("opened since: %+v, %v", got, err)
	}
	for i := range 2 * maxPlaces {
		id := live.RoomID(fmt.Sprint("x", i))
		there[id] = "m3"
		if got, err := p.find(t.Context(), id); err != nil || got.Merchant != "m3" || len(p.owners) > maxPlaces {
			t.Fatalf("%s = %+v, %v with %d kept", id, got, err, len(p.owners))
		}
	}
}
