package analytics

import (
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// crowd is a log of viewers who each enter, watch and click.
func crowd(viewers int) []live.Entry {
	var log []live.Entry
	say := func(kind live.Kind, person live.PersonID, at time.Time, data string) {
		log = append(log, live.Entry{Position: live.Position{Seq: uint64(len(log) + 1)}, Event: live.Event{
			Kind: kind, Merchant: "m1", Show: "s1", Person: person, Actor: live.Actor{Role: live.RoleViewer}, ReceivedAt: at, Data: []byte(data),
		}})
	}
	for v := range viewers {
		p, at := live.PersonID(fmt.Sprintf("viewer-%06d", v)), t0.Add(time.Duration(v%3600)*time.Second)
		say(live.RoomEntered, p, at, `{}`)
		for k := range 6 {
			say(live.WatchHeartbeat, p, at.Add(time.Duration(k)*30*time.Second), `{"visible":true,"watched_ms":30000}`)
		}
		say(live.Liked, p, at, `{"count":3}`)
		say(live.ProductClicked, p, at, fmt.Sprintf(`{"product_id":"p%d","surface":"list"}`, v%50))
	}
	return log
}

// go test -run '^$' -bench . ./analytics.
func BenchmarkFoldAdd(b *testing.B) {
	log := crowd(20_000)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; {
		f := NewFold(testShow())
		for k := 0; k < len(log) && i < b.N; k++ {
			if err := f.Add(log[k]); err != nil {
				b.Fatal(err)
			}
			i++
		}
	}
}

// What one second costs a show of 100,000 viewers on which something happened.
func BenchmarkSnapshot(b *testing.B) {
	f := NewFold(testShow())
	for _, e := range crowd(100_000) {
		if err := f.Add(e); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for b.Loop() {
		figures := f.Figures(t0.Add(time.Hour))
		if _, err := SnapshotOf(f.Show(), &figures, f.OnlineNow(t0.Add(time.Hour)), t0, 0, true).MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}
