package guard

import (
	"encoding/json"
	"fmt"
	"time"

	"showrunner/conversion"
	"showrunner/live"
	"showrunner/live/store"
)

// signal is what a fact of the log says of how somebody wants to be touched.
type signal struct {
	merchant live.MerchantID
	person   live.PersonID
	channel  string
	why      string // of the opt-out; empty: they want it again
	at       time.Time
}

// signalOf reads the signals of platforms: a refused message, a deleted or
// blocked agent; and that somebody added the contact again.
func signalOf(e *live.Event) (signal, bool) {
	s := signal{merchant: e.Merchant, person: e.Person, at: e.OccurredAt}
	if e.Person == "" || e.Rehearsal {
		return s, false
	}
	var d struct {
		Channel string `json:"channel"`
		LostBy  string `json:"lost_by"`
		Blocked bool   `json:"blocked"`
	}
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &d) != nil {
		return s, false
	}
	s.channel = firstName(e.Channel, d.Channel, "contact")
	switch {
	case e.Kind == live.TouchRejected:
		s.why = SaidRejected
	case e.Kind == "contact_lost" && d.Blocked:
		s.why = SaidBlocked
	case e.Kind == "contact_lost" && d.LostBy == "customer":
		s.why = SaidDeleted
	case e.Kind == "contact_added":
	default:
		return s, false
	}
	return s, true
}

func firstName(names ...string) string {
	for _, n := range names {
		if ValidName(n) {
			return n
		}
	}
	return ""
}

// putSignal keeps an opt-out that a platform told, or with no reason takes one
// back that a platform told: what people said themselves stands. The newest of
// both counts, whichever comes first.
func putSignal(tx *store.Tx, m live.MerchantID, p live.PersonID, channel, why string, at time.Time) error {
	if _, err := tx.Exec(`INSERT INTO guard_channels (merchant_id, person_id, channel, opt_out, why, consent, set_at) VALUES (?, ?, ?, ?, ?, '', ?)
		ON CONFLICT (merchant_id, person_id, channel) DO UPDATE SET opt_out = excluded.opt_out, why = excluded.why, set_at = excluded.set_at
		WHERE guard_channels.set_at <= excluded.set_at AND guard_channels.why <> ?`,
		string(m), string(p), channel, bit(why != ""), why, store.Millis(at), SaidByPerson); err != nil {
		return fmt.Errorf("keep a signal: %w", err)
	}
	return nil
}

// outsideOf makes a touch of a fact that somebody who did not ask sent one: it
// cannot be undone, and takes its room.
func outsideOf(e *live.Event) (Touch, bool) {
	if e.Kind != live.TouchSent || e.Source == live.SourceSystem || e.Rehearsal {
		return Touch{}, false
	}
	var d struct {
		Channel       string          `json:"channel"`
		Kind          string          `json:"kind"`
		Agent         string          `json:"agent_id"`
		Group         string          `json:"group_id"`
		Template      string          `json:"template"`
		Transactional conversion.Flag `json:"transactional"`
	}
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &d) != nil {
		return Touch{}, false
	}
	t := Touch{
		ID: "out_" + e.Source + ":" + string(e.ID), Merchant: e.Merchant, Person: e.Person, Channel: firstName(e.Channel, d.Channel, "contact"),
		Kind: firstName(d.Kind, "chat"), Transactional: bool(d.Transactional), Agent: d.Agent, Template: d.Template, By: e.Actor,
		State: Sent, At: e.OccurredAt, SettledAt: e.OccurredAt, Outside: true,
	}
	if t.Person == "" {
		t.Group = d.Group
	}
	if t.Agent == "" && e.Actor.Role == live.RoleAgent {
		t.Agent = e.Actor.ID
	}
	return t, t.Person != "" || t.Group != ""
}
