package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Open asks for a session.
type Open struct {
	Merchant  live.MerchantID
	Entry     string // empty: none
	Person    live.PersonID
	Channel   string
	Room      live.RoomID
	Show      live.ShowID
	Rehearsal bool
	Persona   care.Persona // empty: what the entry says, or anybody
	Text      string       // the first word; may be empty unless an agent opens
	MessageID string
	Kind      care.MessageKind
}

// Opened is a session with the message that opened it.
type Opened struct {
	Session Session
	Message *Message // nil: nothing was said
	Existed bool     // the person had it open already
}

// Open opens a session for a person at an entry, or goes on with the one they have
// open there. With the bot on it begins there; with nobody to answer it waits in
// the queue. An agent who opens one for a person of theirs has it. Codes:
// "entry_not_found", "entry_retired", "person_forbidden", "rate_limited",
// "invalid_field", and those of [Desk.Say].
func (d *Desk) Open(ctx context.Context, by live.Principal, in Open) (out Opened, err error) {
	if err := d.checkOpen(by, &in); err != nil {
		return out, err
	}
	first := Say{Merchant: in.Merchant, ID: in.MessageID, Kind: in.Kind, Text: in.Text}
	if in.Text != "" || speaker(by) == care.ByAgent {
		if err := first.check(d, by); err != nil {
			return out, err
		}
	}
	err = d.change(ctx, in.Merchant, by, func(c *change) error {
		out = Opened{}
		all, err := names(c.Querier, in.Merchant, in.Person)
		if err != nil {
			return err
		}
		persona, err := c.admit(&in, all)
		if err != nil {
			return err
		}
		s, err := c.openOne(&in, all)
		if err != nil {
			return err
		}
		if out.Existed = s != nil; !out.Existed {
			if s, err = c.begin(&in, all, persona); err != nil {
				return err
			}
		} else if ok, err := sees(c.Querier, by, s); err != nil || !ok {
			return cmp.Or(err, error(live.Conflict("session_open", "somebody else serves this person there")))
		}
		if in.Text != "" {
			m, err := c.say(s, first)
			if err != nil {
				return err
			}
			out.Message = &m
		}
		out.Session = *s
		return c.save(s)
	})
	if err != nil {
		return Opened{}, err
	}
	return out, nil
}

func (d *Desk) checkOpen(by live.Principal, in *Open) error {
	if in.Entry != "" {
		if err := validID("entry_id", in.Entry); err != nil {
			return err
		}
	}
	if by.Role == live.RoleViewer {
		in.Person = live.PersonID(by.Subject)
	}
	switch {
	case !live.ValidID(string(in.Person)):
		return live.Invalid("invalid_field", "person_id", "must be an identifier")
	case !in.Persona.Valid():
		return live.Invalid("invalid_field", "persona", "must be expert, account_manager, product or after_sale")
	case in.Channel != "":
		return care.CheckText("channel", in.Channel, care.MaxScopeRunes)
	}
	return nil
}

// admit checks the entry and who may use it, and says who is wanted.
func (c *change) admit(in *Open, all []live.PersonID) (care.Persona, error) {
	if speaker(c.by) == care.ByAgent {
		if err := c.mayServe(in.Person); err != nil {
			return "", err
		}
	}
	if in.Entry == "" {
		return in.Persona, nil
	}
	e, err := findEntry(c.Querier, c.m, in.Entry)
	if err != nil {
		return "", err
	}
	if e.Type == care.EntryPersonal && !slices.Contains(all, e.Person) {
		return "", entryNotFound()
	}
	if !e.Retired.IsZero() {
		return "", live.Conflict("entry_retired", "the service entry is out of use")
	}
	return cmp.Or(in.Persona, e.Persona), nil
}

// openOne is the session a person has open at an entry, nil if none.
func (c *change) openOne(in *Open, all []live.PersonID) (*Session, error) {
	var w store.Where
	w.Add("merchant_id = ?", string(c.m))
	w.Add("entry_id = ?", in.Entry)
	w.Add("state <> 'closed'")
	store.WhereIn(&w, "person_id", all)
	s, err := scanSession(c.Row(`SELECT `+sessionColumns+` FROM service_sessions`+w.SQL()+` ORDER BY opened_at, session_id LIMIT 1`, w.Args()...))
	if none(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for an open session: %w", err)
	}
	return &s, nil
}

// begin makes a session.
func (c *change) begin(in *Open, all []live.PersonID, persona care.Persona) (*Session, error) {
	if err := c.opensPace(all); err != nil {
		return nil, err
	}
	s := &Session{
		Merchant: c.m, ID: "ses_" + c.desk.cfg.NewID(), Entry: in.Entry, Person: in.Person, Channel: in.Channel, Room: in.Room, Show: in.Show, Rehearsal: in.Rehearsal,
		Persona: persona, Initiated: speaker(c.by), State: care.StateBot, OpenedAt: c.Now(), LastAt: c.Now(),
	}
	set, err := c.settings()
	if err != nil {
		return nil, err
	}
	actor := c.asker(s)
	if s.Initiated == care.ByAgent {
		actor = c.by.Actor()
	}
	data := map[string]any{"channel": s.Channel, "initiated_by": s.Initiated, "persona": s.Persona}
	if s.Show != "" {
		data["show_id"] = s.Show
	}
	if s.Initiated == care.ByAgent {
		data["agent_id"] = c.by.Subject
	}
	// The row is there before what refers to it.
	if err := c.save(s); err != nil {
		return nil, err
	}
	if err := c.emit(live.ServiceStarted, s, actor, data); err != nil {
		return nil, err
	}
	switch {
	case s.Initiated == care.ByAgent:
		s.QueuedAt = c.Now()
		if err := c.hire(c.by); err != nil {
			return nil, err
		}
		return s, c.give(s, c.by.Subject)
	case !set.Bot:
		return s, c.queue(s)
	}
	return s, c.turn(s, turnSession, "", "", 0, "")
}

// opensPace refuses a person who opens session after session.
func (c *change) opensPace(all []live.PersonID) error {
	if speaker(c.by) == care.ByAgent {
		return nil
	}
	var w store.Where
	w.Add("merchant_id = ?", string(c.m))
	store.WhereIn(&w, "person_id", all)
	since := c.Now().Add(-openWindow)
	w.Add("opened_at > ?", store.Millis(since))
	var n, oldest int64
	if err := c.Row(`SELECT COUNT(*), COALESCE(MIN(opened_at), 0) FROM service_sessions`+w.SQL(), w.Args()...).Scan(&n, &oldest); err != nil {
		return fmt.Errorf("count sessions: %w", err)
	}
	if n >= openMost {
		return live.RateLimited(max(store.Time(oldest).Sub(since), time.Millisecond), "at most %d sessions an hour", openMost)
	}
	return nil
}

// reopen takes a closed session up again: to the queue, with new promises.
func (c *change) reopen(s *Session) error {
	s.Reopened++
	s.Resolution, s.ClosedAt, s.Resolve, s.ResolveBusiness = "", time.Time{}, 0, 0
	s.QueuedAt, s.ResolveBreached = time.Time{}, time.Time{}
	if s.RepliedAt.IsZero() {
		s.ReplyBreached = time.Time{} // They are promised a first word again; one that came late stays late.
	}
	if err := c.emit(live.ServiceReopened, s, c.asker(s), map[string]any{}); err != nil {
		return err
	}
	return c.queue(s)
}
