package store

import (
	"fmt"
	"slices"
	"strings"

	"showrunner/live"
)

// nameColumns are the columns that hold names of people. Whose a row is stands
// in its merchant_id unless of says otherwise. What is not here and looks like a
// name is in keptNames of the test, with the reason why it stays.
var nameColumns = []struct{ table, column, of string }{
	{"orders", "person_id", ""},
	{"orders", "buyer_id", ""},
	{"person_names", "person_id", ""},
	{"person_links", "person_id", ""},
	{"person_links", "canonical", ""},
	{"person_log", "person_a", ""},
	{"person_log", "person_b", ""},
	{"share_tokens", "person_id", ""},
	{"referral_bindings", "person_id", ""},
	{"referral_bindings", "referrer_id", ""},
	{"order_referrers", "referrer_id", ""},
	{"referral_bonuses", "person_id", ""},
	{"referral_bonuses", "referrer_id", ""},
	{"coupons", "person_id", ""},
	{"red_packet_shares", "person_id", ""},
	{"person_facts", "person_id", ""},
	{"person_facts", "referrer_id", ""},
	{"person_orders", "person_id", ""},
	{"order_credits", "person_id", ""},
	{"ladder_moves", "person_id", ""},
	{"ladder_people", "person_id", ""},
	{"partners", "person_id", ""},
	{"partner_log", "person_id", ""},
	{"partner_log", "actor_id", ""},
	{"care_complaints", "person_id", ""},
	{"care_evidence", "person_id", ""},
	{"care_needs", "person_id", ""},
	{"blocks", "person_id", ""},
	{"followers", "person_id", ""},
	{"bots", "person_id", ""},
	{"service_entries", "person_id", ""},
	{"service_sessions", "person_id", ""},
	{"service_messages", "person_id", ""},
	{"service_people", "person_id", ""},
	{"waitlist", "person_id", ofShow},
	{"draw_entries", "person_id", ofDraw},
	{"mutes", "person_id", ofRoom},
	{"kicks", "person_id", ofRoom},
	{"pinned_comments", "person_id", ofRoom},
	{"benefit_watch", "person_id", ofBenefit},
	{"guard_wishes", "person_id", ""},
	{"guard_wishes", "set_by", ""}, // mostly themselves
	{"guard_channels", "person_id", ""},
	{"guard_touches", "person_id", ""},
	{"guard_answers", "person_id", ""},
	{"guard_pauses", "person_id", ""},
	{"guard_followups", "person_id", ""},
}

// nameTexts are columns of JSON in which a name may stand as a string.
var nameTexts = []struct{ table, column string }{{"order_credits", "body"}}

// emptied are free words beside names, and what a row is found by.
var emptied = []struct{ table, words, column, of string }{
	{"person_log", "evidence", "person_a", ""},
	{"person_log", "evidence", "person_b", ""},
	{"partners", "note", "person_id", ""},
	{"partner_log", "reason", "person_id", ""},
	{"referral_bindings", "reason", "person_id", ""},
	{"service_entries", "title", "person_id", ""},
	{"service_entries", "scope", "person_id", ""},
	{"service_sessions", "tags", "person_id", ""},
	{"service_messages", "text", "person_id", ""},

	{"guard_touches", "reason", "person_id", ""},
	{"guard_pauses", "reason", "person_id", ""},
	{"guard_followups", "note", "person_id", ""},
	{"guard_followups", "result", "person_id", ""},
	{"care_evidence", "text", "person_id", ""},
	{"care_complaints", "followup", "person_id", ""},
	{"care_needs", "text", "person_id", ""},
	{"draw_entries", "name", "person_id", ofDraw},
	{"pinned_comments", "name", "person_id", ofRoom},
	{"pinned_comments", "text", "person_id", ofRoom},
}

// Whose rows are that have no merchant_id.
const (
	ofShow    = `show_id IN (SELECT show_id FROM shows WHERE merchant_id = ?)`
	ofRoom    = `room_id IN (SELECT room_id FROM rooms WHERE merchant_id = ?)`
	ofDraw    = `draw_id IN (SELECT draw_id FROM draws WHERE merchant_id = ?)`
	ofBenefit = `benefit_id IN (SELECT draw_id FROM draws WHERE merchant_id = ? UNION SELECT drop_id FROM coupon_drops WHERE merchant_id = ?
		UNION SELECT packet_id FROM red_packets WHERE merchant_id = ?)`
)

// whose is the condition of a row being of a merchant, with its arguments.
func whose(of string, m live.MerchantID) (condition string, args []any) {
	if of == "" {
		of = "merchant_id = ?"
	}
	return of, slices.Repeat([]any{string(m)}, strings.Count(of, "?"))
}

