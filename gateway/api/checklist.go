package api

import (
	"context"
	"time"

	"showrunner/conversion/care/desk"
	"showrunner/live"
	"showrunner/live/store"
)

// Checklist is what is to be looked at before a show goes on air.
type Checklist struct {
	ShowID string          `json:"show_id"`
	Open   []string        `json:"open_items" doc:"What is not done, by item_id."`
	Blocks []string        `json:"blocking_items" doc:"Of them those for which start_show is refused."`
	Facts  []ChecklistFact `json:"facts" doc:"What the facts say by themselves."`
	Manual []ChecklistDone `json:"manual" doc:"What the merchant declared, in order."`
}

// ChecklistFact is an item that nobody ticks: it is done when the facts say so.
type ChecklistFact struct {
	ItemID string `json:"item_id" enum:"shelf,prices,stock,host,keywords,brief,rehearsal,service"`
	Done   bool   `json:"done"`
	Says   string `json:"says" doc:"What the facts say, for people."`
}

// ChecklistItem is an item that a merchant declares.
type ChecklistItem struct {
	ItemID   string `json:"item_id"`
	Title    string `json:"title" minLength:"1" maxLength:"120"`
	Blocking bool   `json:"blocking,omitempty" doc:"start_show is refused as checklist_open while it is open; rehearsals never are."`
}

// ChecklistDone is an item that a merchant declared and what became of it.
type ChecklistDone struct {
	ChecklistItem
	Done   bool   `json:"done"`
	DoneBy string `json:"done_by,omitempty"`
	Role   string `json:"done_role,omitempty"`
	DoneAt *Time  `json:"done_at,omitempty"`
	Note   string `json:"note,omitempty"`
}

