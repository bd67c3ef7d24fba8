package clickhouse

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/uuid"

	"showrunner/conversion"
	"showrunner/live"
)

// anyOf is one of some.
func anyOf[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

// anyFacts are facts of every sort the columns tell apart, some of which nobody
// would accept: in runs of one room or of many, with few words or many.
func anyFacts(rng *rand.Rand, n int) []live.Entry {
	kinds := []live.Kind{
		live.WatchHeartbeat, live.Liked, live.RoomEntered, live.RoomExposed, live.ProductClicked, live.CommentSent, live.CartItemAdded, live.GiftSent, live.Followed,
		live.OrderCreated, live.OrderPaid, live.OrderCancelled, live.OrderPersonChanged, "lead_captured", "group_joined", live.TouchSent, "not_known", "",
	}
	rooms, people, words := anyOf(rng, 1, 3, 400), anyOf(rng, 5, 2000), anyOf(rng, 4, 300, 70_000)
	text := func(of string, n int) string {
		return fmt.Sprintf("%s%s-%d", of, strings.Repeat("x", n%19), rng.IntN(n))
	}
	start, out := start.Add(time.Duration(rng.IntN(1000))*time.Hour), make([]live.Entry, n)
	room := 0
	for i := range out {
		if rng.IntN(anyOf(rng, 2, 50)) == 0 {
			room = rng.IntN(rooms)
		}
		who := anyOf(rng, "", text("p", people), text("p", people))
		e := live.Event{
			Kind: anyOf(rng, kinds...), ID: live.EventID(anyOf(rng, text("e", 1000), anyUUID(rng), strings.ToUpper(anyUUID(rng)), "")),
			Merchant: live.MerchantID(fmt.Sprint("m", room%7)), Room: live.RoomID(fmt.Sprint("r", room)), Show: live.ShowID(anyOf(rng, "", fmt.Sprint("s", room), fmt.Sprint("s", room))),
			Person: live.PersonID(who), Source: anyOf(rng, "ws:"+who, "ws:"+who, "ws:other", "system", "shop", ""),
			Actor:   live.Actor{ID: anyOf(rng, who, who, "staff"), Name: anyOf(rng, "", "小李"), Role: anyOf(rng, live.RoleViewer, live.RoleViewer, live.RoleSystem, live.RoleAgent, live.RoleIntegration)},
			Channel: anyOf(rng, "", text("c", words)), Campaign: anyOf(rng, "", "", text("k", words)), Stage: anyOf(rng, "", "", live.StageNurture, "none"),
			Rehearsal: rng.IntN(9) == 0, ReceivedAt: start.Add(time.Duration(i) * time.Millisecond),
		}
		if rng.IntN(4) > 0 {
			e.OccurredAt = e.ReceivedAt.Add(-time.Duration(rng.IntN(3000)) * time.Millisecond)
		}
		e.Data = json.RawMessage(anyData(rng, e.Kind, text("product", words)))
		out[i] = live.Entry{Position: live.Position{Seq: uint64(i/5 + 1), Index: uint32(i % 5)}, Event: e}
	}
	return out
}

// anyUUID is one, mostly of the variant that is usual.
func anyUUID(rng *rand.Rand) string {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(rng.Uint32())
	}
	if rng.IntN(4) > 0 {
		id[8] = id[8]&0x3f | 0x80
	}
	return id.String()
}

// anyData is what a fact may say, as it is written here and as others write it.
func anyData(rng *rand.Rand, k live.Kind, product string) string {
	if live.OrderFactKind(k) {
		return orderData(rng)
	}
	return anyOf(rng, "", "{}", `{"visible":true,"watched_ms":30000}`, `{ "visible" : true , "watched_ms" : -1 }`, `{"count":3}`, `{"count":1e2}`, `{"Count":4}`, `{"count":5,"streak_id":"s"}`,
		`{"count":5,"streak_id":"s","streak_end":true}`, `{"text":"多少钱？"}`, `{"text":"a\nb","product_id":"p"}`, `{"text":"`+strings.Repeat("long ", 30)+`"}`, `[]`, `{"count":`,
		fmt.Sprintf(`{"product_id":%q,"sku_id":"%s-M","qty":%d}`, product, product, rng.IntN(4)), fmt.Sprintf(`{"product_id":%q,"surface":"pin_card","referrer":"p-1"}`, product),
		`{"agent_id":"a","agent_name":"小张","group_id":"g","group_name":"群\u4e00","host_id":"h","entry_id":"n","cost_minor":120,"cost_currency":"CNY"}`, `{"transactional":true}`)
}

