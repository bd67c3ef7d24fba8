package guard

import (
	"fmt"
	"slices"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// State is what became of a touch.
type State string

// The states. From planned a touch becomes sent, failed or rejected; from sent it
// may still turn out failed or rejected. The others are final.
const (
	Suppressed State = "suppressed" // a rule kept it back
	Planned    State = "planned"    // allowed, and holds its place until ExpiresAt
	Sent       State = "sent"
	Failed     State = "failed"   // it reached nobody; it counts for no cap
	Rejected   State = "rejected" // the person's side refused it: they have opted out of the channel
)

// Touch is one message to somebody who did not ask, and what the rules said.
type Touch struct {
	ID            string
	Merchant      live.MerchantID
	Person        live.PersonID // or Group
	Group         string
	Channel       string
	Kind          string
	Transactional bool
	Agent         string // who serves
	Template      string
	Text          string // for whoever sends it; it is in the fact and not kept here
	By            live.Actor

	State     State
	Holds     []Hold // why it was suppressed, the weightiest first; of a kept one the first only
	Rules     int64  // version of the rules that said so
	At        time.Time
	ExpiresAt time.Time // of a planned one
	SettledAt time.Time
	Late      bool   // it was sent after its place had expired
	Outside   bool   // somebody sent it without asking
	Reason    string // why it failed or was rejected
}

// Check tells every fault of what is asked. Code: "invalid_field".
func (t *Touch) Check(r *TouchRules) error {
	switch {
	case (t.Person == "") == (t.Group == ""):
		return live.Invalid("invalid_field", "person_id", "is required, or group_id: one of them")
	case t.Person != "" && !live.ValidID(string(t.Person)):
		return live.Invalid("invalid_field", "person_id", "must be an identifier")
	case t.Group != "" && !live.ValidID(t.Group):
		return live.Invalid("invalid_field", "group_id", "must be an identifier")
	case !ValidName(t.Channel):
		return live.Invalid("invalid_field", "channel", "must be 1 to %d characters of a-z 0-9 . _ / -", maxName)
	case !ValidName(t.Kind):
		return live.Invalid("invalid_field", "kind", "must be 1 to %d characters of a-z 0-9 . _ / -", maxName)
	case t.Agent != "" && !live.ValidID(t.Agent):
		return live.Invalid("invalid_field", "agent_id", "must be an identifier")
	case t.Transactional && !slices.Contains(r.Transactional, t.Kind):
		e := live.Invalid("invalid_field", "transactional", "a touch of the kind %s is not transactional: the rules declare which are", t.Kind)
		e.Data = map[string]any{"transactional_kinds": r.Transactional}
		return e
	}
	return nil
}

// counts reports whether a touch takes room under the caps.
func (t *Touch) counts() bool {
	return !t.Transactional && (t.State == Planned || t.State == Sent || t.State == Rejected)
}

// effective is the latest instant at which the touch may reach somebody: a
// planned one takes its room as if it were sent at the last moment, so that no
// window has more than its cap whenever it is.
func (t *Touch) effective() time.Time {
	if t.State == Planned {
		return t.ExpiresAt
	}
	return t.At
}

const touchColumns = `touch_id, merchant_id, person_id, group_id, channel, kind, transactional, agent_id, template, sent_by, sent_by_role,
	state, rule, rule_until, rule_hours, rule_most, rules, at, expires_at, settled_at, late, outside, reason`

func scanTouch(r store.Scanner) (t Touch, err error) {
	var h Hold
	var transactional, late, outside, until, at, expires, settled, hours, most int64
	err = r.Scan(&t.ID, &t.Merchant, &t.Person, &t.Group, &t.Channel, &t.Kind, &transactional, &t.Agent, &t.Template, &t.By.ID, &t.By.Role,
		&t.State, &h.Rule, &until, &hours, &most, &t.Rules, &at, &expires, &settled, &late, &outside, &t.Reason)
	t.Transactional, t.Late, t.Outside = transactional != 0, late != 0, outside != 0
	t.At, t.ExpiresAt, t.SettledAt = store.Time(at), store.Time(expires), store.Time(settled)
	if h.Rule != "" {
		h.Until, h.Hours, h.Most = store.Time(until), int(hours), int(most)
		t.Holds = []Hold{h}
	}
	return t, err
}

// insert keeps a touch and takes its room.
func (t *Touch) insert(tx *store.Tx) error {
	var h Hold
	if len(t.Holds) > 0 {
		h = t.Holds[0]
	}
	if _, err := tx.Exec(`INSERT INTO guard_touches (`+touchColumns+`, counted, effective_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.ID, string(t.Merchant), string(t.Person), t.Group, t.Channel, t.Kind, bit(t.Transactional), t.Agent, t.Template, t.By.ID, string(t.By.Role),
		string(t.State), h.Rule, store.Millis(h.Until), h.Hours, h.Most, t.Rules, store.Millis(t.At), store.Millis(t.ExpiresAt), store.Millis(t.SettledAt),
		bit(t.Late), bit(t.Outside), t.Reason, bit(t.counts()), store.Millis(t.effective())); err != nil {
		return fmt.Errorf("keep a touch: %w", err)
	}
	return t.room(tx, 1)
}

// update keeps what became of a touch.
func (t *Touch) update(tx *store.Tx) error {
	if _, err := tx.Exec(`UPDATE guard_touches SET state = ?, at = ?, settled_at = ?, late = ?, reason = ?, counted = ?, effective_at = ? WHERE merchant_id = ? AND touch_id = ?`,
		string(t.State), store.Millis(t.At), store.Millis(t.SettledAt), bit(t.Late), t.Reason, bit(t.counts()), store.Millis(t.effective()),
		string(t.Merchant), t.ID); err != nil {
		return fmt.Errorf("settle a touch: %w", err)
	}
	return nil
}

// room takes room for a touch under the merchant's caps, or gives it back. Those
// are counted by the minute: a sum of minutes does not grow with the crowd.
func (t *Touch) room(tx *store.Tx, by int64) error {
	if !t.counts() {
		return nil
	}
	minute := store.Millis(t.effective()) / time.Minute.Milliseconds()
	if _, err := tx.Exec(`INSERT INTO guard_minutes (merchant_id, minute, n) VALUES (?, ?, ?) ON CONFLICT (merchant_id, minute) DO UPDATE SET n = guard_minutes.n + excluded.n`,
		string(t.Merchant), minute, by); err != nil {
		return fmt.Errorf("count a touch: %w", err)
	}
	return nil
}

// facts is what the log is told of a touch.
func (t *Touch) data() map[string]any {
	d := map[string]any{"touch_id": t.ID, "channel": t.Channel, "kind": t.Kind}
	for name, v := range map[string]string{"agent_id": t.Agent, "template": t.Template, "group_id": t.Group, "text": t.Text, "reason": t.Reason} {
		if v != "" {
			d[name] = v
		}
	}
	if t.Transactional {
		d["transactional"] = true
	}
	if t.Late {
		d["late"] = true
	}
	return d
}

func (t *Touch) event(kind live.Kind, by live.Actor, at time.Time) live.Event {
	return live.Event{Kind: kind, Merchant: t.Merchant, Person: t.Person, Channel: t.Channel, Actor: by, OccurredAt: at}
}
