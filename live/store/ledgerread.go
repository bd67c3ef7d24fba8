package store

import (
	"context"
	"fmt"
	"time"

	"showrunner/live"
)

// Balances sums the ledger of a show by currency and account: as of an instant,
// by what was recorded until then. Accounts that stand at zero are left out.
func (s *Store) Balances(ctx context.Context, m live.MerchantID, show live.ShowID, asOf time.Time) ([]live.Balance, error) {
	rows, err := s.reader(ctx).query(`SELECT currency, account, SUM(amount_minor) FROM ledger_entries
		WHERE merchant_id = ? AND show_id = ? AND recorded_at <= ? GROUP BY currency, account HAVING SUM(amount_minor) <> 0
		ORDER BY currency, account`, string(m), string(show), ms(asOf))
	out, err := collect(rows, err, func(r scanner) (b live.Balance, err error) { return b, r.Scan(&b.Currency, &b.Account, &b.Minor) })
	if err != nil {
		return nil, fmt.Errorf("sum the ledger: %w", err)
	}
	return out, nil
}

// LedgerWindow sums the ledger of a show over the orders paid until an instant,
// and beside it what went back until that instant whenever it was paid. Both are
// as of an instant; one row a currency.
func (s *Store) LedgerWindow(ctx context.Context, m live.MerchantID, show live.ShowID, until, asOf time.Time) ([]live.LedgerWindow, error) {
	inPaid := func(account live.Account) string {
		return `SUM(CASE WHEN account = '` + string(account) + `' AND paid_at <> 0 AND paid_at <= ? THEN amount_minor ELSE 0 END)`
	}
	byEvent := `SUM(CASE WHEN account IN ('` + string(live.AccountRefundedGoods) + `', '` + string(live.AccountRefundedShip) + `') AND fact_at <= ? THEN amount_minor ELSE 0 END)`
	u := ms(until)
	rows, err := s.reader(ctx).query(`SELECT currency, `+inPaid(live.AccountPaid)+`, `+inPaid(live.AccountRefundedGoods)+`, `+inPaid(live.AccountRefundedShip)+`,
		`+inPaid(live.AccountCancelled)+`, `+inPaid(live.AccountSettled)+`, `+inPaid(live.AccountCommission)+`, `+byEvent+` FROM ledger_entries
		WHERE merchant_id = ? AND show_id = ? AND recorded_at <= ? GROUP BY currency ORDER BY currency`,
		u, u, u, u, u, u, u, string(m), string(show), ms(asOf))
	out, err := collect(rows, err, func(r scanner) (w live.LedgerWindow, err error) {
		return w, r.Scan(&w.Currency, &w.Paid, &w.RefundGoods, &w.RefundShip, &w.Cancelled, &w.Settled, &w.Commission, &w.RefundByEventDate)
	})
	if err != nil {
		return nil, fmt.Errorf("sum the ledger: %w", err)
	}
	return out, nil
}
