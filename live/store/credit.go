package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"showrunner/live"
)

// CreditWrite says of one order by what weights its money is divided from now on.
type CreditWrite struct {
	Merchant live.MerchantID
	Order    live.OrderID
	Cause    live.CreditCause
	// Credit is nil if the weights stay and only the money may have changed.
	Credit *live.OrderCredit
	// Person and PaidAt are of the order as the weights were made for it.
	Person live.PersonID
	PaidAt time.Time
	At     time.Time // when what caused it occurred
}

// CreditBatch is what a stretch of the log made of orders. From is where the
// reader stood and Next where it stands afterwards; if both are the same the
// checkpoint stays.
type CreditBatch struct {
	Reader, Epoch string
	From, Next    live.Position
	Orders        []CreditWrite
}

// maxCreditBatch bounds one call of KeepCredits, so that orders do not wait long.
const maxCreditBatch = 200

// KeepCredits divides the money that each order has at that moment by its
// weights, tells what changed, and moves the reader's checkpoint: all in one
// transaction, so that the credits of an order are its money whatever happens.
// What is already so is not told again. The code "credit_overtaken" means that
// another process moved the checkpoint.
func (s *Store) KeepCredits(ctx context.Context, b CreditBatch) (told int, err error) {
	if len(b.Orders) > maxCreditBatch {
		return 0, live.TooLarge("too_many_credits", "orders", "are %d, at most %d are taken", len(b.Orders), maxCreditBatch)
	}
	err = s.write(ctx, func(t *tx) error {
		told = 0
		if err := t.moveCheckpoint(&b); err != nil {
			return err
		}
		sums := map[creditSum]*live.ShowCredit{}
		for merchant, writes := range byMerchant(b.Orders) {
			ids := make([]live.OrderID, len(writes))
			for i := range writes {
				ids[i] = writes[i].Order
			}
			orders, err := creditedOrders(t, merchant, ids)
			if err != nil {
				return err
			}
			for i := range writes {
				o, ok := orders[writes[i].Order]
				if !ok {
					continue // It is not here.
				}
				n, err := t.keepCredit(&o, &writes[i], sums)
				if err != nil {
					return err
				}
				told += n
			}
		}
		return t.addShowCredits(sums)
	})
	return told, err
}

// creditSum names one row of show_credits.
type creditSum struct {
	merchant live.MerchantID
	show     live.ShowID
	currency live.Currency
}

func byMerchant(writes []CreditWrite) map[live.MerchantID][]CreditWrite {
	out := map[live.MerchantID][]CreditWrite{}
	for _, w := range writes {
		out[w.Merchant] = append(out[w.Merchant], w)
	}
	return out
}

// keepCredit divides one order and tells how often that was news.
func (t *tx) keepCredit(o *live.CreditedOrder, w *CreditWrite, sums map[creditSum]*live.ShowCredit) (told int, err error) {
	before := o.Credited
	next := w.Credit
	switch {
	case next == nil && before == nil, before == nil && o.PaidAt.IsZero():
		return 0, nil
	case next == nil:
		next = &before.OrderCredit
		w.Person, w.PaidAt = before.Person, before.PaidAt
	}
	if o.PaidAt.IsZero() {
		w.PaidAt = time.Time{}
	}
	moved := before != nil && before.CreditHome != o.CreditHome
	if before != nil && !moved && before.Same(next) && before.Value == o.Value && before.PaidAt.IsZero() == o.PaidAt.IsZero() {
		if before.Person == w.Person && before.PaidAt.Equal(w.PaidAt) {
			return 0, nil
		}
		return 0, t.saveCredit(o, w, next, before.Version)
	}
	kind, version := live.OrderAttributed, int64(1)
	change := shareOf(o.CreditHome, next, o.Value, o.PaidAt)
	if before != nil {
		kind, version = live.OrderReattributed, before.Version+1
		was := shareOf(before.CreditHome, &before.OrderCredit, before.Value, before.PaidAt)
		was = negated(was)
		if moved {
			left := *o
			left.CreditHome, left.Value = before.CreditHome, 0
			if err := t.tellCredit(&left, w, &before.OrderCredit, kind, version, &was, sums); err != nil {
				return 0, err
			}
			told, version = 1, version+1
		} else {
			change.Add(&was)
		}
	}
	if err := t.tellCredit(o, w, next, kind, version, &change, sums); err != nil {
		return 0, err
	}
	return told + 1, t.saveCredit(o, w, next, version)
}

// shareOf is what an order of that value adds to the sums of its show. One that
// is not paid is none.
func shareOf(home live.CreditHome, c *live.OrderCredit, value int64, paid time.Time) live.ShowCredit {
	stages, rest := c.Stages(value)
	return live.ShowCredit{Currency: home.Currency, Value: value, Stages: stages, Unattributed: rest, Orders: bit(!paid.IsZero())}
}

