package live

import "time"

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

	// Memo accounts, each with its mirror: which part of another account is what.
	AccountBalance        Account = "balance" // of paid: what came as the balance of a presale
	AccountOfPaid         Account = "of_paid"
	AccountRefundPreShip  Account = "refunded_pre_ship" // of both refunds: before anything was shipped
	AccountOfRefunded     Account = "of_refunded"
	AccountCommissionBack Account = "commission_reversed" // what commission is less than was accrued
	AccountOfCommission   Account = "of_commission"
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
			{AccountBalance, AccountOfPaid, d.Balance},
			{AccountRefundPreShip, AccountOfRefunded, d.RefundPreShip},
			{AccountCommissionBack, AccountOfCommission, d.CommissionBack},
		} {
			if p.minor != 0 {
				out = append(out, Posting{d, p.debit, p.minor}, Posting{d, p.credit, -p.minor})
			}
		}
	}
	return out
}

// Post adds an amount on an account to the figures that the account carries.
// Mirrors carry none, and neither does anything that is not money.
func (t *LedgerTotal) Post(a Account, minor int64) {
	switch a {
	case AccountSales:
		t.CreatedMinor -= minor
	case AccountPaid:
		t.PaidMinor += minor
	case AccountSubsidy:
		t.SubsidyMinor += minor
	case AccountRefundedGoods:
		t.RefundGoodsMinor += minor
	case AccountRefundedShip:
		t.RefundShipMinor += minor
	case AccountRefundPreShip:
		t.RefundPreShipMinor += minor
	case AccountCancelled:
		t.CancelMinor += minor
	case AccountDeposit:
		t.DepositMinor += minor
	case AccountBalance:
		t.BalanceMinor += minor
	case AccountSettled:
		t.SettledMinor += minor
	case AccountCommission:
		t.CommissionMinor += minor
	case AccountCommissionBack: // The account of commission is less what was reversed.
		t.CommissionMinor += minor
		t.CommissionBackMinor += minor
	case AccountReceivable, AccountSubsidyGranted, AccountOwedToBuyer, AccountDepositOwed, AccountClearing, AccountCommissionDue,
		AccountOfPaid, AccountOfRefunded, AccountOfCommission:
	}
}

// PostedTotal is what the ledger's entries of one order in one currency sum to:
// all of them, or those of one instant. Only its money is filled in.
type PostedTotal struct {
	Order OrderID
	At    time.Time // on the axis asked for; zero: of all instants
	LedgerTotal
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
