package tracker

import (
	"fmt"
	"testing"

	"showrunner/live"
	"showrunner/live/store"
)

// BenchmarkCrowd takes in people who come to a show for the first time, the
// ladder's heaviest hour: each is a new fact, a new person and a new move.
func BenchmarkCrowd(b *testing.B) {
	e := newEnv(b)
	tr := New(Config{})
	at := e.now()
	n := 0
	for b.Loop() {
		var batch store.LadderBatch
		for range settleBatch {
			n++
			batch.Facts = append(batch.Facts, live.PersonFact{
				Merchant: "m1", Person: live.PersonID(fmt.Sprint("p", n)), Kind: live.RoomEntered, Ref: "s1", At: at, Event: live.EventID(fmt.Sprint("e", n)),
				Show: "s1", Channel: "direct", Stage: live.StageConvert, Class: live.TouchShow,
			})
		}
		if _, err := e.store.AdvanceLadder(b.Context(), "e1", live.Position{Seq: uint64(n)}, batch, tr.fold); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(n), "µs/person")
}
