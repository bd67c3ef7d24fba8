package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// memoryLog is a log in memory with the contract of eventlog.
type memoryLog struct {
	mu      sync.Mutex
	entries []live.Entry
	next    live.Position
	note    []byte
	commits int
	lose    error // what the next commits answer
}

func newMemoryLog(entries []live.Entry) *memoryLog {
	return &memoryLog{entries: entries, next: live.Position{Seq: 1}}
}

func (l *memoryLog) Epoch() string { return "e1" }

// reader follows a memoryLog; a new one goes on at the checkpoint.
type reader struct {
	*memoryLog
	at int
}

func (l *memoryLog) reader() *reader {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := &reader{memoryLog: l}
	for r.at < len(l.entries) && l.entries[r.at].Position.Less(l.next) {
		r.at++
	}
	return r
}

func (r *reader) Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error) {
	r.mu.Lock()
	out := slices.Clone(r.entries[r.at:min(r.at+limit, len(r.entries))])
	r.at += len(out)
	r.mu.Unlock()
	if len(out) > 0 {
		return out, nil
	}
	return nil, sleep(ctx, wait)
}

func (r *reader) Position() live.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at < len(r.entries) {
		return r.entries[r.at].Position
	}
	return live.Position{Seq: r.entries[len(r.entries)-1].Position.Seq + 1}
}

func (r *reader) Checkpoint() (live.Position, []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next, r.note
}

func (r *reader) Commit(_ context.Context, next live.Position, note []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.commits++
	if r.lose != nil {
		return r.lose
	}
	if next.Less(r.next) {
		return errors.New("a commit went back")
	}
	if r.at < len(r.entries) && r.entries[r.at].Position.Less(next) {
		return errors.New("a commit went beyond what was read")
	}
	r.next, r.note = next, slices.Clone(note)
	return nil
}

// world invents the facts of a few shows of two merchants.
type world struct {
	rng     *rand.Rand
	now     time.Time
	entries []live.Entry
	seq     uint64
	idx     uint32
	ids     int
	orders  map[live.OrderID]*bookOrder
	names   []live.OrderID
	shows   []live.Show
}

type bookOrder struct {
	merchant live.MerchantID
	facts    []live.OrderFact
	order    live.Order
}

var (
	// start is late on the last evening of a year: shows cross midnight, a month
	// and a year.
	start      = time.Date(2025, 12, 31, 22, 40, 0, 0, time.UTC)
	currencies = []live.Currency{"CNY", "USD"}
	channels   = []string{"", "group", "private/group", "ads", "direct"}
)

func newWorld(seed uint64) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 7)), now: start, orders: map[live.OrderID]*bookOrder{}, seq: 1}
	for i, m := range []live.MerchantID{"m1", "m1", "m2"} {
		w.shows = append(w.shows, live.Show{
			ID: live.ShowID(fmt.Sprintf("s%d", i+1)), Room: "r1", Merchant: m, Currency: "CNY",
			StartedAt: start.Add(time.Duration(i) * 7 * time.Minute), EndedAt: start.Add(3*time.Hour + 123*time.Millisecond),
		})
	}
	return w
}

func pick[T any](w *world, from []T) T { return from[w.rng.IntN(len(from))] }

func (w *world) append(e live.Event) {
	w.ids++
	if e.ID == "" {
		e.ID = live.EventID(fmt.Sprintf("e%d", w.ids))
	}
	e.ReceivedAt = w.now
	if e.OccurredAt.IsZero() {
		e.OccurredAt = w.now.Add(-time.Duration(w.rng.IntN(3000)) * time.Millisecond)
	}
	w.entries = append(w.entries, live.Entry{Position: live.Position{Seq: w.seq, Index: w.idx}, Event: e})
	if w.idx++; w.rng.IntN(5) == 0 {
		w.seq, w.idx = w.seq+1, 0
	}
}

// step moves the clock, often not at all, and states one fact.
func (w *world) step() {
	switch w.rng.IntN(400) {
	case 0:
		w.now = w.now.Add(30 * time.Minute) // exactly the gap that is none yet
	case 1:
		w.now = w.now.Add(30*time.Minute + time.Millisecond)
	case 2:
		w.now = w.now.Add(24 * time.Hour)
	default:
		if w.rng.IntN(2) == 0 {
			w.now = w.now.Add(time.Duration(w.rng.IntN(4000)) * time.Millisecond)
		}
	}
	show := pick(w, w.shows)
	switch n := w.rng.IntN(100); {
	case n < 6:
		w.benefit(show)
	case n < 14:
		w.order(show)
	case n < 18:
		w.command(show)
	case n < 24:
		w.moderate(show)
	default:
		w.behave(show)
	}
}

