package desk

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Entry is a place where people find service, with its figures.
type Entry struct {
	Merchant live.MerchantID
	ID       string
	Type     care.EntryType
	Title    string
	Scope    string // the shop, group, room or page where it stands
	Persona  care.Persona
	Need     string        // the need it came from
	Person   live.PersonID // whose it is, if personal
	Agent    string        // who made it
	Created  time.Time
	Retired  time.Time // zero: in use

	Exposed  int64 // times it was shown, as the facts say
	Opened   int64 // times it was opened
	Sessions int64 // that began there
	Resolved int64 // of them
}

// EntryPatch changes an entry; nil leaves a member as it is.
type EntryPatch struct {
	Title, Scope *string
	Persona      *care.Persona
}

// EntryFilter selects entries. Zero members do not restrict.
type EntryFilter struct {
	Merchant live.MerchantID
	Type     care.EntryType
	Person   live.PersonID
	Retired  bool // those too
	Cursor   string
	Limit    int
}

const entryColumns = `merchant_id, entry_id, type, title, scope, persona, from_need_id, person_id, agent_id, created_at, retired_at, exposed, opened`

func scanEntry(r store.Scanner) (e Entry, err error) {
	var created, retired int64
	err = r.Scan(&e.Merchant, &e.ID, &e.Type, &e.Title, &e.Scope, &e.Persona, &e.Need, &e.Person, &e.Agent, &created, &retired, &e.Exposed, &e.Opened)
	e.Created, e.Retired = store.Time(created), store.Time(retired)
	return e, err
}

func entryNotFound() error { return live.NotFound("entry_not_found", "there is no such service entry") }

func findEntry(q store.Querier, m live.MerchantID, id string) (Entry, error) {
	e, err := scanEntry(q.Row(`SELECT `+entryColumns+` FROM service_entries WHERE merchant_id = ? AND entry_id = ?`, string(m), id))
	if none(err) {
		return e, entryNotFound()
	}
	if err != nil {
		return e, fmt.Errorf("read a service entry: %w", err)
	}
	return e, nil
}

