package guard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// What somebody said of being touched over a channel.
const (
	ConsentUnknown = ""
	ConsentGiven   = "given"
	ConsentRefused = "refused"
)

// Who or what an opt-out of a channel is from.
const (
	SaidByPerson = "said"     // by themselves, or by somebody for them
	SaidRejected = "rejected" // the platform refused a message for them
	SaidDeleted  = "deleted"  // they deleted the agent
	SaidBlocked  = "blocked"  // they blocked the agent
)

// Wish is what somebody wants of one channel.
type Wish struct {
	OptOut  bool
	Why     string // of the opt-out: one of the Said words; empty without
	Consent string // one of the Consent words
	SetAt   time.Time
}

// Wishes are how somebody wants to be touched.
type Wishes struct {
	Person   live.PersonID // the name that stands for them
	OptOut   bool          // of everything but transactional notices
	Quiet    *QuietHours   // nil: those of the document of rules
	TimeZone string        // empty: that of the document
	Channels map[string]Wish
	SetAt    time.Time // zero: they said nothing
	By       live.Actor
}

// maxChannels bounds the channels of one person.
const maxChannels = 50

// Check tells every fault. Code: "invalid_field".
func (w *Wishes) Check() error {
	if w.TimeZone != "" && !KnownZone(w.TimeZone) {
		return live.Invalid("invalid_field", "time_zone", "must be an IANA name such as Asia/Shanghai")
	}
	if w.Quiet != nil {
		if _, err := w.Quiet.window(); err != nil {
			return live.Invalid("invalid_field", "quiet_hours", "%s", err)
		}
	}
	if len(w.Channels) > maxChannels {
		return live.Invalid("invalid_field", "channels", "must be at most %d", maxChannels)
	}
	for name, c := range w.Channels {
		if !ValidName(name) {
			return live.Invalid("invalid_field", "channels", "names a channel that is not 1 to %d characters of a-z 0-9 . _ / -", maxName)
		}
		if !slices.Contains([]string{ConsentUnknown, ConsentGiven, ConsentRefused}, c.Consent) {
			return live.Invalid("invalid_field", "channels."+name+".consent", "must be given or refused, or be left out")
		}
	}
	return nil
}

// SetWishes replaces what is known of how somebody wants to be touched, under
// every name they have now. Codes: "invalid_field".
func (g *Guard) SetWishes(ctx context.Context, m live.MerchantID, w Wishes) (Wishes, error) {
	if err := w.Check(); err != nil {
		return Wishes{}, err
	}
	var out Wishes
	err := g.store.Change(ctx, func(tx *store.Tx) error {
		names, err := tx.Aliases(m, w.Person)
		if err != nil {
			return fmt.Errorf("read names: %w", err)
		}
		for _, name := range names {
			if err := putWishes(tx, m, name, &w); err != nil {
				return err
			}
		}
		if out, err = readWishes(tx.Querier, m, w.Person, names); err != nil {
			return err
		}
		channels := map[string]any{}
		for name, c := range out.Channels {
			channels[name] = map[string]any{"opt_out": c.OptOut, "consent": c.Consent}
		}
		data := map[string]any{"opt_out": w.OptOut, "channels": channels, "time_zone": w.TimeZone}
		if w.Quiet != nil {
			data["quiet_hours"] = w.Quiet
		}
		fact, err := tx.Emit(live.Event{Kind: live.ContactPreferenceSet, Merchant: m, Person: out.Person, Actor: w.By, OccurredAt: tx.Now()}, data)
		if err != nil {
			return err
		}
		// The audit log is never rewritten: it names the fact, and only that the person.
		detail, err := json.Marshal(map[string]any{"event_id": fact, "opt_out": w.OptOut, "channels": len(w.Channels)})
		if err != nil {
			return fmt.Errorf("encode preferences: %w", err)
		}
		return tx.Audit(store.AuditRow{Merchant: m, Actor: w.By, Action: "touch.preferences", Detail: string(detail)})
	})
	return out, err
}