// rename gives one name another wherever a column holds it, and empties the
// words beside it.
func (t *tx) rename(m live.MerchantID, old, fresh live.PersonID) error {
	for _, c := range emptied {
		of, args := whose(c.of, m)
		if _, err := t.exec(`UPDATE `+c.table+` SET `+c.words+` = '' WHERE `+c.column+` = ? AND `+of, append([]any{string(old)}, args...)...); err != nil {
			return fmt.Errorf("empty %s of %s: %w", c.words, c.table, err)
		}
	}
	for _, c := range nameColumns {
		of, args := whose(c.of, m)
		if _, err := t.exec(`UPDATE `+c.table+` SET `+c.column+` = ? WHERE `+c.column+` = ? AND `+of, append([]any{string(fresh), string(old)}, args...)...); err != nil {
			return fmt.Errorf("rename in %s of %s: %w", c.column, c.table, err)
		}
	}
	for _, c := range nameTexts {
		quoted := `"` + string(old) + `"`
		if _, err := t.exec(`UPDATE `+c.table+` SET `+c.column+` = REPLACE(`+c.column+`, ?, ?) WHERE merchant_id = ? AND `+c.column+` LIKE ?`,
			quoted, `"`+string(fresh)+`"`, string(m), `%`+quoted+`%`); err != nil {
			return fmt.Errorf("rename in %s of %s: %w", c.column, c.table, err)
		}
	}
	// What a fact about a referrer is about is the referrer.
	if _, err := t.exec(`UPDATE person_facts SET ref = ? WHERE merchant_id = ? AND referrer_id = ? AND ref = ?`,
		string(fresh), string(m), string(fresh), string(old)); err != nil {
		return fmt.Errorf("rename what facts are about: %w", err)
	}
	return nil
}

// renameOrders gives names in the facts of orders others: of the orders of these
// people, and of those whom they once were taken for.
func (t *tx) renameOrders(m live.MerchantID, names map[live.PersonID]live.PersonID, orders []live.OrderID) error {
	for _, id := range orders {
		type kept struct {
			kind     live.Kind
			id, hash string
			fact     live.OrderFact
		}
		rows, err := t.query(`SELECT kind, fact_id, hash, body FROM order_facts WHERE merchant_id = ? AND order_id = ?`, string(m), string(id))
		facts, err := collect(rows, err, func(r scanner) (k kept, err error) {
			var body string
			if err := r.Scan(&k.kind, &k.id, &k.hash, &body); err != nil {
				return k, err
			}
			k.fact, err = decodeFact(body)
			return k, err
		})
		if err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
		for i := range facts {
			k := &facts[i]
			was := [2]string{string(k.fact.Person), k.fact.Reason}
			if fresh := names[k.fact.Person]; fresh != "" {
				k.fact.Person = fresh
			}
			// The reason of a changed person is the name before.
			if fresh := names[live.PersonID(k.fact.Reason)]; fresh != "" && k.kind == live.OrderPersonChanged {
				k.fact.Reason = string(fresh)
			}
			if was == [2]string{string(k.fact.Person), k.fact.Reason} {
				continue
			}
			// The hash still names what was said: said again it is a duplicate.
			body, _ := encodeFact(&k.fact)
			if _, err := t.exec(`UPDATE order_facts SET body = ? WHERE merchant_id = ? AND order_id = ? AND kind = ? AND fact_id = ? AND hash = ?`,
				body, string(m), string(id), string(k.kind), k.id, k.hash); err != nil {
				return fmt.Errorf("rename in facts: %w", err)
			}
		}
	}
	return nil
}

// ordersAround are the orders of people, and of all whom they were ever taken for.
func (t *tx) ordersAround(m live.MerchantID, names []live.PersonID) ([]live.OrderID, error) {
	around := slices.Clone(names)
	log, err := merges(t, m)
	if err != nil {
		return nil, err
	}
	for _, e := range log {
		if slices.Contains(names, e.A) || slices.Contains(names, e.B) {
			around = append(around, e.A, e.B)
		}
	}
	slices.Sort(around)
	around = slices.Compact(around)
	orders, err := inNames(t, `SELECT order_id FROM orders WHERE merchant_id = ? AND person_id IN `, m, around, func(r scanner) (id live.OrderID, err error) {
		return id, r.Scan(&id)
	})
	if err != nil {
		return nil, fmt.Errorf("list orders of people: %w", err)
	}
	return orders, nil
}

// renameTouches gives a referrer another name in the touches before moves of
// those whom they brought.
func (t *tx) renameTouches(m live.MerchantID, names map[live.PersonID]live.PersonID, brought []live.PersonID) error {
	people, err := t.peopleOf(m, brought)
	if err != nil {
		return err
	}
	var heads []live.PersonID
	for one := range people {
		heads = append(heads, one)
	}
	moves, err := inNames(t, `SELECT `+moveColumns+` FROM ladder_moves WHERE merchant_id = ? AND person_id IN `, m, heads, scanMove)
	if err != nil {
		return fmt.Errorf("read moves: %w", err)
	}
	for i := range moves {
		v := &moves[i]
		changed := false
		for n := range v.Touches {
			x := &v.Touches[n]
			fresh := names[x.Referrer]
			if fresh == "" {
				continue
			}
			if x.Ref == string(x.Referrer) {
				x.Ref = string(fresh)
			}
			x.Referrer, changed = fresh, true
		}
		if !changed {
			continue
		}
		body, err := encodeTouches(v.Touches)
		if err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE ladder_moves SET touches = ? WHERE merchant_id = ? AND person_id = ? AND n = ?`, body, string(m), string(v.person), v.n); err != nil {
			return fmt.Errorf("rename in touches: %w", err)
		}
	}
	return nil
}

// broughtBy are the names that facts say somebody of these names had brought.
func (t *tx) broughtBy(m live.MerchantID, names []live.PersonID) ([]live.PersonID, error) {
	list, err := inNames(t, `SELECT DISTINCT person_id FROM person_facts WHERE merchant_id = ? AND referrer_id IN `, m, names, func(r scanner) (p live.PersonID, err error) {
		return p, r.Scan(&p)
	})
	if err != nil {
		return nil, fmt.Errorf("read who was brought: %w", err)
	}
	return list, nil
}
