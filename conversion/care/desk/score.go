package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Score is how one agent served, as far as the desk knows: the sessions they
// served last, those they were given, and what they wrote in sessions.
type Score struct {
	Agent string
	Figures
	ReplyMedian int64 // ms by nearest rank, of Replied
	ReplyP95    int64
	Kept        int64 // of Asked, with a first word before its promise was broken
	Judged      int64 // of Asked, with a first word or a broken promise
	Reopened    int64 // sessions that were taken up again after a close
	Ended       int64 // sessions that were closed, whether taken up again or not
	Given       int64 // sessions that were given to them in the span
	Passed      int64 // of them, which they passed on themselves
	Care, Sell  int64 // their messages of the kinds that care, and that sell
	Personas    []PersonaCount
}

// PersonaCount are sessions by the persona that was asked for; empty: any.
type PersonaCount struct {
	Persona  care.Persona
	Sessions int64
}

// Scores are the agents of the span of a filter, by name. Its entry and show
// restrict sessions; so does its agent everything. Codes: "invalid_field".
func (d *Desk) Scores(ctx context.Context, f FigureFilter) ([]Score, error) {
	return ScoresIn(d.cfg.Store.View(ctx), f)
}

// ScoresIn is [Desk.Scores] of what q reads, such as the last word in a change.
func ScoresIn(q store.Querier, f FigureFilter) ([]Score, error) {
	if !f.From.Before(f.Until) {
		return nil, live.Invalid("invalid_field", "to", "must be after from")
	}
	x := scores{q: q, f: &f, by: map[string]*Score{}}
	for _, read := range []func() error{x.sessions, x.times, x.personas, x.given, x.words} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	out := make([]Score, 0, len(x.by))
	for _, agent := range slices.Sorted(maps.Keys(x.by)) {
		out = append(out, *x.by[agent])
	}
	return out, nil
}

// scores gathers scores while they are read.
type scores struct {
	q  store.Querier
	f  *FigureFilter
	by map[string]*Score
}

func (x *scores) of(agent string) *Score {
	if x.by[agent] == nil {
		x.by[agent] = &Score{Agent: agent}
	}
	return x.by[agent]
}

// where restricts rows to a span and to an agent; nobody's are left out.
func (x *scores) where(agent, at string) (w store.Where) {
	w.Add("s.merchant_id = ?", string(x.f.Merchant))
	w.Add(at+" >= ?", store.Millis(x.f.From))
	w.Add(at+" < ?", store.Millis(x.f.Until))
	w.Add("s.rehearsal = 0")
	for _, c := range [][2]string{{agent, x.f.Agent}, {"s.entry_id", x.f.Entry}, {"s.show_id", string(x.f.Show)}} {
		if c[1] != "" {
			w.Add(c[0]+" = ?", c[1])
		}
	}
	w.Add(agent + " <> ''")
	return w
}

func (x *scores) sessions() error {
	w := x.where("s.last_agent_id", "s.opened_at")
	return x.each(`SELECT s.last_agent_id, `+figureColumns+
		sumOf(askedHuman+` AND replied_at > 0 AND reply_breached_at = 0`, `1`)+sumOf(askedHuman+` AND (replied_at > 0 OR reply_breached_at > 0)`, `1`)+
		sumOf(`reopened > 0`, `1`)+sumOf(`(reopened > 0 OR state = 'closed')`, `1`)+` FROM service_sessions s`+w.SQL()+` GROUP BY s.last_agent_id`, w, func(r store.Scanner) error {
		var s Score
		if err := r.Scan(append(append([]any{&s.Agent}, s.Figures.columns()...), &s.Kept, &s.Judged, &s.Reopened, &s.Ended)...); err != nil {
			return err
		}
		*x.of(s.Agent) = s
		return nil
	})
}

