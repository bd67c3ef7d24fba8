package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Session is a conversation with one person, from its opening to its close.
type Session struct {
	Merchant  live.MerchantID
	ID        string
	Entry     string
	Person    live.PersonID // the name under which they asked
	Channel   string
	Room      live.RoomID
	Show      live.ShowID
	Rehearsal bool
	Persona   care.Persona // who is wanted; empty: anybody
	Initiated care.By      // viewer or agent
	State     care.State
	Agent     string // who serves; only while assigned
	LastAgent string // who served last
	avoid     string // who passed it on: not them again while others can

	HandedOver care.HandOver // why the bot gave up; empty: it did not
	given      []string      // answers of the bot
	Tags       []string
	Resolution care.Resolution
	Score      int64     // 0: not rated
	RatingAt   time.Time // when a rating was asked for
	Messages   int64
	Waiting    time.Time // since when the person waits for a word; zero: they do not

	LastAt, OpenedAt, QueuedAt, AssignedAt, RepliedAt, ClosedAt time.Time

	// What was promised, and when it was broken; zero: it was not.
	ReplyDue, ResolveDue, ReplyBreached, ResolveBreached time.Time
	// From the opening to the first word of a human and to the close, on the wall
	// and in business hours; meaningful once RepliedAt and ClosedAt are set.
	Reply, ReplyBusiness, Resolve, ResolveBusiness time.Duration
	Reopened                                       int64
}

const sessionColumns = `merchant_id, session_id, entry_id, person_id, channel, room_id, show_id, rehearsal, persona, initiated_by, state, agent_id, last_agent_id, avoid_agent_id,
	handed_over, bot_given, tags, resolution, score, rating_asked_at, messages, waiting_since, last_at, opened_at, queued_at, assigned_at, replied_at, closed_at,
	reply_due_at, resolve_due_at, reply_breached_at, resolve_breached_at, reply_ms, reply_business_ms, resolve_ms, resolve_business_ms, reopened`

func scanSession(r store.Scanner) (s Session, err error) {
	var rehearsal int64
	var given, tags string
	var at [12]int64
	var took [4]int64
	if err = r.Scan(&s.Merchant, &s.ID, &s.Entry, &s.Person, &s.Channel, &s.Room, &s.Show, &rehearsal, &s.Persona, &s.Initiated, &s.State, &s.Agent, &s.LastAgent, &s.avoid,
		&s.HandedOver, &given, &tags, &s.Resolution, &s.Score, &at[0], &s.Messages, &at[1], &at[2], &at[3], &at[4], &at[5], &at[6], &at[7],
		&at[8], &at[9], &at[10], &at[11], &took[0], &took[1], &took[2], &took[3], &s.Reopened); err != nil {
		return s, err
	}
	for i, t := range s.times() {
		*t = store.Time(at[i])
	}
	for i, d := range s.spans() {
		*d = time.Duration(took[i]) * time.Millisecond
	}
	s.Rehearsal = rehearsal != 0
	if s.given, err = listed[string](given); err != nil {
		return s, err
	}
	s.Tags, err = listed[string](tags)
	return s, err
}

// times and spans are in the order of the columns.
func (s *Session) times() [12]*time.Time {
	return [12]*time.Time{
		&s.RatingAt, &s.Waiting, &s.LastAt, &s.OpenedAt, &s.QueuedAt, &s.AssignedAt, &s.RepliedAt, &s.ClosedAt, &s.ReplyDue, &s.ResolveDue, &s.ReplyBreached, &s.ResolveBreached,
	}
}

func (s *Session) spans() [4]*time.Duration {
	return [4]*time.Duration{&s.Reply, &s.ReplyBusiness, &s.Resolve, &s.ResolveBusiness}
}

