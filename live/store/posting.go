package store

import (
	"fmt"

	"showrunner/live"
)

const postingColumns = `merchant_id, order_id, ver, n, seq, line_id, show_id, currency, account, amount_minor,
	fact, fact_id, recorded_at, fact_at, paid_at`

// appendPostings adds the values of the ledger's rows for what a fact changed.
// The event of the fact was emitted just before: both have its place in the outbox.
func (t *tx) appendPostings(args []any, m live.MerchantID, f *live.OrderFact, deltas []live.Delta) []any {
	for n, p := range live.Postings(deltas) {
		d := p.Delta
		args = append(args, string(m), string(d.Order), int64(d.Ver), n, t.outbox, d.Line, string(d.Show), string(d.Currency),
			string(p.Account), p.Minor, string(f.Kind), f.ID, ms(t.now), ms(f.At), ms(d.PaidAt))
	}
	return args
}

// post writes rows of the ledger, in the transaction that keeps their facts.
func (t *tx) post(args []any) error {
	if err := t.insert(`ledger_entries (`+postingColumns+`)`, args); err != nil {
		return fmt.Errorf("post to the ledger: %w", err)
	}
	return nil
}