// CreateEntry opens a service entry. An agent may make personal ones, for people
// who are theirs; the others take the right to write. Codes: "invalid_field",
// "role_forbidden", "person_forbidden", "entry_exists".
func (d *Desk) CreateEntry(ctx context.Context, by live.Principal, e Entry) (Entry, error) {
	e.ID = cmp.Or(e.ID, "ent_"+d.cfg.NewID())
	if err := validID("entry_id", e.ID); err != nil {
		return Entry{}, err
	}
	if err := care.CheckEntry(e.Type, e.Title, e.Scope, e.Persona, e.Need, e.Person); err != nil {
		return Entry{}, err
	}
	if e.Type != care.EntryPersonal && !supervises(by) {
		return Entry{}, live.Forbidden("role_forbidden", "the role %s makes personal entries only", by.Role)
	}
	e.Agent = by.Subject
	err := d.change(ctx, e.Merchant, by, func(c *change) error {
		if e.Person != "" {
			if err := c.mayServe(e.Person); err != nil {
				return err
			}
		}
		e.Created = c.Now()
		n, err := c.Exec(`INSERT INTO service_entries (`+entryColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0) ON CONFLICT (merchant_id, entry_id) DO NOTHING`,
			string(e.Merchant), e.ID, string(e.Type), e.Title, e.Scope, string(e.Persona), e.Need, string(e.Person), e.Agent, store.Millis(e.Created))
		if err != nil {
			return fmt.Errorf("write a service entry: %w", err)
		}
		if n == 0 {
			return live.Conflict("entry_exists", "there is a service entry of this name")
		}
		return c.tellEntry(live.ServiceEntryCreated, &e)
	})
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// tellEntry states what became of an entry, and who did it.
func (c *change) tellEntry(kind live.Kind, e *Entry) error {
	data := map[string]any{"entry_id": e.ID, "entry_type": e.Type, "title": e.Title, "scope": e.Scope, "persona": e.Persona}
	if e.Need != "" {
		data["from_need_id"] = e.Need
	}
	if _, err := c.Emit(live.Event{Kind: kind, Merchant: c.m, Person: e.Person, Actor: c.by.Actor()}, data); err != nil {
		return err
	}
	return c.audit(string(kind), map[string]any{"entry_id": e.ID})
}

// UpdateEntry changes the words of an entry in use. Codes: "entry_not_found",
// "entry_retired", "role_forbidden", "invalid_field".
func (d *Desk) UpdateEntry(ctx context.Context, m live.MerchantID, by live.Principal, id string, p EntryPatch) (Entry, error) {
	return d.turnEntry(ctx, m, by, id, live.ServiceEntryUpdated, func(e *Entry, _ time.Time) error {
		if p.Title != nil {
			e.Title = *p.Title
		}
		if p.Scope != nil {
			e.Scope = *p.Scope
		}
		if p.Persona != nil {
			e.Persona = *p.Persona
		}
		return care.CheckEntry(e.Type, e.Title, e.Scope, e.Persona, e.Need, e.Person)
	})
}

// RetireEntry takes an entry out of use: no session opens there any more. Codes:
// "entry_not_found", "entry_retired", "role_forbidden".
func (d *Desk) RetireEntry(ctx context.Context, m live.MerchantID, by live.Principal, id string) (Entry, error) {
	return d.turnEntry(ctx, m, by, id, live.ServiceEntryRetired, func(e *Entry, now time.Time) error {
		e.Retired = now
		return nil
	})
}

func (d *Desk) turnEntry(ctx context.Context, m live.MerchantID, by live.Principal, id string, kind live.Kind, turn func(*Entry, time.Time) error) (out Entry, err error) {
	err = d.change(ctx, m, by, func(c *change) error {
		e, err := findEntry(c.Querier, m, id)
		if err != nil {
			return err
		}
		if !supervises(by) && (e.Type != care.EntryPersonal || e.Agent != by.Subject) {
			return entryNotFound()
		}
		if !e.Retired.IsZero() {
			return live.Conflict("entry_retired", "the service entry is out of use")
		}
		if err := turn(&e, c.Now()); err != nil {
			return err
		}
		if _, err := c.Exec(`UPDATE service_entries SET title = ?, scope = ?, persona = ?, retired_at = ? WHERE merchant_id = ? AND entry_id = ?`,
			e.Title, e.Scope, string(e.Persona), store.Millis(e.Retired), string(m), id); err != nil {
			return fmt.Errorf("change a service entry: %w", err)
		}
		out = e
		return c.tellEntry(kind, &e)
	})
	if err != nil {
		return Entry{}, err
	}
	return out, d.figure(d.cfg.Store.View(ctx), m, []*Entry{&out})
}

// Entry reads one with its figures. A personal entry is for who supervises, for
// who made it, and for who asks with the right to ask. Codes: "entry_not_found".
func (d *Desk) Entry(ctx context.Context, m live.MerchantID, by live.Principal, id string) (Entry, error) {
	q := d.cfg.Store.View(ctx)
	e, err := findEntry(q, m, id)
	if err != nil {
		return e, err
	}
	if e.Type == care.EntryPersonal && !supervises(by) && e.Agent != by.Subject {
		return Entry{}, entryNotFound()
	}
	return e, d.figure(q, m, []*Entry{&e})
}

// Entries lists entries, last made first, with the cursor of the next page. Who
// does not supervise sees no personal entries but their own.
func (d *Desk) Entries(ctx context.Context, by live.Principal, f EntryFilter) ([]Entry, string, error) {
	p, err := store.OpenPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	var w store.Where
	w.Add("merchant_id = ?", string(f.Merchant))
	if f.Type != "" {
		w.Add("type = ?", string(f.Type))
	}
	q := d.cfg.Store.View(ctx)
	if f.Person != "" {
		all, err := names(q, f.Merchant, f.Person)
		if err != nil {
			return nil, "", err
		}
		store.WhereIn(&w, "person_id", all)
	}
	if !f.Retired {
		w.Add("retired_at = 0")
	}
	if !supervises(by) {
		w.Add("(type <> 'personal' OR agent_id = ?)", by.Subject)
	}
	p.After(&w, "created_at", "entry_id")
	rows, err := q.Query(`SELECT `+entryColumns+` FROM service_entries`+w.SQL()+` ORDER BY created_at DESC, entry_id DESC LIMIT ?`, w.Args(p.Limit())...)
	list, err := store.Collect(rows, err, scanEntry)
	if err != nil {
		return nil, "", fmt.Errorf("list service entries: %w", err)
	}
	list, next := store.Cut(p, list, func(e Entry) (time.Time, string) { return e.Created, e.ID })
	all := make([]*Entry, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return list, next, d.figure(q, f.Merchant, all)
}

// figure adds to entries what came of their sessions.
func (d *Desk) figure(q store.Querier, m live.MerchantID, entries []*Entry) error {
	if len(entries) == 0 {
		return nil
	}
	byID, ids := map[string]*Entry{}, []string{}
	for _, e := range entries {
		byID[e.ID], ids = e, append(ids, e.ID)
	}
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	w.Add("rehearsal = 0")
	store.WhereIn(&w, "entry_id", ids)
	rows, err := q.Query(`SELECT entry_id, COUNT(*), SUM(CASE WHEN state = 'closed' AND resolution = 'resolved' THEN 1 ELSE 0 END) FROM service_sessions`+w.SQL()+` GROUP BY entry_id`, w.Args()...)
	_, err = store.Collect(rows, err, func(r store.Scanner) (nothing struct{}, err error) {
		var id string
		var sessions, resolved int64
		if err = r.Scan(&id, &sessions, &resolved); err == nil {
			byID[id].Sessions, byID[id].Resolved = sessions, resolved
		}
		return nothing, err
	})
	if err != nil {
		return fmt.Errorf("count the sessions of entries: %w", err)
	}
	return nil
}
