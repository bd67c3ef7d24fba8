package live

import "time"

// OrderTotal is what one order adds to the ledger: the fold of its facts as
// sums, with what it is filed under.
type OrderTotal struct {
	Order  OrderID
	Show   ShowID
	Room   RoomID
	Person PersonID
	PaidAt time.Time // zero: not paid
	LedgerTotal
}

// TotalOf sums an order. Buyers is 1 when it is paid and its person is known:
// adding it up over orders counts purchases and not persons.
func TotalOf(o *Order) OrderTotal {
	paid := !o.PaidAt.IsZero()
	t := OrderTotal{Order: o.ID, Show: o.Show, Room: o.Room, Person: o.Person, PaidAt: o.PaidAt, LedgerTotal: LedgerTotal{
		Currency: o.Currency, Orders: count(!o.CreatedAt.IsZero()), Paid: count(paid), Cancelled: count(o.Cancel != ""),
		Refunded: count(o.State == OrderRefunded || o.State == OrderPartRefunded), Buyers: count(paid && o.Person != ""),
	}}
	for i := range o.Lines {
		l := &o.Lines[i]
		t.SKUOrders += count(l.ID != "")
		t.ItemsCreated += l.Qty
		t.CreatedMinor += l.Created
		t.PaidMinor += l.Paid
		t.RefundGoodsMinor += l.RefundGoods
		t.RefundShipMinor += l.RefundShip
		t.CancelMinor += l.CancelledPaid
		t.DepositMinor += l.Deposit
		t.BalanceMinor += l.Balance
		t.SettledMinor += l.Settled
		t.CommissionMinor += l.Commission
		t.CommissionBackMinor += l.CommissionBack
		t.RefundPreShipMinor += l.RefundPreShip
		if paid {
			t.SKUPaid += count(l.ID != "")
			t.ItemsPaid += l.Qty
			t.SubsidyMinor += l.Subsidy
		}
	}
	return t
}

// OrderHistory is every fact of one order with the instant each was taken in.
type OrderHistory struct {
	Merchant MerchantID
	Order    OrderID
	Facts    []ReceivedFact // by Received; facts of one instant in no order of their own
}

// ReceivedFact is a fact of an order and when it was taken in.
type ReceivedFact struct {
	OrderFact
	Received time.Time
}
