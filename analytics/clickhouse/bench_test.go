package clickhouse

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	chcolumn "github.com/ClickHouse/clickhouse-go/v2/lib/column"
	chproto "github.com/ClickHouse/clickhouse-go/v2/lib/proto"

	"showrunner/conversion"
	"showrunner/live"
)

// BenchmarkEncode makes facts of the log ready to be sent, in JSON at its one end
// and as a compressed block at the other: by the columns of the sink, and row by
// row with encoding/json and the columns of clickhouse-go.
func BenchmarkEncode(b *testing.B) {
	entries := audience(50_000)
	buying := withOrders(entries)
	s := newSpan(nil)
	own := func() int {
		s.reset()
		for i := range entries {
			s.add(&entries[i])
		}
		bytes := 0
		for _, block := range s.blocks() {
			if block.rows > 0 {
				packed, err := block.pack()
				if err != nil {
					b.Fatal(err)
				}
				bytes += len(packed)
			}
		}
		return bytes
	}
	encoder := NewEncoder(nil)
	encoder.Encode(entries)
	encoder.Encode(buying)
	own() // What is kept for all ranges is made once.
	for _, way := range []struct {
		name string
		do   func() int
	}{
		{"bytes", func() int { // not compressed
			return encoder.Encode(entries)
		}},
		{"orders", func() int { // the same with exposures and orders among it, as the simulator has them
			return encoder.Encode(buying)
		}},
		{"columns", own},
		{"append", func() int { return appended(b, entries) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			cpu, bytes := cpuTime(b), 0
			for b.Loop() {
				bytes = way.do()
			}
			used := cpuTime(b) - cpu
			runtime.ReadMemStats(&after)
			rows := float64(b.N * len(entries))
			b.ReportMetric(rows/used.Seconds(), "rows/cpu-s")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/rows, "allocs/row")
			b.ReportMetric(float64(bytes)/float64(len(entries)), "bytes/row")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// audience is what the people of a large room do: mostly they watch.
func audience(n int) []live.Entry {
	rng := rand.New(rand.NewPCG(7, 7))
	out := make([]live.Entry, n)
	for i := range out {
		who := fmt.Sprintf("viewer-%d", rng.IntN(n/60+1))
		at := start.Add(time.Duration(i) * 3 * time.Millisecond)
		kind, data := live.WatchHeartbeat, `{"visible":true,"watched_ms":30000}`
		switch dice := rng.IntN(100); {
		case dice < 5:
			kind, data = live.RoomEntered, ""
		case dice < 15:
			kind, data = live.Liked, fmt.Sprintf(`{"count":%d}`, 1+rng.IntN(20))
		case dice < 22:
			kind, data = live.CommentSent, fmt.Sprintf(`{"text":"这个多少钱？%d 号链接"}`, rng.IntN(30))
		case dice < 26:
			kind, data = live.ProductClicked, fmt.Sprintf(`{"product_id":"product-%d"}`, rng.IntN(30))
		case dice < 27:
			kind, data = live.CartItemAdded, fmt.Sprintf(`{"product_id":"product-%d","sku_id":"sku-%d","qty":1}`, rng.IntN(30), rng.IntN(90))
		}
		out[i] = live.Entry{Position: live.Position{Seq: uint64(i/64 + 1), Index: uint32(i % 64)}, Event: live.Event{
			ID:   live.EventID(fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", at.UnixMilli()>>16, at.UnixMilli()&0xffff, rng.IntN(1<<12), rng.IntN(1<<12), rng.Int64N(1<<48))),
			Kind: kind, Source: "ws:" + who, Merchant: "merchant", Room: "room", Show: "show-1", Person: live.PersonID(who),
			Actor: live.Actor{ID: who, Role: live.RoleViewer}, OccurredAt: at, ReceivedAt: at.Add(time.Duration(rng.IntN(40)) * time.Millisecond),
		}}
		if data != "" {
			out[i].Event.Data = json.RawMessage(data)
		}
	}
	return out
}

// withOrders is an audience that is shown the room and products, and of whom one in
// ninety facts is an order or its payment.
func withOrders(of []live.Entry) []live.Entry {
	out := slices.Clone(of)
	for i := range out {
		e := &out[i].Event
		e.Channel = [...]string{"", "recommend_feed", "short_video", "search", "follow_tab"}[i*7%5]
		switch {
		case i%90 == 0:
			d := live.Delta{Ver: 1, Show: e.Show, Room: e.Room, Person: e.Person, Currency: "CNY"}
			head, line := d, d
			head.Orders, line.Line, line.SKUOrders, line.UnitsCreated, line.Created = 1, "l1", 1, 1, 8900
			line.Product, line.SKU, e.Kind = "product-7", "sku-7", live.OrderCreated
			if i%180 == 0 {
				head.PaidAt, line.PaidAt, e.Kind = e.OccurredAt, e.OccurredAt, live.OrderPaid
			}
			e.Source, e.Actor.Role, e.Channel = live.SourceSystem, live.RoleSystem, ""
			e.Data = fmt.Appendf(nil, `{"deltas":%s,"order_id":"show-1-o%d"}`, live.EncodeDeltas([]live.Delta{head, line}), i)
		case i%6 == 1:
			e.Kind, e.Data = live.RoomExposed, json.RawMessage(`{"surface":"feed"}`)
		case i%8 == 2:
			e.Kind, e.Data = live.ProductExposed, fmt.Appendf(nil, `{"product_id":"product-%d","surface":"bag_list"}`, i%11)
		}
	}
	return out
}

// appended encodes facts with clickhouse-go.
func appended(b *testing.B, entries []live.Entry) int {
	block := chproto.Block{ServerContext: &chcolumn.ServerContext{Timezone: time.UTC}}
	sc := newEventColumns(nil)
	for _, c := range sc.columns {
		if err := block.AddColumn(c.name, chcolumn.Type(c.Type())); err != nil {
			b.Fatal(err)
		}
	}
	for i := range entries {
		e := &entries[i].Event
		var d factsJSON
		if len(e.Data) > 0 {
			if err := json.Unmarshal(e.Data, &d); err != nil {
				b.Fatal(err)
			}
		}
		touch, is := conversion.TouchOf(*e)
		high, low, _ := uuidOf(string(e.ID))
		err := block.Append(string(e.Merchant), string(e.Show), string(e.Room), string(e.Kind), e.ReceivedAt, e.ReceivedAt.UnixMilli()-e.OccurredAt.UnixMilli(), string(e.Person), e.Actor.ID,
			string(e.Actor.Role), bit(e.Rehearsal), e.Source, "", e.Channel, e.Campaign, string(touch.Stage), bit(is), touch.Channel,
			string(d.Product), string(d.SKU), d.Count, d.Text, string(e.Data), int64(high)-e.ReceivedAt.UnixMilli()<<16, low, entries[i].Position.Seq, entries[i].Position.Index,
			touch.Rule, touch.Host, touch.Agent, touch.AgentName, touch.Group, touch.GroupName, touch.Entry, string(touch.Referrer), string(touch.CostCurrency), touch.Cost)
		if err != nil {
			b.Fatal(err)
		}
	}
	var wire proto.Buffer
	if err := block.Encode(&wire, 0); err != nil {
		b.Fatal(err)
	}
	w := newPacker()
	if err := w.Compress(wire.Buf); err != nil {
		b.Fatal(err)
	}
	return len(w.Data)
}

// cpuTime is what the process has used so far.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkInsert sends ranges into the facts and every rollup.
func BenchmarkInsert(b *testing.B) {
	for _, rows := range []int{1_000, 20_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			db, err := Open(b.Context(), Config{URL: fmt.Sprintf("%s_b%d", server.URL(), databases.Add(1)), Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if err := db.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			s := newSpan(nil)
			for _, e := range play(1, rows).entries {
				e.Event.ReceivedAt = start // one partition, as the sink cuts
				s.add(&e)
			}
			block, n := s.events.block(), 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				if err := db.insert(b.Context(), block, fmt.Sprint("t", n)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*block.rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
