package api

import (
	"context"
	"unicode/utf8"

	"showrunner/live"
	"showrunner/live/store"
)

// Show is a show on the wire.
type Show struct {
	ShowID          string `json:"show_id"`
	RoomID          string `json:"room_id" example:"room-1"`
	MerchantID      string `json:"merchant_id" example:"m1"`
	Title           string `json:"title" example:"Knives and pans"`
	State           string `json:"state" enum:"scheduled,live,paused,ended,settled"`
	Currency        string `json:"currency" example:"CNY"`
	TimeZone        string `json:"time_zone" example:"Asia/Shanghai"`
	Rehearsal       bool   `json:"rehearsal" doc:"Facts of a rehearsal are kept and never counted."`
	PlannedStartAt  Time   `json:"planned_start_at,omitzero"`
	StartedAt       Time   `json:"started_at,omitzero"`
	EndedAt         Time   `json:"ended_at,omitzero"`
	CreatedAt       Time   `json:"created_at,omitzero"`
	Version         int64  `json:"version" doc:"Grows with every change of the show or its shelf."`
	PinnedProductID string `json:"pinned_product_id,omitempty"`
}

func showOf(s live.Show) Show {
	return Show{
		ShowID: string(s.ID), RoomID: string(s.Room), MerchantID: string(s.Merchant), Title: s.Title, State: string(s.State),
		Currency: string(s.Currency), TimeZone: s.TimeZone, Rehearsal: s.Rehearsal, PlannedStartAt: Time{s.PlannedStartAt},
		StartedAt: Time{s.StartedAt}, EndedAt: Time{s.EndedAt}, CreatedAt: Time{s.CreatedAt}, Version: s.Version, PinnedProductID: string(s.Pinned),
	}
}

// NewShow is the body of POST /v1/rooms/{room_id}/shows.
type NewShow struct {
	ShowID         string `json:"show_id,omitempty" doc:"Made up by the server when left out." pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	Title          string `json:"title" minLength:"1" maxLength:"120"`
	PlannedStartAt *Time  `json:"planned_start_at,omitempty"`
	Rehearsal      bool   `json:"rehearsal,omitempty"`
}

// PatchShow is the body of PATCH /v1/shows/{show_id}. Members left out stay.
type PatchShow struct {
	Title          *string `json:"title,omitempty" minLength:"1" maxLength:"120"`
	PlannedStartAt *Time   `json:"planned_start_at,omitempty"`
}

func (a *API) shows() {
	add(a, Route{
		ID: "create-show", Method: "POST", Path: "/v1/rooms/{room_id}/shows", Tag: "Shows", Summary: "Schedule a show",
		Actions: []live.Action{live.ActShowWrite}, status: 201, body: NewShow{},
		example: map[string]any{"title": "Knives and pans", "planned_start_at": "2026-01-02T12:30:00.000Z"},
	}, a.createShow)
	add(a, Route{
		ID: "list-shows", Method: "GET", Path: "/v1/shows", Tag: "Shows", Summary: "List shows", Actions: []live.Action{live.ActShowRead},
	}, a.listShows)
	add(a, Route{
		ID: "get-show", Method: "GET", Path: "/v1/shows/{show_id}", Tag: "Shows", Summary: "Read a show", Actions: []live.Action{live.ActShowRead},
	}, a.getShow)
	add(a, Route{
		ID: "update-show", Method: "PATCH", Path: "/v1/shows/{show_id}", Tag: "Shows", Summary: "Change a show",
		Actions: []live.Action{live.ActShowWrite}, body: PatchShow{}, example: map[string]any{"title": "Knives, pans and pots"},
	}, a.updateShow)
}

type showOutput struct{ Body Show }

func (a *API) createShow(ctx context.Context, p live.Principal, in *struct {
	RoomPath
	rawBody
},
) (*showOutput, error) {
	b, err := decode[NewShow](in.RawBody)
	if err != nil {
		return nil, err
	}
	r, err := a.room(ctx, p, live.RoomID(in.RoomID))
	if err != nil {
		return nil, err
	}
	s := live.Show{
		ID: live.ShowID(b.ShowID), Room: r.ID, Merchant: r.Merchant, Title: b.Title, Currency: r.Currency, TimeZone: r.TimeZone,
		State: live.ShowStateScheduled, Rehearsal: b.Rehearsal, CreatedAt: a.cfg.Now(),
	}
	if b.PlannedStartAt != nil {
		s.PlannedStartAt = b.PlannedStartAt.Time
	}
	if s.ID == "" {
		s.ID = live.ShowID(newID())
	}
	if !live.ValidID(string(s.ID)) {
		return nil, live.Invalid("invalid_field", "show_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
	}
	if err := checkTitle(s.Title); err != nil {
		return nil, err
	}
	s, err = a.cfg.Store.CreateShow(ctx, s, p)
	if err != nil {
		return nil, err
	}
	return &showOutput{showOf(s)}, nil
}

func (a *API) listShows(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"For an admin: of this merchant only."`
	RoomID     string `query:"room_id" doc:"Of this room only."`
	State      string `query:"state" enum:"scheduled,live,paused,ended,settled" doc:"In this state only."`
},
) (*listOutput[Show], error) {
	m, err := merchantFilter(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if in.RoomID != "" {
		if _, err := a.room(ctx, p, live.RoomID(in.RoomID)); err != nil {
			return nil, err
		}
	}
	shows, next, err := a.cfg.Store.Shows(ctx, store.ShowFilter{
		Merchant: m, Room: live.RoomID(in.RoomID), Rooms: p.Rooms, State: live.ShowState(in.State), Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return listOf(shows, next, showOf), nil
}

// ShowPath is the path of everything of a show.
type ShowPath struct {
	ShowID string `path:"show_id" maxLength:"128"`
}

func (a *API) getShow(ctx context.Context, p live.Principal, in *ShowPath) (*showOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	return &showOutput{showOf(s)}, nil
}

func (a *API) updateShow(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	rawBody
},
) (*showOutput, error) {
	b, err := decode[PatchShow](in.RawBody)
	if err != nil {
		return nil, err
	}
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	patch := store.ShowPatch{Title: b.Title}
	if b.Title != nil {
		if err := checkTitle(*b.Title); err != nil {
			return nil, err
		}
	}
	if b.PlannedStartAt != nil {
		patch.PlannedStartAt = &b.PlannedStartAt.Time
	}
	s, err = a.cfg.Store.UpdateShow(ctx, s.ID, patch, p)
	if err != nil {
		return nil, err
	}
	return &showOutput{showOf(s)}, nil
}

func checkTitle(title string) error {
	if n := utf8.RuneCountInString(title); n < 1 || n > live.MaxTitleRunes {
		return live.Invalid("invalid_field", "title", "must be 1 to %d characters", live.MaxTitleRunes)
	}
	return nil
}