func putWishes(tx *store.Tx, m live.MerchantID, name live.PersonID, w *Wishes) error {
	now := store.Millis(tx.Now())
	var from, to string
	if w.Quiet != nil {
		from, to = w.Quiet.From, w.Quiet.To
	}
	if _, err := tx.Exec(`INSERT INTO guard_wishes (merchant_id, person_id, opt_out, quiet_from, quiet_to, time_zone, set_at, set_by, set_by_role) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, person_id) DO UPDATE SET opt_out = excluded.opt_out, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
			time_zone = excluded.time_zone, set_at = excluded.set_at, set_by = excluded.set_by, set_by_role = excluded.set_by_role`,
		string(m), string(name), bit(w.OptOut), from, to, w.TimeZone, now, w.By.ID, string(w.By.Role)); err != nil {
		return fmt.Errorf("set preferences: %w", err)
	}
	if _, err := tx.Exec(`DELETE FROM guard_channels WHERE merchant_id = ? AND person_id = ?`, string(m), string(name)); err != nil {
		return fmt.Errorf("clear channels: %w", err)
	}
	for channel, c := range w.Channels {
		why := ""
		if c.OptOut {
			why = SaidByPerson
		}
		if err := putChannel(tx, m, name, channel, Wish{OptOut: c.OptOut, Why: why, Consent: c.Consent, SetAt: tx.Now()}); err != nil {
			return err
		}
	}
	return nil
}

func putChannel(tx *store.Tx, m live.MerchantID, name live.PersonID, channel string, c Wish) error {
	if _, err := tx.Exec(`INSERT INTO guard_channels (merchant_id, person_id, channel, opt_out, why, consent, set_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, person_id, channel) DO UPDATE SET opt_out = excluded.opt_out, why = excluded.why, consent = excluded.consent, set_at = excluded.set_at`,
		string(m), string(name), channel, bit(c.OptOut), c.Why, c.Consent, store.Millis(c.SetAt)); err != nil {
		return fmt.Errorf("set channel: %w", err)
	}
	return nil
}

// Wishes is what somebody of a name wants; nothing is known when SetAt is zero
// and there are no channels.
func (g *Guard) Wishes(ctx context.Context, m live.MerchantID, p live.PersonID) (w Wishes, err error) {
	err = g.store.Snapshot(ctx, func(q store.Querier) error {
		names, err := q.Aliases(m, p)
		if err == nil {
			w, err = readWishes(q, m, p, names)
		}
		return err
	})
	return w, err
}

// readWishes joins what was said under several names: any opt-out or refusal
// stands, and of hours and zones the newest.
func readWishes(q store.Querier, m live.MerchantID, p live.PersonID, names []live.PersonID) (Wishes, error) {
	w := Wishes{Channels: map[string]Wish{}}
	var err error
	if w.Person, err = q.Canonical(m, p); err != nil {
		return w, fmt.Errorf("read who it is: %w", err)
	}
	var c store.Where
	c.Add("merchant_id = ?", string(m))
	store.WhereIn(&c, "person_id", names)
	type said struct {
		optOut, at                   int64
		from, to, zone, by, role, id string
	}
	rows, err := q.Query(`SELECT opt_out, quiet_from, quiet_to, time_zone, set_at, set_by, set_by_role, person_id FROM guard_wishes`+c.SQL()+` ORDER BY set_at, person_id`, c.Args()...)
	list, err := store.Collect(rows, err, func(r store.Scanner) (s said, err error) {
		return s, r.Scan(&s.optOut, &s.from, &s.to, &s.zone, &s.at, &s.by, &s.role, &s.id)
	})
	if err != nil {
		return w, fmt.Errorf("read preferences: %w", err)
	}
	for _, s := range list {
		w.OptOut = w.OptOut || s.optOut != 0
		w.Quiet = nil
		if s.from != "" {
			w.Quiet = &QuietHours{s.from, s.to}
		}
		w.TimeZone, w.SetAt, w.By = s.zone, store.Time(s.at), live.Actor{ID: s.by, Role: live.Role(s.role)}
	}
	type heard struct {
		channel string
		Wish
	}
	rows, err = q.Query(`SELECT channel, opt_out, why, consent, set_at FROM guard_channels`+c.SQL()+` ORDER BY set_at, person_id, channel`, c.Args()...)
	channels, err := store.Collect(rows, err, func(r store.Scanner) (h heard, err error) {
		var out, at int64
		err = r.Scan(&h.channel, &out, &h.Why, &h.Consent, &at)
		h.OptOut, h.SetAt = out != 0, store.Time(at)
		return h, err
	})
	if err != nil {
		return w, fmt.Errorf("read channels: %w", err)
	}
	for _, h := range channels {
		before, ok := w.Channels[h.channel]
		if ok {
			if before.OptOut && !h.OptOut {
				h.OptOut, h.Why = true, before.Why
			}
			if before.Consent == ConsentRefused || h.Consent == ConsentUnknown {
				h.Consent = before.Consent
			}
		}
		w.Channels[h.channel] = h.Wish
	}
	return w, nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
