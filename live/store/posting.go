package store

import (
	"fmt"
	"time"

	"showrunner/live"
)

const postingColumns = `merchant_id, order_id, ver, n, seq, line_id, show_id, currency, account, amount_minor,
	fact, fact_id, recorded_at, fact_at, paid_at`

// appendPostings adds the values of the ledger's rows for what a fact changed.
// seq is the place of the fact's event in the outbox, now the transaction's time.
func appendPostings(args []any, m live.MerchantID, f *live.OrderFact, deltas []live.Delta, seq int64, now time.Time) []any {
	for n, p := range live.Postings(deltas) {
		d := p.Delta
		args = append(args, string(m), string(d.Order), int64(d.Ver), n, seq, d.Line, string(d.Show), string(d.Currency),
			string(p.Account), p.Minor, string(f.Kind), f.ID, ms(now), ms(f.At), ms(d.PaidAt))
	}
	return args
}

var postingRow = table(`ledger_entries`, postingColumns)

// post writes rows of the ledger, in the transaction that keeps their facts.
func (t *tx) post(args []any) error {
	if err := t.insert(postingRow, args); err != nil {
		return fmt.Errorf("post to the ledger: %w", err)
	}
	return nil
}