func negated(c live.ShowCredit) live.ShowCredit {
	out := live.ShowCredit{Currency: c.Currency, Value: -c.Value, Unattributed: -c.Unattributed, Orders: -c.Orders}
	for i := range c.Stages {
		out.Stages[i] = -c.Stages[i]
	}
	return out
}

func (t *tx) tellCredit(o *live.CreditedOrder, w *CreditWrite, c *live.OrderCredit, kind live.Kind, version int64, change *live.ShowCredit, sums map[creditSum]*live.ShowCredit) error {
	data, err := live.CreditData(o, c, version, w.Cause, change)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	key := creditSum{o.Merchant, o.Show, o.Currency}
	if sums[key] == nil {
		sums[key] = &live.ShowCredit{Currency: o.Currency}
	}
	sums[key].Add(change)
	return t.emit(live.Event{
		ID: live.EventID(t.w.store.ids.next(t.now)), Kind: kind, Source: SourceSystem, Merchant: o.Merchant, Room: o.Room, Show: o.Show,
		Actor: itself.Actor(), Person: o.Person, OccurredAt: w.At, Data: data,
	})
}

// creditBody is what is kept of the weights.
type creditBody struct {
	Parts   []live.CreditPart `json:"parts,omitempty"`
	Of      []int             `json:"of,omitempty"`
	Weights []int64           `json:"weights,omitempty"`
	LeftOut int64             `json:"left_out,omitempty"`
}

var creditUpsert = table(`order_credits`, `merchant_id, order_id, show_id, room_id, currency, person_id, paid_at, value_minor, version,
	model, model_version, window_ms, rules, body, said_at`).or(`ON CONFLICT (merchant_id, order_id) DO UPDATE SET show_id = excluded.show_id,
	room_id = excluded.room_id, currency = excluded.currency, person_id = excluded.person_id, paid_at = excluded.paid_at,
	value_minor = excluded.value_minor, version = excluded.version, model = excluded.model, model_version = excluded.model_version,
	window_ms = excluded.window_ms, rules = excluded.rules, body = excluded.body, said_at = excluded.said_at`)

func (t *tx) saveCredit(o *live.CreditedOrder, w *CreditWrite, c *live.OrderCredit, version int64) error {
	body, err := json.Marshal(creditBody{c.Parts, c.Of, c.Weights, c.LeftOut})
	if err != nil {
		return fmt.Errorf("encode the credit of an order: %w", err)
	}
	err = t.insert(creditUpsert, []any{
		string(o.Merchant), string(o.Order), string(o.Show), string(o.Room), string(o.Currency), string(w.Person), ms(w.PaidAt), o.Value, version,
		c.Model, int64(c.Ver), c.Window.Milliseconds(), c.Rules, string(body), ms(t.now),
	})
	if err != nil {
		return fmt.Errorf("keep the credit of an order: %w", err)
	}
	return nil
}

var showCreditAdd = table(`show_credits`, `merchant_id, show_id, currency, orders, value_minor, lead_minor, nurture_minor, convert_minor, retain_minor, unattributed_minor`).
	or(`ON CONFLICT (merchant_id, show_id, currency) DO UPDATE SET orders = show_credits.orders + excluded.orders,
	value_minor = show_credits.value_minor + excluded.value_minor, lead_minor = show_credits.lead_minor + excluded.lead_minor,
	nurture_minor = show_credits.nurture_minor + excluded.nurture_minor, convert_minor = show_credits.convert_minor + excluded.convert_minor,
	retain_minor = show_credits.retain_minor + excluded.retain_minor, unattributed_minor = show_credits.unattributed_minor + excluded.unattributed_minor`)

func (t *tx) addShowCredits(sums map[creditSum]*live.ShowCredit) error {
	for k, c := range sums {
		err := t.insert(showCreditAdd, []any{
			string(k.merchant), string(k.show), string(k.currency), c.Orders, c.Value, c.Stages[0], c.Stages[1], c.Stages[2], c.Stages[3], c.Unattributed,
		})
		if err != nil {
			return fmt.Errorf("add to the credit of a show: %w", err)
		}
	}
	return nil
}

// moveCheckpoint moves the reader of a batch on, if it stands where the batch
// began.
func (t *tx) moveCheckpoint(b *CreditBatch) error {
	epoch, at, err := logCheckpoint(t, b.Reader)
	if err != nil {
		return err
	}
	if epoch == b.Epoch && at != b.From {
		return live.Conflict("credit_overtaken", "the reader %s stands at %d and not at %d: another process moved it", b.Reader, at.Offset(), b.From.Offset())
	}
	if b.From == b.Next {
		return nil
	}
	return t.setLogCheckpoint(b.Reader, b.Epoch, b.Next)
}
