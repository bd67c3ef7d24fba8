package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// shopModel is the stock of one SKU as a few numbers and lists: what the store
// must come to, without a database, a group or a statement.
type shopModel struct {
	now                                          time.Time
	over, freed                                  bool // freed: the line is served at the end of the act
	released, reserved, sold, withheld, returned int64
	sale                                         *modelSale // the open one
	sales                                        []*modelSale
	line                                         []*modelPlace
	orders                                       []*modelOrder
}

type modelSale struct {
	qty, reserved, sold int64
	running, soldOut    bool
	ends                time.Time
}

type modelPlace struct {
	person  string
	qty     int64
	offered bool
	sale    *modelSale
	expires time.Time
}

type modelOrder struct {
	id           live.OrderID
	person, name string
	qty, total   int64
	state        live.OrderState
	cancel       live.CancelType
	held         string
	sale         *modelSale
	expires      time.Time
	paid         bool
}

const (
	modelTTL   = 15 * time.Minute
	modelOffer = 5 * time.Minute
)

func (m *shopModel) left() int64 { return m.released - m.reserved - m.sold }

func (f *modelSale) left() int64 { return f.qty - f.reserved - f.sold }

// orderable is what may be ordered now, and in which sale.
func (m *shopModel) orderable() (*modelSale, int64) {
	if m.sale != nil && !m.sale.ends.After(m.now) {
		m.endSale()
	}
	if m.sale == nil {
		return nil, m.left()
	}
	return m.sale, min(m.left(), m.sale.left())
}

func (m *shopModel) endSale() { m.sale.running, m.sale, m.freed = false, nil, true }

// count moves units of a sale. It ends when all of them are sold.
func (m *shopModel) count(f *modelSale, reserved, sold int64) {
	if f == nil {
		return
	}
	f.reserved += reserved
	f.sold += sold
	if !f.running || f.left() > 0 {
		return
	}
	if f.soldOut = true; f.reserved == 0 {
		m.endSale()
	}
}

// release gives reserved units back.
func (m *shopModel) release(qty int64, f *modelSale) {
	m.reserved -= qty
	m.count(f, -qty, 0)
	if m.over {
		m.released -= qty
		m.returned += qty
	}
	m.freed = true
}

// serve offers what came free down the line.
func (m *shopModel) serve() {
	for freed := m.freed; freed && !m.over; {
		i := slices.IndexFunc(m.line, func(p *modelPlace) bool { return !p.offered })
		if i < 0 {
			break
		}
		f, left := m.orderable()
		if left <= 0 {
			break
		}
		p := m.line[i]
		p.qty, p.offered, p.sale, p.expires = min(p.qty, left), true, f, m.now.Add(modelOffer)
		m.reserved += p.qty
		m.count(f, p.qty, 0)
	}
	m.freed = false
}

func (m *shopModel) order(person, name string, qty int64) (o *modelOrder, code string) {
	for _, o := range m.orders {
		if o.person == person && o.name == name {
			return o, ""
		}
	}
	if m.over {
		return nil, "show_not_live"
	}
	var offer modelPlace
	at := slices.IndexFunc(m.line, func(p *modelPlace) bool { return p.person == person && p.offered && p.expires.After(m.now) })
	if at >= 0 {
		offer = *m.line[at]
	}
	if m.left()+offer.qty < qty {
		return nil, "out_of_stock"
	}
	price := int64(1990)
	if m.sale != nil {
		left := m.sale.left()
		if price = 900; offer.sale == m.sale {
			left += offer.qty
		}
		if left < qty {
			return nil, "out_of_stock"
		}
	}
	if at >= 0 {
		m.line = slices.Delete(m.line, at, at+1)
		m.release(offer.qty, offer.sale)
	}
	m.reserved += qty
	m.count(m.sale, qty, 0)
	o = &modelOrder{person: person, name: name, qty: qty, total: price * qty, state: live.OrderUnpaid, held: heldReserved, sale: m.sale, expires: m.now.Add(modelTTL)}
	m.orders = append(m.orders, o)
	return o, ""
}

