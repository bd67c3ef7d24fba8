package clickhouse

import (
	"context"
	"slices"
	"strconv"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"golang.org/x/sync/errgroup"

	"showrunner/conversion"
	"showrunner/live"
)

// Span is a merchant's time as of an instant.
type Span struct {
	Merchant    live.MerchantID
	From, Until time.Time // From <= t < Until
	AsOf        time.Time
	// Window is how far back from a payment a touch counts.
	Window time.Duration
	// Experiment is whose control group is held out; empty: that of any.
	Experiment string
	// MaxOrders and MaxTouches bound the answer: beyond them the question is
	// refused as "too_many_journeys".
	MaxOrders, MaxTouches int64
}

func (s *Span) parameters() ch.Parameters {
	return ch.Parameters{
		"merchant": string(s.Merchant), "as_of": unixMilli(s.AsOf), "from": unixMilli(s.From), "until": unixMilli(s.Until.Add(-time.Millisecond)),
		"experiment": s.Experiment, "limit": strconv.FormatInt(s.MaxOrders+1, 10),
	}
}

// paidWithin is one row for each order of a merchant that is paid as of the
// instant and was first paid in the span, rehearsals left out.
const paidWithin = `SELECT order_id, toString(show_id) AS show, toString(person_id) AS person, toString(currency) AS cur,
		assumeNotNull(argMax(paid_at, (seq, idx, n))) AS first_paid, sum(paid - refund_goods - refund_ship - cancelled_paid) AS value, sum(orders_paid) AS is_paid
	FROM order_deltas WHERE merchant_id = {merchant:String} AND rehearsal = 0 AND at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
		AND order_id IN (SELECT order_id FROM order_deltas WHERE merchant_id = {merchant:String} AND rehearsal = 0 AND orders_paid > 0
			AND paid_at BETWEEN fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND fromUnixTimestamp64Milli({until:Int64}, 'UTC'))
	GROUP BY order_id, show_id, person_id, currency
	HAVING is_paid > 0 AND first_paid BETWEEN fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND fromUnixTimestamp64Milli({until:Int64}, 'UTC')`

// PaidJourneys are the orders of a merchant that were first paid in a span, in
// or out of a show, by payment, with the touches of their buyers as
// [DB.Journeys] has them, who of the buyers is held out, and which order was the
// first that its buyer ever paid.
func (db *DB) PaidJourneys(ctx context.Context, s Span) ([]conversion.Journey, error) {
	var out []conversion.Journey
	var buyers []live.PersonID // of out, by the names on their orders
	var first map[live.PersonID]live.OrderID
	var control map[live.PersonID]conversion.Arm
	group, at := errgroup.WithContext(asOne(ctx))
	group.Go(func() (err error) {
		if out, err = db.paidOrders(at, &s); err != nil || len(out) == 0 {
			return err
		}
		for i := range out {
			buyers = append(buyers, out[i].Person)
		}
		return db.walk(at, s.Merchant, out, s.AsOf, s.Window, s.MaxTouches)
	})
	group.Go(func() (err error) {
		first, err = db.firsts(at, &s)
		return err
	})
	group.Go(func() (err error) {
		control, err = db.Holdouts(at, s)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range out {
		j := &out[i]
		j.First = buyers[i] != "" && first[buyers[i]] == j.Order
		j.Control = control[j.Person] == conversion.ArmControl
	}
	return out, nil
}

// paidOrders are the journeys without what led to them. More than MaxOrders are
// refused.
func (db *DB) paidOrders(ctx context.Context, s *Span) (out []conversion.Journey, err error) {
	err = db.rows(ctx, "paid orders of a span", s.parameters(), paidWithin+` ORDER BY first_paid, order_id LIMIT {limit:UInt64}`, func(scan scanner) error {
		var j conversion.Journey
		var paid int64
		err := scan((*string)(&j.Order), (*string)(&j.Show), (*string)(&j.Person), (*string)(&j.Currency), &j.At, &j.Value, &paid)
		j.At = j.At.UTC()
		out = append(out, j)
		return err
	})
	if err == nil && int64(len(out)) > s.MaxOrders {
		err = live.TooLarge("too_many_journeys", "from", "there are more than %d paid orders between from and to: ask for less time", s.MaxOrders)
	}
	return out, err
}

// firsts is the first order of each buyer of a span, by the name on their orders.
func (db *DB) firsts(ctx context.Context, s *Span) (map[live.PersonID]live.OrderID, error) {
	first := map[live.PersonID]live.OrderID{}
	err := db.rows(ctx, "first orders", s.parameters(), `SELECT person, argMin(order_id, (first_paid, order_id)) FROM (
			SELECT order_id, toString(person_id) AS person, assumeNotNull(argMax(paid_at, (seq, idx, n))) AS first_paid, sum(orders_paid) AS is_paid
			FROM order_deltas WHERE merchant_id = {merchant:String} AND rehearsal = 0 AND at <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
				AND person_id IN (SELECT person FROM (`+paidWithin+`) WHERE person != '')
			GROUP BY order_id, person_id HAVING is_paid > 0)
		GROUP BY person`, func(scan scanner) error {
		var person live.PersonID
		var order live.OrderID
		err := scan((*string)(&person), (*string)(&order))
		first[person] = order
		return err
	})
	return first, err
}

// Holdouts are the persons who were assigned to a group of the experiment, or of
// any, each once, by the name that stands for them. The newest word of each
// experiment about any of their names stands, and who is in a control group of
// any is held out.
func (db *DB) Holdouts(ctx context.Context, s Span) (map[live.PersonID]conversion.Arm, error) {
	type word struct {
		person     live.PersonID
		experiment string
		control    bool
	}
	var words []word // ascending by their place in the log
	err := db.rows(ctx, "holdouts", s.parameters(), `SELECT person_id, toString(experiment), control FROM holdouts
		WHERE merchant_id = {merchant:String} AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') AND ({experiment:String} = '' OR experiment = {experiment:String})
		ORDER BY seq, idx`, func(scan scanner) error {
		var w word
		var control uint8
		err := scan((*string)(&w.person), &w.experiment, &control)
		w.control = control > 0
		words = append(words, w)
		return err
	})
	if err != nil || len(words) == 0 {
		return map[live.PersonID]conversion.Arm{}, err
	}
	var persons []live.PersonID
	for _, w := range words {
		persons = append(persons, w.person)
	}
	one, err := db.oneName(ctx, s.Merchant, persons, s.AsOf)
	if err != nil {
		return nil, err
	}
	newest := map[word]bool{} // by person and experiment
	for _, w := range words {
		newest[word{person: one(w.person), experiment: w.experiment}] = w.control
	}
	told := map[live.PersonID]conversion.Arm{}
	for w, control := range newest {
		arm := conversion.ArmTreated
		if control {
			arm = conversion.ArmControl
		}
		told[w.person] = max(told[w.person], arm)
	}
	return told, nil
}

// oneName tells the name that stood for each of these persons at an instant.
func (db *DB) oneName(ctx context.Context, m live.MerchantID, persons []live.PersonID, asOf time.Time) (func(live.PersonID) live.PersonID, error) {
	var names map[live.PersonID][]live.PersonID
	if db.cfg.Names != nil && len(persons) > 0 {
		slices.Sort(persons)
		var err error
		if names, err = db.cfg.Names(ctx, m, slices.Compact(persons), asOf); err != nil {
			return nil, err
		}
	}
	return func(p live.PersonID) live.PersonID {
		if group := names[p]; len(group) > 0 {
			return group[0]
		}
		return p
	}, nil
}