// values are those of the columns, in their order.
func (s *Session) values() []any {
	v := []any{
		string(s.Merchant), s.ID, s.Entry, string(s.Person), s.Channel, string(s.Room), string(s.Show), flag(s.Rehearsal), string(s.Persona), string(s.Initiated),
		string(s.State), s.Agent, s.LastAgent, s.avoid, string(s.HandedOver), texts(s.given), texts(s.Tags), string(s.Resolution), s.Score,
	}
	at := s.times()
	v = append(v, store.Millis(*at[0]), s.Messages)
	for _, t := range at[1:] {
		v = append(v, store.Millis(*t))
	}
	for _, d := range s.spans() {
		v = append(v, d.Milliseconds())
	}
	return append(v, s.Reopened)
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// save writes a session whole, new or not.
func (c *change) save(s *Session) error {
	_, err := c.Exec(`INSERT INTO service_sessions (`+sessionColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, session_id) DO UPDATE SET persona = excluded.persona, state = excluded.state, agent_id = excluded.agent_id, last_agent_id = excluded.last_agent_id,
			avoid_agent_id = excluded.avoid_agent_id, handed_over = excluded.handed_over, bot_given = excluded.bot_given, tags = excluded.tags, resolution = excluded.resolution,
			score = excluded.score, rating_asked_at = excluded.rating_asked_at, messages = excluded.messages, waiting_since = excluded.waiting_since, last_at = excluded.last_at,
			queued_at = excluded.queued_at, assigned_at = excluded.assigned_at, replied_at = excluded.replied_at, closed_at = excluded.closed_at, reply_due_at = excluded.reply_due_at,
			resolve_due_at = excluded.resolve_due_at, reply_breached_at = excluded.reply_breached_at, resolve_breached_at = excluded.resolve_breached_at, reply_ms = excluded.reply_ms,
			reply_business_ms = excluded.reply_business_ms, resolve_ms = excluded.resolve_ms, resolve_business_ms = excluded.resolve_business_ms, reopened = excluded.reopened`, s.values()...)
	if err != nil {
		return fmt.Errorf("write a service session: %w", err)
	}
	return nil
}

func sessionNotFound() error {
	return live.NotFound("session_not_found", "there is no such service session")
}

func findSession(q store.Querier, m live.MerchantID, id string) (Session, error) {
	s, err := scanSession(q.Row(`SELECT `+sessionColumns+` FROM service_sessions WHERE merchant_id = ? AND session_id = ?`, string(m), id))
	if none(err) {
		return s, sessionNotFound()
	}
	if err != nil {
		return s, fmt.Errorf("read a service session: %w", err)
	}
	return s, nil
}

// reach finds a session that somebody may see: their own, of a viewer; one they
// serve, served last or whose person is theirs, of staff; every one, of who
// supervises or brings people in from elsewhere. For anybody else it is not there.
func reach(q store.Querier, m live.MerchantID, by live.Principal, id string) (Session, error) {
	s, err := findSession(q, m, id)
	if err != nil {
		return s, err
	}
	ok, err := sees(q, by, &s)
	if err != nil {
		return s, err
	}
	if !ok {
		return Session{}, sessionNotFound()
	}
	return s, nil
}

func sees(q store.Querier, by live.Principal, s *Session) (bool, error) {
	if !by.SeesMerchant(s.Merchant) {
		return false, nil
	}
	if by.Role == live.RoleViewer {
		all, err := names(q, s.Merchant, live.PersonID(by.Subject))
		return err == nil && slices.Contains(all, s.Person), err
	}
	if by.Rooms != nil && !slices.Contains(by.Rooms, s.Room) {
		return false, nil
	}
	if supervises(by) || by.Role == live.RoleIntegration || s.Agent == by.Subject || s.Agent == "" && s.LastAgent == by.Subject {
		return true, nil
	}
	owner, err := ownerOf(q, s.Merchant, s.Person)
	return owner == by.Subject, err
}

// Session reads one that the caller may see. Codes: "session_not_found".
func (d *Desk) Session(ctx context.Context, m live.MerchantID, by live.Principal, id string) (Session, error) {
	return reach(d.cfg.Store.View(ctx), m, by, id)
}

// SessionFilter selects sessions. Zero members do not restrict.
type SessionFilter struct {
	Merchant live.MerchantID
	State    care.State
	Persona  care.Persona
	Agent    string
	Entry    string
	Person   live.PersonID
	Show     live.ShowID
	Cursor   string
	Limit    int
}

// Sessions lists those the caller may see, last opened first, with the cursor of
// the next page.
func (d *Desk) Sessions(ctx context.Context, by live.Principal, f SessionFilter) ([]Session, string, error) {
	p, err := store.OpenPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	q := d.cfg.Store.View(ctx)
	var w store.Where
	w.Add("merchant_id = ?", string(f.Merchant))
	for _, x := range [][2]string{{"state", string(f.State)}, {"persona", string(f.Persona)}, {"agent_id", f.Agent}, {"entry_id", f.Entry}, {"show_id", string(f.Show)}} {
		if x[1] != "" {
			w.Add(x[0]+" = ?", x[1])
		}
	}
	if by.Role == live.RoleViewer {
		f.Person = live.PersonID(by.Subject)
	}
	if f.Person != "" {
		all, err := names(q, f.Merchant, f.Person)
		if err != nil {
			return nil, "", err
		}
		store.WhereIn(&w, "person_id", all)
	}
	if by.Role != live.RoleViewer {
		scope(&w, by)
	}
	p.After(&w, "opened_at", "session_id")
	rows, err := q.Query(`SELECT `+sessionColumns+` FROM service_sessions`+w.SQL()+` ORDER BY opened_at DESC, session_id DESC LIMIT ?`, w.Args(p.Limit())...)
	list, err := store.Collect(rows, err, scanSession)
	if err != nil {
		return nil, "", fmt.Errorf("list service sessions: %w", err)
	}
	list, next := store.Cut(p, list, func(s Session) (time.Time, string) { return s.OpenedAt, s.ID })
	return list, next, nil
}

// scope restricts a list to what staff may see; it is [sees] in SQL.
func scope(w *store.Where, by live.Principal) {
	if by.Rooms != nil {
		store.WhereIn(w, "room_id", by.Rooms)
	}
	if !supervises(by) && by.Role != live.RoleIntegration {
		w.Add(`(agent_id = ? OR agent_id = '' AND last_agent_id = ? OR EXISTS (SELECT 1 FROM service_people p
			WHERE p.merchant_id = service_sessions.merchant_id AND p.person_id = service_sessions.person_id AND p.until_at = 0 AND p.agent_id = ?))`, by.Subject, by.Subject, by.Subject)
	}
}