// pay takes money for an order, also one that timed out: its units are taken
// again if they are there.
func (m *shopModel) pay(o *modelOrder) {
	o.paid = true
	switch {
	case o.state == live.OrderUnpaid:
		o.state, o.held = live.OrderStatePaid, heldSold
		m.reserved -= o.qty
		m.sold += o.qty
		m.count(o.sale, -o.qty, o.qty)
	case o.cancel == live.CancelTimeout:
		switch {
		case o.sale != nil && o.sale.left() < o.qty:
			return
		case m.left() >= o.qty:
		case m.returned >= o.qty:
			m.returned -= o.qty
			m.released += o.qty
		default:
			return
		}
		o.held = heldSold
		m.sold += o.qty
		m.count(o.sale, 0, o.qty)
	}
}

func (m *shopModel) drop(o *modelOrder, why live.CancelType) {
	o.state, o.cancel, o.held = live.OrderStateCanceled, why, heldNone
	m.release(o.qty, o.sale)
}

func (m *shopModel) join(person string, qty int64) (code string) {
	if slices.ContainsFunc(m.line, func(p *modelPlace) bool { return p.person == person }) {
		return ""
	}
	if m.over {
		return "show_not_live"
	}
	if _, left := m.orderable(); left > 0 {
		return "in_stock"
	}
	m.line = append(m.line, &modelPlace{person: person, qty: qty})
	return ""
}

// pass lets time go by and does what it brings.
func (m *shopModel) pass(d time.Duration) {
	m.now = m.now.Add(d)
	for _, o := range m.orders {
		if o.state == live.OrderUnpaid && !o.expires.After(m.now) {
			m.drop(o, live.CancelTimeout)
		}
	}
	m.serve()
	if m.sale != nil && !m.sale.ends.After(m.now) {
		m.endSale()
	}
	m.serve()
	m.line = slices.DeleteFunc(m.line, func(p *modelPlace) bool {
		if !p.offered || p.expires.After(m.now) {
			return false
		}
		m.release(p.qty, p.sale)
		return true
	})
	m.serve()
}

func (m *shopModel) end() {
	for _, p := range m.line {
		if p.offered {
			m.release(p.qty, p.sale)
		}
	}
	m.line = nil
	if m.sale != nil {
		m.endSale()
	}
	m.returned += m.left() + m.withheld
	m.released, m.withheld, m.over = m.reserved+m.sold, 0, true
}

func (m *shopModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "released %d reserved %d sold %d withheld %d returned %d\n", m.released, m.reserved, m.sold, m.withheld, m.returned)
	for _, f := range m.sales {
		fmt.Fprintf(&b, "sale reserved %d sold %d running %t\n", f.reserved, f.sold, f.running)
	}
	for _, p := range m.line {
		fmt.Fprintf(&b, "place %s %d %t\n", p.person, p.qty, p.offered)
	}
	for _, o := range slices.SortedFunc(slices.Values(m.orders), func(a, b *modelOrder) int { return strings.Compare(string(a.id), string(b.id)) }) {
		fmt.Fprintf(&b, "order %s %d %s %s\n", o.id, o.qty, o.state, o.held)
	}
	return b.String()
}

