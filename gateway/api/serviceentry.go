package api

import (
	"context"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// ServiceEntry is a place where people find service, with its figures.
type ServiceEntry struct {
	EntryID    string        `json:"entry_id"`
	MerchantID string        `json:"merchant_id"`
	Type       string        `json:"type" enum:"shop,group,live_room,mini_program,custom,personal"`
	Title      string        `json:"title"`
	Scope      string        `json:"scope,omitempty" doc:"The shop, group, room or page where it stands."`
	Persona    string        `json:"persona,omitempty" enum:"expert,account_manager,product,after_sale" doc:"Who answers there; left out: anybody."`
	FromNeedID string        `json:"from_need_id,omitempty" doc:"The need it came from."`
	PersonID   string        `json:"person_id,omitempty" doc:"Of a personal entry: for whom it was made."`
	AgentID    string        `json:"agent_id" doc:"Who made it."`
	CreatedAt  Time          `json:"created_at"`
	RetiredAt  *Time         `json:"retired_at,omitempty" doc:"Since when it is out of use."`
	Figures    EntryFigures  `json:"figures"`
	Rates      []EntryFigure `json:"rates" doc:"service_open_rate: opened by exposed; entry_resolved_rate: resolved by sessions. Value is null while the denominator is 0."`
}

// EntryFigures count what came of an entry.
type EntryFigures struct {
	Exposed  int64 `json:"exposed" doc:"Times it was shown: facts service_entry_exposed."`
	Opened   int64 `json:"opened" doc:"Times it was opened: facts service_entry_opened."`
	Sessions int64 `json:"sessions" doc:"That began there; those of rehearsals do not count."`
	Resolved int64 `json:"resolved" doc:"Of them, closed as resolved."`
}

// EntryFigure is a rate with what it was made of.
type EntryFigure struct {
	Key         string   `json:"key" enum:"service_open_rate,entry_resolved_rate"`
	Numerator   int64    `json:"numerator"`
	Denominator int64    `json:"denominator"`
	Value       *float64 `json:"value"`
}

func rateOf(key string, num, den int64) EntryFigure {
	f := EntryFigure{Key: key, Numerator: num, Denominator: den}
	if den > 0 {
		v := float64(num) / float64(den)
		f.Value = &v
	}
	return f
}

// NewServiceEntry is the body of POST /v1/service/entries.
type NewServiceEntry struct {
	EntryID    string `json:"entry_id,omitempty"`
	Type       string `json:"type" enum:"shop,group,live_room,mini_program,custom,personal"`
	Title      string `json:"title" maxLength:"80"`
	Scope      string `json:"scope,omitempty" maxLength:"128"`
	Persona    string `json:"persona,omitempty" enum:"expert,account_manager,product,after_sale"`
	FromNeedID string `json:"from_need_id,omitempty"`
	PersonID   string `json:"person_id,omitempty" doc:"Required of a personal entry, and of no other."`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// ServiceEntryPatch is the body of PATCH /v1/service/entries/{entry_id}.
type ServiceEntryPatch struct {
	Title   *string `json:"title,omitempty" maxLength:"80"`
	Scope   *string `json:"scope,omitempty" maxLength:"128"`
	Persona *string `json:"persona,omitempty" enum:",expert,account_manager,product,after_sale"`
}

type serviceEntryOutput struct{ Body ServiceEntry }

func serviceEntryOf(e desk.Entry) ServiceEntry {
	return ServiceEntry{
		EntryID: e.ID, MerchantID: string(e.Merchant), Type: string(e.Type), Title: e.Title, Scope: e.Scope, Persona: string(e.Persona), FromNeedID: e.Need,
		PersonID: string(e.Person), AgentID: e.Agent, CreatedAt: Time{e.Created}, RetiredAt: timeOf(e.Retired),
		Figures: EntryFigures{e.Exposed, e.Opened, e.Sessions, e.Resolved},
		Rates:   []EntryFigure{rateOf("service_open_rate", e.Opened, e.Exposed), rateOf("entry_resolved_rate", e.Resolved, e.Sessions)},
	}
}

// ServiceEntryPath is the path of one entry.
type ServiceEntryPath struct {
	EntryID    string `path:"entry_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

const serviceTag = "Service"

// services are the routes of the service desk.
func (a *API) services() {
	a.serviceEntries()
	a.serviceSessions()
	a.serviceContexts()
	a.serviceFigures()
	a.serviceAgents()
	a.serviceLeaves()
	a.serviceRules()
}

func (a *API) serviceEntries() {
	read, serve := []live.Action{live.ActServiceRead}, []live.Action{live.ActServe}
	add(a, Route{
		ID: "create-service-entry", Method: "POST", Path: "/v1/service/entries", Tag: serviceTag, Summary: "Open a service entry",
		Text:    "Merchants and operators make entries of every type; other staff personal ones, on the fly, for people they serve.",
		Actions: serve, status: 201, body: NewServiceEntry{}, example: map[string]any{"type": "live_room", "title": "Ask the size expert", "scope": "r1", "persona": "expert"},
	}, a.createServiceEntry)
	add(a, Route{
		ID: "list-service-entries", Method: "GET", Path: "/v1/service/entries", Tag: serviceTag, Summary: "List service entries with their figures, last made first",
		Text: "Personal entries are shown to who made them and to merchants and operators.", Actions: read,
	}, a.listServiceEntries)
	add(a, Route{ID: "get-service-entry", Method: "GET", Path: "/v1/service/entries/{entry_id}", Tag: serviceTag, Summary: "Read a service entry with its figures", Actions: read}, a.getServiceEntry)
	add(a, Route{
		ID: "update-service-entry", Method: "PATCH", Path: "/v1/service/entries/{entry_id}", Tag: serviceTag, Summary: "Change a service entry",
		Text: "Out of use it is 409 `entry_retired`.", Actions: serve, body: ServiceEntryPatch{}, example: map[string]any{"title": "Ask about sizes"},
	}, a.updateServiceEntry)
	add(a, Route{
		ID: "retire-service-entry", Method: "POST", Path: "/v1/service/entries/{entry_id}/retire", Tag: serviceTag, Summary: "Take a service entry out of use",
		Text: "No session opens there any more; its figures stay.", Actions: serve,
	}, a.retireServiceEntry)
}

func (a *API) createServiceEntry(ctx context.Context, p live.Principal, in *rawBody) (*serviceEntryOutput, error) {
	b, err := decode[NewServiceEntry](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	e, err := a.cfg.Desk.CreateEntry(ctx, p, desk.Entry{
		Merchant: m, ID: b.EntryID, Type: care.EntryType(b.Type), Title: b.Title, Scope: b.Scope, Persona: care.Persona(b.Persona), Need: b.FromNeedID, Person: live.PersonID(b.PersonID),
	})
	if err != nil {
		return nil, err
	}
	return &serviceEntryOutput{serviceEntryOf(e)}, nil
}

func (a *API) listServiceEntries(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	Type       string `query:"type" enum:"shop,group,live_room,mini_program,custom,personal"`
	PersonID   string `query:"person_id" doc:"Personal entries of this person."`
	Retired    bool   `query:"retired" doc:"Those out of use too."`
},
) (*listOutput[ServiceEntry], error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Desk.Entries(ctx, p, desk.EntryFilter{
		Merchant: m, Type: care.EntryType(in.Type), Person: live.PersonID(in.PersonID), Retired: in.Retired, Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return listOf(list, next, serviceEntryOf), nil
}

func (a *API) getServiceEntry(ctx context.Context, p live.Principal, in *ServiceEntryPath) (*serviceEntryOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	e, err := a.cfg.Desk.Entry(ctx, m, p, in.EntryID)
	if err != nil {
		return nil, err
	}
	return &serviceEntryOutput{serviceEntryOf(e)}, nil
}

func (a *API) updateServiceEntry(ctx context.Context, p live.Principal, in *struct {
	ServiceEntryPath
	rawBody
},
) (*serviceEntryOutput, error) {
	b, err := decode[ServiceEntryPatch](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	e, err := a.cfg.Desk.UpdateEntry(ctx, m, p, in.EntryID, desk.EntryPatch{Title: b.Title, Scope: b.Scope, Persona: (*care.Persona)(b.Persona)})
	if err != nil {
		return nil, err
	}
	return &serviceEntryOutput{serviceEntryOf(e)}, nil
}

func (a *API) retireServiceEntry(ctx context.Context, p live.Principal, in *ServiceEntryPath) (*serviceEntryOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	e, err := a.cfg.Desk.RetireEntry(ctx, m, p, in.EntryID)
	if err != nil {
		return nil, err
	}
	return &serviceEntryOutput{serviceEntryOf(e)}, nil
}
