package live

// Account is one side of a posting. Debits are positive, credits negative.
type Account string

// Accounts of an order line. Those that carry a figure of the dictionary have
// its sign; their mirrors have the other.
const (
	AccountReceivable     Account = "receivable"        // asked for and not paid
	AccountSales          Account = "sales"             // what was ordered: the mirror of gmv_created
	AccountPaid           Account = "paid"              // gmv_paid
	AccountSubsidy        Account = "subsidy"           // what the platform pays for the buyer
	AccountSubsidyGranted Account = "subsidy_granted"   // its mirror
	AccountRefundedGoods  Account = "refunded_goods"    // given back for goods
	AccountRefundedShip   Account = "refunded_shipping" // given back for shipping
	AccountCancelled      Account = "cancelled"         // paid, and the order then cancelled
	AccountOwedToBuyer    Account = "owed_to_buyer"     // the mirror of refunds and cancellations
	AccountDeposit        Account = "deposit"           // presale money of orders not paid in full
	AccountDepositOwed    Account = "deposit_owed"      // its mirror
	AccountSettled        Account = "settled"           // gmv_settled
	AccountClearing       Account = "clearing"          // the mirror of settled: the platform's hand
	AccountCommission     Account = "commission"        // accrued less reversed
	AccountCommissionDue  Account = "commission_due"    // its mirror
)

// Posting is one row of the ledger: an amount on one account of one order line.
// The postings of one delta sum to zero.
type Posting struct {
	Delta   *Delta // whose line, show, currency and time of payment it has
	Account Account
	Minor   int64
}

// Postings books deltas by double entry: each amount is debited to one account
// and credited to another, within the same order line and currency. A delta
// that takes something back books the same pair with the opposite sign.
func Postings(deltas []Delta) []Posting {
	var out []Posting
	for i := range deltas {
		d := &deltas[i]
		for _, p := range []struct {
			debit, credit Account
			minor         int64
		}{
			{AccountReceivable, AccountSales, d.Created},
			{AccountPaid, AccountReceivable, d.PaidMinor},
			{AccountSubsidy, AccountSubsidyGranted, d.Subsidy},
			{AccountRefundedGoods, AccountOwedToBuyer, d.RefundGoods},
			{AccountRefundedShip, AccountOwedToBuyer, d.RefundShip},
			{AccountCancelled, AccountOwedToBuyer, d.CancelledPaid},
			{AccountDeposit, AccountDepositOwed, d.Deposit},
			{AccountSettled, AccountClearing, d.Settled},
			{AccountCommission, AccountCommissionDue, d.Commission},
			{AccountCommission, AccountCommissionDue, -d.CommissionBack},
		} {
			if p.minor != 0 {
				out = append(out, Posting{d, p.debit, p.minor}, Posting{d, p.credit, -p.minor})
			}
		}
	}
	return out
}

// Balance is one account of a show in one currency.
type Balance struct {
	Currency Currency
	Account  Account
	Minor    int64
}

// LedgerWindow is the money of the orders of a show that were paid within a
// window. Refunds, cancellations and settlements are those of these orders,
// whenever they happened: the pay-date axis. RefundByEventDate is the other
// axis: what went back within the window, whenever it had been paid.
type LedgerWindow struct {
	Currency                                 Currency
	Paid, RefundGoods, RefundShip, Cancelled int64
	Settled, Commission/* less its reversal */ int64
	RefundByEventDate int64
}

// Net is what the merchant keeps of it.
func (w *LedgerWindow) Net() int64 { return w.Paid - w.RefundGoods - w.RefundShip - w.Cancelled }

// LedgerDays are the windows of a show: days after its end.
var LedgerDays = []int{0, 1, 3, 7, 15, 30}