// stockInStore is what the database has, in the words of shopModel.String.
func stockInStore(t *testing.T, s *Store) string {
	t.Helper()
	it := item(t, s, "a")
	var b strings.Builder
	fmt.Fprintf(&b, "released %d reserved %d sold %d withheld %d returned %d\n", it.Released, it.Reserved, it.Sold, it.Withheld, it.Returned)
	list := func(query, format string, columns int) {
		rows, err := s.reader(t.Context()).query(query)
		_, err = collect(rows, err, func(r scanner) (struct{}, error) {
			values := make([]any, columns)
			for i := range values {
				values[i] = new(string)
			}
			err := r.Scan(values...)
			for i := range values {
				values[i] = *values[i].(*string)
			}
			fmt.Fprintf(&b, format, values...)
			return struct{}{}, err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	list(`SELECT reserved, sold, CASE WHEN state = 'running' THEN 'true' ELSE 'false' END FROM flash_sales ORDER BY starts_at, sale_id`, "sale reserved %s sold %s running %s\n", 3)
	list(`SELECT person_id, qty, CASE WHEN state = 'offered' THEN 'true' ELSE 'false' END FROM waitlist ORDER BY place`, "place %s %s %s\n", 3)
	list(`SELECT o.order_id, l.qty, o.state, l.held FROM orders o JOIN order_lines l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id
		ORDER BY o.order_id`+s.dialect.bytewise, "order %s %s %s %s\n", 4)
	return b.String()
}

// Whatever happens in whatever order, and whenever the store is closed and
// opened again: the stock, the sales, the line and the orders are what the
// model says, and each order is told once, without a gap.
func TestStockAgainstModel(t *testing.T) {
	runs := 12
	if testing.Short() || onPostgres() {
		runs = 3
	}
	for seed := range runs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { playStock(t, uint64(seed)) })
	}
}

func playStock(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	c := newClock()
	path := filepath.Join(t.TempDir(), "state.db")
	opened := func() *Store {
		s, err := Open(t.Context(), config(t, path, c.now))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := opened()
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	stage(t, s, 6)
	m := &shopModel{now: c.now(), released: 6}
	var log []string
	codeOf := func(err error) string {
		if err == nil {
			return ""
		}
		if e, ok := errors.AsType[*live.Error](err); ok {
			return e.Code
		}
		t.Fatalf("%v after\n%s", err, strings.Join(log, "\n"))
		return ""
	}
	agree := func(what string, err error, code string) {
		t.Helper()
		if got := codeOf(err); got != code {
			t.Fatalf("%s was answered %q, the model says %q, after\n%s", what, got, code, strings.Join(log, "\n"))
		}
	}
	pass := func(d time.Duration) {
		c.add(d)
		if _, err := s.expireOrders(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.turnSales(t.Context()), s.expireOffers(t.Context())); err != nil {
			t.Fatal(err)
		}
		m.pass(d)
	}
	who := func() string { return fmt.Sprint("v", rnd.IntN(6)) }
	some := func(pick func(*modelOrder) bool) *modelOrder {
		var fit []*modelOrder
		for _, o := range m.orders {
			if pick(o) {
				fit = append(fit, o)
			}
		}
		if len(fit) == 0 {
			return nil
		}
		return fit[rnd.IntN(len(fit))]
	}
	for n := range 120 {
		pass(time.Millisecond)
		qty := 1 + rnd.Int64N(3)
		switch act := rnd.IntN(100); {
		case act < 40:
			var wishes []live.PlaceOrder
			for i := range 1 + rnd.IntN(4) {
				person, name := who(), fmt.Sprint("c", n, "-", i)
				if o := some(func(*modelOrder) bool { return true }); o != nil && rnd.IntN(6) == 0 {
					person, name = o.person, o.name
				}
				wishes = append(wishes, wish(person, name, live.WantedLine{SKU: "a", Qty: 1 + rnd.Int64N(3)}))
				log = append(log, fmt.Sprintf("order %s %s %d", person, name, wishes[i].Lines[0].Qty))
			}
			placed, errs := together(t, s, wishes...)
			for i, w := range wishes {
				o, code := m.order(w.Buyer.Subject, w.ClientID, w.Lines[0].Qty)
				agree(fmt.Sprint("order ", i), errs[i], code)
				if o == nil {
					continue
				}
				if o.id == "" {
					o.id = placed[i].ID
				}
				if placed[i].ID != o.id || placed[i].Total != o.total {
					t.Fatalf("order %d is %+v, the model says %+v, after\n%s", i, placed[i], o, strings.Join(log, "\n"))
				}
			}
		case act < 55:
			if o := some(func(o *modelOrder) bool { return !o.paid }); o != nil {
				log = append(log, "pay "+string(o.id))
				_, err := s.ApplyFacts(t.Context(), "m1", []Fact{said{o.id, c.now()}.paid("p", 0, o.total)}, c.now())
				m.pay(o)
				agree("pay", err, "")
			}
		case act < 65:
			if o := some(func(*modelOrder) bool { return true }); o != nil {
				log = append(log, "cancel "+string(o.id))
				_, err := s.CancelOrder(t.Context(), "m1", o.id, viewer(o.person), c.now())
				switch {
				case o.state == live.OrderUnpaid:
					m.drop(o, live.CancelUser)
					agree("cancel", err, "")
				case o.cancel == live.CancelUser:
					agree("cancel", err, "")
				default:
					agree("cancel", err, "wrong_state")
				}
			}
		case act < 75:
			person := who()
			log = append(log, fmt.Sprintf("join %s %d", person, qty))
			_, err := s.JoinWaitlist(t.Context(), live.JoinWaitlist{Room: "r1", SKU: "a", Qty: qty, Person: viewer(person)})
			agree("join", err, m.join(person, qty))
		case act < 81:
			log = append(log, fmt.Sprint("release ", qty))
			_, err := s.Execute(t.Context(), command(live.ReleaseStock, fmt.Sprint("r", n), fmt.Sprintf(`{"sku_id":"a","qty":%d,"extend":true}`, qty)))
			if codeOf(err) == "" {
				m.released, m.withheld, m.freed = m.released+qty, max(0, m.withheld-qty), true
			} else if !m.over {
				agree("release", err, "")
			}
		case act < 85:
			log = append(log, fmt.Sprint("hold ", qty))
			_, err := s.Execute(t.Context(), command(live.HoldStock, fmt.Sprint("h", n), fmt.Sprintf(`{"sku_id":"a","qty":%d}`, qty)))
			switch {
			case m.over:
			case m.left() < qty:
				agree("hold", err, "stock_in_use")
			default:
				agree("hold", err, "")
				m.released, m.withheld, m.freed = m.released-qty, m.withheld+qty, true
			}
		case act < 90:
			log = append(log, fmt.Sprint("flash sale of ", qty))
			_, err := s.Execute(t.Context(), command(live.StartFlash, fmt.Sprint("f", n), fmt.Sprintf(`{"sku_id":"a","price_minor":900,"qty":%d,"duration_s":240}`, qty)))
			switch {
			case m.over:
			case m.sale != nil:
				agree("flash sale", err, "flash_sale_running")
			case m.left() < qty:
				agree("flash sale", err, "out_of_stock")
			default:
				agree("flash sale", err, "")
				m.sale = &modelSale{qty: qty, running: true, ends: m.now.Add(4 * time.Minute)}
				m.sales = append(m.sales, m.sale)
			}
		case act < 96:
			d := time.Duration(1+rnd.IntN(8)) * time.Minute
			log = append(log, fmt.Sprint("pass ", d))
			pass(d)
		case act < 99 || n < 80:
			log = append(log, "reopen")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = opened()
		case !m.over:
			log = append(log, "end")
			do(t, s, live.EndShow, "end", `{}`)
			m.end()
		}
		m.serve()
		if got, want := stockInStore(t, s), m.String(); got != want {
			t.Fatalf("the store has\n%s\nthe model says\n%s\nafter\n%s", got, want, strings.Join(log, "\n"))
		}
	}
	wantStockHeld(t, s)
	told := map[live.EventID]int{}
	rows, err := s.Outbox(t.Context(), 0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range rows {
		if o.ID != int64(i+1) {
			t.Fatalf("event %d of the outbox has id %d", i+1, o.ID)
		}
		if o.Event.Kind == live.OrderCreated {
			told[o.Event.ID]++
		}
	}
	for _, o := range m.orders {
		if n := told[live.EventID(o.id)+":order_created"]; n != 1 {
			t.Errorf("order %s was told %d times", o.id, n)
		}
	}
	if len(told) != len(m.orders) || len(m.orders) < 5 {
		t.Errorf("%d orders were told, %d placed", len(told), len(m.orders))
	}
}