func (w *world) behave(show live.Show) {
	e := live.Event{
		Kind: pick(w, []live.Kind{
			live.RoomExposed, live.RoomEntered, live.RoomEntered, live.WatchHeartbeat, live.WatchHeartbeat, live.WatchHeartbeat, live.RoomLeft,
			live.CommentSent, live.Liked, live.RoomShared, live.Followed, live.Unfollowed, live.ProductExposed, live.ProductClicked,
			live.CartItemAdded, live.CheckoutStarted, live.CouponClaimed, "group_joined", live.CommentSent, live.GiftSent,
		}),
		Source: "ws", Merchant: show.Merchant, Room: show.Room, Show: show.ID, Channel: pick(w, channels),
		Person: w.person(), Actor: live.Actor{Role: live.RoleViewer}, Rehearsal: w.rng.IntN(30) == 0,
	}
	if w.rng.IntN(15) == 0 {
		e.Actor.Role = live.RoleHost
	}
	if w.rng.IntN(20) == 0 {
		e.Show = ""
	}
	e.Actor.ID = string(e.Person)
	data := map[string]any{}
	switch e.Kind {
	case live.CommentSent:
		data["text"] = "多少钱 \"x\" \\ \t'; DROP TABLE events"
		if w.rng.IntN(5) > 0 {
			data["comment_id"] = fmt.Sprintf("c%d", w.rng.IntN(60)) // few, so that some are said twice
		}
	case live.GiftSent:
		data["gift_id"], data["count"], data["value_minor"] = "rose", 1+w.rng.IntN(9), w.rng.IntN(500)
		if w.rng.IntN(3) > 0 {
			data["streak_id"], data["streak_end"] = fmt.Sprintf("x%d", w.rng.IntN(4)), w.rng.IntN(3) == 0
		}
	case live.Liked:
		data["count"] = 1 + w.rng.IntN(40)
	case live.WatchHeartbeat:
		data["visible"] = w.rng.IntN(4) > 0
		data["watched_ms"] = w.rng.IntN(40_000)
		if w.rng.IntN(10) == 0 {
			data["stated_ms"] = w.rng.IntN(50_000)
		}
	case live.ProductExposed, live.ProductClicked, live.CartItemAdded:
		if w.rng.IntN(10) > 0 {
			data["product_id"] = w.product()
		}
		data["sku_id"], data["qty"] = "k1", 2
	}
	e.Data = mustJSON(data)
	w.append(e)
}

// benefit states what became of a coupon, a red packet or a draw.
func (w *world) benefit(show live.Show) {
	e := live.Event{
		Kind: pick(w, analytics.BenefitKinds), Source: live.SourceSystem, Merchant: show.Merchant, Room: show.Room, Show: show.ID,
		Person: w.person(), Actor: live.Actor{Role: pick(w, []live.Role{live.RoleViewer, live.RoleViewer, live.RoleSystem})}, Rehearsal: w.rng.IntN(30) == 0,
		Data: mustJSON(map[string]any{
			"coupon_id": "c1", "currency": pick(w, currencies), "discount_minor": w.rng.IntN(900), "paid_minor": w.rng.IntN(9000),
			"amount_minor": w.rng.IntN(500), "redeemed": w.rng.IntN(2) == 0,
		}),
	}
	w.append(e)
}

func (w *world) person() live.PersonID {
	if w.rng.IntN(25) == 0 {
		return ""
	}
	return live.PersonID(fmt.Sprintf("p%d", w.rng.IntN(25)))
}

func (w *world) product() live.ProductID { return live.ProductID(fmt.Sprintf("g%d", w.rng.IntN(5))) }

func (w *world) command(show live.Show) {
	e := live.Event{
		Source: "system", Merchant: show.Merchant, Room: show.Room, Show: show.ID, Actor: live.Actor{ID: "h", Role: live.RoleHost},
		Kind: pick(w, []live.Kind{
			live.ProductListed, live.ProductPinned, live.ProductUnpinned, live.PriceChanged, live.AnnouncementPublished,
			live.StockReleased, live.StockChanged, live.ShowPaused, live.ShowResumed,
			live.ExplainStarted, live.ExplainStarted, live.ExplainEnded, live.ComplaintOpened, live.ServiceSLABreached, live.AlertRaised, live.AlertCleared, live.AlertAcknowledged,
		}),
	}
	data := map[string]any{"product_id": w.product(), "title": fmt.Sprintf("杯 %d", w.ids)}
	if e.Kind == live.AnnouncementPublished {
		data = map[string]any{"text": fmt.Sprintf("say %d", w.ids)}
	}
	if slices.Contains(analytics.AlertKinds, e.Kind) {
		data = map[string]any{"alert_id": fmt.Sprintf("al%d", w.rng.IntN(9)), "rule": "r", "kind": "sla_breach", "severity": "warning", "evidence": map[string]any{"breaches": w.ids}, "reason": "recovered"}
	}
	e.Data = mustJSON(data)
	w.append(e)
}