// orderData is what an order event says, mostly as the store writes it.
func orderData(rng *rand.Rand) string {
	rows := make([]live.Delta, rng.IntN(4))
	for i := range rows {
		d := &rows[i]
		d.Ver, d.Line, d.Show, d.Person = rng.Uint32N(5), anyOf(rng, "", "l1", "l2"), live.ShowID(anyOf(rng, "", "s1", "s2")), live.PersonID(anyOf(rng, "", "p", fmt.Sprint("p", rng.IntN(1000))))
		d.Room, d.Product, d.SKU = live.RoomID(anyOf(rng, "", "r")), live.ProductID(anyOf(rng, "", "x", "产品")), live.SKUID(anyOf(rng, "", "x-M"))
		d.Currency, d.Orders, d.PaidMinor, d.RefundPreShip = live.Currency(anyOf(rng, "", "CNY", "USD")), rng.Int64N(3)-1, rng.Int64()-rng.Int64(), rng.Int64N(2)
		if rng.IntN(2) == 0 {
			d.PaidAt = start.Add(time.Duration(rng.IntN(3)) * time.Hour)
		}
	}
	deltas := string(live.EncodeDeltas(rows))
	return anyOf(rng, fmt.Sprintf(`{"deltas":%s,"order_id":"o-%d"}`, deltas, rng.IntN(50)), fmt.Sprintf(`{"order_id":"o-%d","text":"why","deltas":%s,"count":2}`, rng.IntN(50), deltas), deltas,
		fmt.Sprintf(`{"deltas":%s,"order_id":"o","product_id":"a\u0062","sku_id":"k"}`, deltas), fmt.Sprintf(`{"deltas":%s, "Order_id":"o"}`, deltas), `{"deltas":[{"ver":"no"}],"count":7}`,
		`{"order_id":"o","product_id":"p","deltas":[{"ver":1,"paid_at":"2026-01-02T03:04:05+08:00","orders":1,"new":[1]},null]}`, `{"text":"no rows"}`, "{}", "broken")
}

// plainEvent are the columns of an event as they are told, each by itself and by
// encoding/json.
func plainEvent(en *live.Entry) map[string]any {
	e := &en.Event
	var d factsJSON
	if json.Unmarshal(e.Data, &d) != nil {
		d = factsJSON{}
	}
	row := map[string]any{
		"merchant_id": e.Merchant, "show_id": e.Show, "room_id": e.Room, "kind": e.Kind, "ts": e.ReceivedAt.UnixMilli(), "person_id": e.Person, "actor_id": e.Actor.ID, "actor_role": e.Actor.Role,
		"rehearsal": bit(e.Rehearsal), "source": e.Source, "channel": e.Channel, "campaign": e.Campaign, "stage": e.Stage, "product_id": d.Product, "sku_id": d.SKU, "body": d.Text,
		"props": string(e.Data), "seq": en.Position.Seq, "idx": en.Position.Index,
	}
	if e.Person != "" {
		if e.Actor.Role == live.RoleViewer && e.Actor.ID == string(e.Person) {
			row["actor_id"] = "="
		}
		if e.Source == "ws:"+string(e.Person) {
			row["source"] = "ws:="
		}
	}
	if !e.OccurredAt.IsZero() {
		row["late_ms"] = e.ReceivedAt.UnixMilli() - e.OccurredAt.UnixMilli()
	}
	if !slices.Contains(placedKinds, e.Kind) {
		row["event_id"] = e.ID
		if id, err := uuid.Parse(string(e.ID)); err == nil && id.Variant() == uuid.RFC4122 && id.String() == string(e.ID) {
			var high, low uint64
			for i := range 8 {
				high, low = high<<8|uint64(id[i]), low<<8|uint64(id[8+i])
			}
			row["event_id"], row["uuid_high"], row["uuid_low"] = "", int64(high)-e.ReceivedAt.UnixMilli()<<16, low
		}
	}
	switch e.Kind {
	case live.Liked:
		row["num"] = d.Count
	case live.CartItemAdded:
		row["num"] = d.Qty
	case live.WatchHeartbeat:
		if d.Visible {
			row["num"] = max(d.Watched, 0)
		}
	case live.GiftSent:
		if d.Streak == "" || d.StreakEnd {
			row["num"] = d.Count
		}
	}
	if live.OrderFactKind(e.Kind) {
		row["props"] = ""
	}
	if t, ok := conversion.TouchOf(*e); ok {
		row["stage"], row["touch"], row["touch_channel"], row["touch_rule"], row["touch_host"], row["touch_agent"] = t.Stage, 1, t.Channel, t.Rule, t.Host, t.Agent
		row["touch_agent_name"], row["touch_group"], row["touch_group_name"], row["touch_entry"] = t.AgentName, t.Group, t.GroupName, t.Entry
		row["touch_referrer"], row["touch_cost_currency"], row["touch_cost"] = t.Referrer, t.CostCurrency, t.Cost
	}
	return row
}

