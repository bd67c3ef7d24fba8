package live_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

// entry is where a posting stands.
type entry struct {
	line     string
	currency live.Currency
	account  live.Account
}

// balances posts the deltas of an arrival one fact at a time, checking that
// every posting balances.
func balances(t *rapid.T, facts []live.OrderFact) map[entry]int64 {
	out := map[entry]int64{}
	var last live.Order
	for i := range facts {
		next := live.FoldOrder("m", "o", facts[:i+1])
		type pair struct {
			line     string
			currency live.Currency
		}
		sums := map[pair]int64{}
		for _, p := range live.Postings(live.Deltas(last, next)) {
			sums[pair{p.Delta.Line, p.Delta.Currency}] += p.Minor
			e := entry{p.Delta.Line, p.Delta.Currency, p.Account}
			if out[e] += p.Minor; out[e] == 0 {
				delete(out, e)
			}
		}
		for at, sum := range sums {
			if sum != 0 {
				t.Fatalf("the postings of line %q in %s sum to %d", at.line, at.currency, sum)
			}
		}
		last = next
	}
	return out
}

// Every permutation and repetition of the facts ends in the same ledger, each
// posting of it balances, and its lines sum to the order.
func TestLedgerIsAFunctionOfTheSet(t *testing.T) {
	cases(t, 3000, func(t *rapid.T) {
		facts := rapid.SliceOfN(factGen(), 1, 12).Draw(t, "facts")
		want := balances(t, facts)
		for range 3 {
			if diff := cmp.Diff(want, balances(t, shuffled(t, facts))); diff != "" {
				t.Fatalf("another arrival makes another ledger (-want +got):\n%s", diff)
			}
		}
		o := live.FoldOrder("m", "o", facts)
		for i := range o.Lines {
			l := &o.Lines[i]
			of := func(accounts ...live.Account) (sum int64) {
				for _, a := range accounts {
					sum += want[entry{l.ID, o.Currency, a}]
				}
				return sum
			}
			for name, c := range map[string]struct{ ledger, fold int64 }{
				"paid":       {of(live.AccountPaid), l.Paid},
				"created":    {-of(live.AccountSales), l.Created},
				"receivable": {of(live.AccountReceivable), l.Created - l.Paid},
				"net":        {of(live.AccountPaid) - of(live.AccountRefundedGoods, live.AccountRefundedShip, live.AccountCancelled), l.Net()},
				"settled":    {of(live.AccountSettled), l.Settled},
				"deposit":    {of(live.AccountDeposit), l.Deposit},
				"commission": {of(live.AccountCommission), l.Commission - l.CommissionBack},
			} {
				if c.ledger != c.fold {
					t.Fatalf("line %q: %s is %d in the ledger and %d in the order", l.ID, name, c.ledger, c.fold)
				}
			}
		}
	})
}