// moderate takes comments out of sight and back, says who is on, and who is a bot.
func (w *world) moderate(show live.Show) {
	shift := fmt.Sprintf("h%d", w.rng.IntN(4))
	e := live.Event{
		Source: "system", Merchant: show.Merchant, Room: show.Room, Show: show.ID, Actor: live.Actor{ID: "o", Role: live.RoleOperator},
		Kind: pick(w, []live.Kind{
			live.CommentHidden, live.CommentHidden, live.CommentRestored, live.ViewerMuted, live.ViewerKicked, live.ViewerUnmuted,
			live.BotFlagged, live.BotFlagged, live.BotUnflagged, live.HostShiftStarted, live.HostShiftEnded,
		}),
		Rehearsal: w.rng.IntN(30) == 0,
	}
	switch e.Kind {
	case live.CommentHidden, live.CommentRestored:
		e.Data = mustJSON(map[string]any{"comment_id": fmt.Sprintf("c%d", w.rng.IntN(70))})
	case live.HostShiftStarted, live.HostShiftEnded:
		e.Data = mustJSON(map[string]any{"shift_id": shift, "host_id": "host of " + shift})
	default:
		e.Person = w.person()
		e.Data = mustJSON(map[string]any{"score": 120})
	}
	w.append(e)
}

// order states a fact about a new or an old order, the way the order book does:
// the deltas are the difference of two folds.
func (w *world) order(show live.Show) {
	var b *bookOrder
	var id live.OrderID
	fact := live.OrderFact{At: w.now.Add(-time.Duration(w.rng.IntN(2000)) * time.Millisecond).Truncate(time.Millisecond), Source: "showrunner"}
	if len(w.names) == 0 || w.rng.IntN(3) == 0 {
		id = live.OrderID(fmt.Sprintf("o%d", len(w.names)))
		b = &bookOrder{merchant: show.Merchant}
		w.orders[id], w.names = b, append(w.names, id)
	} else {
		id = pick(w, w.names)
		b = w.orders[id]
	}
	created := slices.ContainsFunc(b.facts, func(f live.OrderFact) bool { return f.Kind == live.OrderCreated })
	fact.Currency = currencies[len(id)%2]
	switch n := w.rng.IntN(14); {
	case !created && n < 11:
		fact.Kind, fact.Show, fact.Room, fact.Person = live.OrderCreated, show.ID, show.Room, w.person()
		if show.Merchant != b.merchant {
			return
		}
		for i := range 1 + w.rng.IntN(3) {
			fact.Lines = append(fact.Lines, live.OrderLine{
				ID: fmt.Sprintf("l%d", i), Product: w.product(), SKU: "k1", Qty: int64(1 + w.rng.IntN(3)),
				Goods: int64(w.rng.IntN(30000)), Discount: int64(w.rng.IntN(500)), Subsidy: int64(w.rng.IntN(300)), Shipping: int64(w.rng.IntN(900)), CommissionBPS: int64(w.rng.IntN(2000)),
			})
		}
	case n < 6:
		fact.Kind, fact.ID, fact.PaidMinor = live.OrderPaid, "pay1", max(b.order.Due(), int64(w.rng.IntN(10000)))
	case n < 9:
		fact.Kind, fact.ID = live.RefundSucceeded, fmt.Sprintf("rf%d", w.rng.IntN(3))
		fact.Refunds = []live.RefundLine{{Line: "l0", Goods: int64(w.rng.IntN(3000)), Shipping: int64(w.rng.IntN(100))}}
	case n < 10:
		fact.Kind = live.OrderCancelled
		fact.CancelType = pick(w, []live.CancelType{live.CancelUser, live.CancelTimeout, live.CancelAllRefunded, live.CancelOversold, live.CancelMerchant, live.CancelRisk})
	case n < 11:
		fact.Kind, fact.ID = live.OrderShipped, "parcel"
	case n < 12:
		fact.Kind, fact.ID, fact.SettledMinor = live.OrderSettled, "st1", int64(w.rng.IntN(20000))
	default:
		fact.Kind, fact.ID, fact.PaidMinor = pick(w, []live.Kind{live.DepositPaid, live.BalancePaid}), "pre", int64(w.rng.IntN(5000))
	}
	if slices.ContainsFunc(b.facts, func(f live.OrderFact) bool { return f.Kind == fact.Kind && f.ID == fact.ID }) {
		return // The book answers duplicate and states nothing.
	}
	b.facts = append(b.facts, fact)
	before := b.order
	b.order = live.FoldOrder(b.merchant, id, b.facts)
	deltas := live.Deltas(before, b.order)
	w.append(live.Event{
		Kind: fact.Kind, Source: "showrunner", ID: live.EventID(fmt.Sprintf("%s:%s:%s", id, fact.Kind, fact.ID)), Merchant: b.merchant,
		Show: b.order.Show, Room: b.order.Room, Person: b.order.Person, Actor: live.Actor{Role: live.RoleSystem}, OccurredAt: fact.At,
		Data: mustJSON(map[string]any{"order_id": id, "deltas": live.EncodeDeltas(deltas)}),
	})
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// play states n facts.
func play(seed uint64, n int) *world {
	w := newWorld(seed)
	for range n {
		w.step()
	}
	return w
}