// ChecklistPut is the body of PUT /v1/checklist.
type ChecklistPut struct {
	Items      []ChecklistItem `json:"items" maxItems:"50"`
	MerchantID string          `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// ChecklistTick is the body of PUT /v1/shows/{show_id}/checklist/{item_id}.
type ChecklistTick struct {
	Done bool   `json:"done"`
	Note string `json:"note,omitempty" maxLength:"200"`
}

type (
	checklistOutput    struct{ Body Checklist }
	checklistPutOutput struct {
		Body struct {
			Items []ChecklistItem `json:"items"`
		}
	}
)

func (a *API) checklists() {
	const tag, at = "Shows", "/v1/shows/{show_id}/checklist"
	read, write := []live.Action{live.ActBriefRead}, []live.Action{live.ActBriefWrite}
	add(a, Route{ID: "get-checklist-items", Method: "GET", Path: "/v1/checklist", Tag: tag, Summary: "Read what is declared to be done before shows", Actions: read}, a.getChecklistItems)
	add(a, Route{
		ID: "put-checklist-items", Method: "PUT", Path: "/v1/checklist", Tag: tag, Summary: "Declare what is to be done before shows",
		Text: "In place of what was declared. Who ticks an item, and when, is kept for each show.", Actions: write, body: ChecklistPut{},
		example: map[string]any{"items": []any{map[string]any{"item_id": "lights", "title": "灯光已检查", "blocking": true}, map[string]any{"item_id": "samples", "title": "样品到位"}}},
	}, a.putChecklistItems)
	add(a, Route{
		ID: "get-checklist", Method: "GET", Path: at, Tag: tag, Summary: "Read what is to be looked at before a show",
		Text: "What the facts say by themselves now, and what the merchant declared. Only what was declared blocking keeps a show from starting (409 `checklist_open`).", Actions: read,
	}, a.getChecklist)
	add(a, Route{
		ID: "tick-checklist", Method: "PUT", Path: at + "/{item_id}", Tag: tag, Summary: "Say that an item is done, or no longer", Actions: []live.Action{live.ActShowWrite},
		Text: "Said again it keeps who said it first.", body: ChecklistTick{}, example: map[string]any{"done": true, "note": "two lamps"}, errors: []int{404, 409},
	}, a.tickChecklist)
}

func (a *API) getChecklistItems(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*checklistPutOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	items, _, err := a.cfg.Store.Checklist(ctx, m, "")
	if err != nil {
		return nil, err
	}
	out := &checklistPutOutput{}
	out.Body.Items = []ChecklistItem{}
	for _, it := range items {
		out.Body.Items = append(out.Body.Items, ChecklistItem{it.ID, it.Title, it.Blocking})
	}
	return out, nil
}

func (a *API) putChecklistItems(ctx context.Context, p live.Principal, in *rawBody) (*checklistPutOutput, error) {
	b, err := decode[ChecklistPut](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := merchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if p.Rooms != nil {
		return nil, live.Forbidden("room_forbidden", "the checklist is of the whole merchant, and the token is limited to rooms")
	}
	items := make([]live.ChecklistItem, len(b.Items))
	for i, it := range b.Items {
		items[i] = live.ChecklistItem{ID: it.ItemID, Title: it.Title, Blocking: it.Blocking}
	}
	if err := a.cfg.Store.SetChecklist(ctx, m, items, p.Actor()); err != nil {
		return nil, err
	}
	out := &checklistPutOutput{}
	out.Body.Items = append([]ChecklistItem{}, b.Items...)
	return out, nil
}

func (a *API) tickChecklist(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	ItemID string `path:"item_id" maxLength:"128"`
	rawBody
},
) (*checklistOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	b, err := decode[ChecklistTick](in.RawBody)
	if err != nil {
		return nil, err
	}
	if err := a.cfg.Store.Tick(ctx, s.ID, in.ItemID, b.Done, b.Note, p.Actor()); err != nil {
		return nil, err
	}
	return a.checklistOf(ctx, p, &s)
}

func (a *API) getChecklist(ctx context.Context, p live.Principal, in *ShowPath) (*checklistOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	return a.checklistOf(ctx, p, &s)
}

func (a *API) checklistOf(ctx context.Context, p live.Principal, s *live.Show) (*checklistOutput, error) {
	out := Checklist{ShowID: string(s.ID), Open: []string{}, Blocks: []string{}, Facts: []ChecklistFact{}, Manual: []ChecklistDone{}}
	for _, look := range []func(context.Context, live.Principal, *live.Show) ([]ChecklistFact, error){a.shelfFacts, a.roomFacts, a.briefFact, a.rehearsalFact, a.serviceFact} {
		facts, err := look(ctx, p, s)
		if err != nil {
			return nil, err
		}
		out.Facts = append(out.Facts, facts...)
	}
	for _, f := range out.Facts {
		if !f.Done {
			out.Open = append(out.Open, f.ItemID)
		}
	}
	items, ticks, err := a.cfg.Store.Checklist(ctx, s.Merchant, s.ID)
	if err != nil {
		return nil, err
	}
	for _, it := range items {
		d := ChecklistDone{ChecklistItem: ChecklistItem{it.ID, it.Title, it.Blocking}}
		if k, done := ticks[it.ID]; done {
			d.Done, d.DoneBy, d.Role, d.DoneAt, d.Note = true, k.By.ID, string(k.By.Role), &Time{k.At}, k.Note
		} else {
			out.Open = append(out.Open, it.ID)
			if it.Blocking {
				out.Blocks = append(out.Blocks, it.ID)
			}
		}
		out.Manual = append(out.Manual, d)
	}
	return &checklistOutput{out}, nil
}

// fact says whether an item is done, and why or why not.
func fact(id string, done bool, says, otherwise string) ChecklistFact {
	if !done {
		says = otherwise
	}
	return ChecklistFact{id, done, says}
}

func (a *API) shelfFacts(ctx context.Context, _ live.Principal, s *live.Show) ([]ChecklistFact, error) {
	items, err := a.cfg.Store.Shelf(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	listed, priced, stocked := 0, 0, 0
	for i := range items {
		if it := &items[i]; it.Listed {
			listed++
			if it.Price > 0 {
				priced++
			}
			if it.Released+it.Withheld > 0 {
				stocked++
			}
		}
	}
	return []ChecklistFact{
		fact("shelf", listed > 0, "the shelf has items", "the shelf is empty"),
		fact("prices", listed > 0 && priced == listed, "every item has a price", "an item has no price, or there is none"),
		fact("stock", listed > 0 && stocked == listed, "every item has stock", "an item has no stock, or there is none"),
	}, nil
}

func (a *API) roomFacts(ctx context.Context, _ live.Principal, s *live.Show) ([]ChecklistFact, error) {
	r, err := a.cfg.Store.Room(ctx, s.Room)
	if err != nil {
		return nil, err
	}
	return []ChecklistFact{
		fact("host", len(r.Hosts) > 0, "the room has a host", "nobody is named as host of the room"),
		fact("keywords", len(a.cfg.Store.Rules(s.Room).Words) > 0, "keywords are blocked in the room", "no keyword is blocked in the room"),
	}, nil
}

func (a *API) briefFact(ctx context.Context, _ live.Principal, s *live.Show) ([]ChecklistFact, error) {
	b, err := a.cfg.Complaints.Brief(ctx, s.Merchant, s.ID)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	if err != nil || b.Version == 0 {
		return []ChecklistFact{{"brief", false, "no brief was published"}}, nil
	}
	return []ChecklistFact{fact("brief", b.ReadByHost(), "a host has read the brief", "no host has read the brief that stands")}, nil
}

// rehearsalsLooked is how many of the room's last shows are looked at for a
// rehearsal.
const rehearsalsLooked = 50

func (a *API) rehearsalFact(ctx context.Context, _ live.Principal, s *live.Show) ([]ChecklistFact, error) {
	list, _, err := a.cfg.Store.Shows(ctx, store.ShowFilter{Merchant: s.Merchant, Room: s.Room, Limit: rehearsalsLooked})
	if err != nil {
		return nil, err
	}
	done := s.Rehearsal
	for i := range list {
		began := list[i].StartedAt
		done = done || list[i].Rehearsal && !began.IsZero() && !began.Before(s.CreatedAt)
	}
	return []ChecklistFact{fact("rehearsal", done, "the room was rehearsed since the show was made", "nothing was rehearsed in the room since the show was made")}, nil
}

// serviceFact looks whether the desk is open when the show begins, and whether
// anybody is there now.
func (a *API) serviceFact(ctx context.Context, p live.Principal, s *live.Show) ([]ChecklistFact, error) {
	set, err := a.cfg.Desk.Settings(ctx, s.Merchant)
	if err != nil {
		return nil, err
	}
	agents, err := a.cfg.Desk.Agents(ctx, s.Merchant, p)
	if err != nil {
		return nil, err
	}
	there := false
	for i := range agents {
		there = there || agents[i].State == desk.AgentOnline
	}
	begins := latest(s.PlannedStartAt, a.cfg.Now())
	open := set.Hours.Open(begins)
	says := "no agent is there now"
	if !open {
		says = "the hours of service do not cover the start of the show"
	}
	return []ChecklistFact{fact("service", open && there, "the desk is open at the start, and an agent is there", says)}, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