// plainDeltas are the rows of an order event, read by encoding/json.
func plainDeltas(en *live.Entry) (rows []map[string]any) {
	e := &en.Event
	deltas, err := live.DecodeDeltas(e.Data)
	if err != nil {
		return nil
	}
	for i := range deltas {
		d, factAt := &deltas[i], e.OccurredAt
		if factAt.IsZero() {
			factAt = e.ReceivedAt
		}
		row := map[string]any{
			"merchant_id": e.Merchant, "show_id": d.Show, "room_id": d.Room, "order_id": d.Order, "ver": d.Ver, "line_id": d.Line, "person_id": d.Person, "product_id": d.Product, "sku_id": d.SKU,
			"currency": d.Currency, "at": e.ReceivedAt.UnixMilli(), "fact": e.Kind, "fact_at": factAt.UnixMilli(), "rehearsal": bit(e.Rehearsal), "source": e.Source,
			"seq": en.Position.Seq, "idx": en.Position.Index, "n": i,
		}
		if !d.PaidAt.IsZero() {
			row["paid_at"] = d.PaidAt.UnixMilli()
		}
		for j, v := range counts(d) {
			row[countNames[j]] = v
		}
		rows = append(rows, row)
	}
	return rows
}

// TestEncodePlain holds the columns of ranges against what their facts say, told
// plainly. One encoder makes them all, as it does for the sink.
func TestEncodePlain(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	s := newSpan(nil)
	for range 25 {
		entries := anyFacts(rng, anyOf(rng, 1, 700, 3000))
		s.reset()
		want, bad := map[string][]map[string]any{}, 0
		for i := range entries {
			en := &entries[i]
			s.add(en)
			want["events"] = append(want["events"], plainEvent(en))
			if live.OrderFactKind(en.Event.Kind) {
				want["order_deltas"] = append(want["order_deltas"], plainDeltas(en)...)
				if _, err := live.DecodeDeltas(en.Event.Data); err != nil {
					bad++
				}
			}
		}
		if s.bad != bad {
			t.Errorf("%d order events could not be read, want %d", s.bad, bad)
		}
		for _, b := range s.blocks() {
			rows := want[b.table]
			if b.rows != len(rows) {
				t.Fatalf("%d rows of %s, want %d", b.rows, b.table, len(rows))
			}
			if len(rows) > 0 {
				holdPlain(t, map[string]*table{"events": &s.events.table, "order_deltas": &s.deltas.table}[b.table], decoded(t, b), rows)
			}
		}
	}
}

func holdPlain(t *testing.T, of *table, got map[string]proto.ColResult, rows []map[string]any) {
	t.Helper()
	for i := range of.columns {
		name := of.columns[i].name
		for row := range rows {
			is, want := "", ""
			if v, ok := rows[row][name]; ok {
				want = fmt.Sprint(v)
			}
			if got[name] != nil {
				is = shown(got[name], row)
			}
			nothing := func(s string) bool { return s == "" || s == "0" || s == "null" }
			if is != want && !(nothing(is) && nothing(want)) {
				t.Fatalf("%s of row %d of %s is %q, want %q", name, row, of.name, is, want)
			}
		}
	}
	for _, row := range rows[:1] {
		for name := range row {
			if !slices.ContainsFunc(of.columns, func(c named) bool { return c.name == name }) {
				t.Errorf("%s has no column %s", of.name, name)
			}
		}
	}
}