// times finds the median and the 95th percentile of first responses: the least
// time that so many of all are not above.
func (x *scores) times() error {
	w := x.where("s.last_agent_id", "s.opened_at")
	w.Add(askedHuman + ` AND replied_at > 0`)
	return x.each(`SELECT agent, MIN(CASE WHEN 2 * nth >= n THEN reply_ms END), MIN(CASE WHEN 100 * nth >= 95 * n THEN reply_ms END) FROM (
			SELECT s.last_agent_id AS agent, reply_ms, ROW_NUMBER() OVER (PARTITION BY s.last_agent_id ORDER BY reply_ms) AS nth, COUNT(*) OVER (PARTITION BY s.last_agent_id) AS n
			FROM service_sessions s`+w.SQL()+`) AS ranked GROUP BY agent`, w, func(r store.Scanner) error {
		var agent string
		var median, p95 int64
		err := r.Scan(&agent, &median, &p95)
		s := x.of(agent)
		s.ReplyMedian, s.ReplyP95 = median, p95
		return err
	})
}

func (x *scores) personas() error {
	w := x.where("s.last_agent_id", "s.opened_at")
	err := x.each(`SELECT s.last_agent_id, s.persona, COUNT(*) FROM service_sessions s`+w.SQL()+` GROUP BY s.last_agent_id, s.persona`, w, func(r store.Scanner) error {
		var agent string
		var p PersonaCount
		err := r.Scan(&agent, &p.Persona, &p.Sessions)
		s := x.of(agent)
		s.Personas = append(s.Personas, p)
		return err
	})
	for _, s := range x.by {
		slices.SortFunc(s.Personas, func(a, b PersonaCount) int { return cmp.Compare(a.Persona, b.Persona) })
	}
	return err
}

func (x *scores) given() error {
	w := x.where("h.agent_id", "h.given_at")
	return x.each(`SELECT h.agent_id, COUNT(*)`+sumOf(`h.passed_at > 0`, `1`)+` FROM service_hands h
		INNER JOIN service_sessions s ON s.merchant_id = h.merchant_id AND s.session_id = h.session_id`+w.SQL()+` GROUP BY h.agent_id`, w, func(r store.Scanner) error {
		var agent string
		var given, passed int64
		err := r.Scan(&agent, &given, &passed)
		s := x.of(agent)
		s.Given, s.Passed = given, passed
		return err
	})
}

func (x *scores) words() error {
	w := x.where("m.agent_id", "m.at")
	w.Add("m.said_by = 'agent'")
	return x.each(`SELECT m.agent_id`+sumOf(`m.kind IN ('share', 'qa', 'care')`, `1`)+sumOf(`m.kind = 'recommend'`, `1`)+` FROM service_messages m
		INNER JOIN service_sessions s ON s.merchant_id = m.merchant_id AND s.session_id = m.session_id`+w.SQL()+` GROUP BY m.agent_id`, w, func(r store.Scanner) error {
		var agent string
		var caring, selling int64
		err := r.Scan(&agent, &caring, &selling)
		s := x.of(agent)
		s.Care, s.Sell = caring, selling
		return err
	})
}

// each reads rows one by one.
func (x *scores) each(query string, w store.Where, take func(store.Scanner) error) error {
	rows, err := x.q.Query(query, w.Args()...)
	_, err = store.Collect(rows, err, func(r store.Scanner) (struct{}, error) { return struct{}{}, take(r) })
	if err != nil {
		return fmt.Errorf("read how agents served: %w", err)
	}
	return nil
}

// givenTo notes that an agent has a session from now on.
func (c *change) givenTo(s *Session, agent string) error {
	if _, err := c.Exec(`INSERT INTO service_hands (merchant_id, session_id, agent_id, given_at, passed_at) VALUES (?, ?, ?, ?, 0)
		ON CONFLICT (merchant_id, session_id, agent_id) DO NOTHING`, string(c.m), s.ID, agent, store.Millis(c.Now())); err != nil {
		return fmt.Errorf("note who was given a session: %w", err)
	}
	return nil
}

// passedOn notes that an agent passed a session on themselves.
func (c *change) passedOn(s *Session, agent string, at time.Time) error {
	if _, err := c.Exec(`UPDATE service_hands SET passed_at = ? WHERE merchant_id = ? AND session_id = ? AND agent_id = ?`, store.Millis(at), string(c.m), s.ID, agent); err != nil {
		return fmt.Errorf("note who passed a session on: %w", err)
	}
	return nil
}
