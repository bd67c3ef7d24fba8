package api

import (
	"context"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Room is a room on the wire.
type Room struct {
	RoomID     string   `json:"room_id" example:"room-1"`
	MerchantID string   `json:"merchant_id" example:"m1"`
	Title      string   `json:"title" example:"Evening kitchen"`
	HostIDs    []string `json:"host_ids" doc:"Subjects of the host tokens that may run the room."`
	Currency   string   `json:"currency" doc:"ISO 4217; of every price on the room's shelves." example:"CNY"`
	TimeZone   string   `json:"time_zone" doc:"IANA name; day boundaries of reports." example:"Asia/Shanghai"`
	CreatedAt  Time     `json:"created_at,omitzero"`
}

func roomOf(r live.Room) Room {
	hosts := r.Hosts
	if hosts == nil {
		hosts = []string{}
	}
	return Room{
		RoomID: string(r.ID), MerchantID: string(r.Merchant), Title: r.Title, HostIDs: hosts,
		Currency: string(r.Currency), TimeZone: r.TimeZone, CreatedAt: Time{r.CreatedAt},
	}
}

// NewRoom is the body of POST /v1/rooms.
type NewRoom struct {
	RoomID     string   `json:"room_id,omitempty" doc:"Made up by the server when left out." pattern:"^[A-Za-z0-9._:@-]{1,128}$"`
	MerchantID string   `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
	Title      string   `json:"title" minLength:"1" maxLength:"120"`
	HostIDs    []string `json:"host_ids,omitempty" maxItems:"50"`
	Currency   string   `json:"currency" pattern:"^[A-Z]{3}$"`
	TimeZone   string   `json:"time_zone,omitempty" doc:"IANA name; UTC when left out."`
}

// PatchRoom is the body of PATCH /v1/rooms/{room_id}. Members left out stay.
type PatchRoom struct {
	Title    *string   `json:"title,omitempty" minLength:"1" maxLength:"120"`
	HostIDs  *[]string `json:"host_ids,omitempty" maxItems:"50"`
	TimeZone *string   `json:"time_zone,omitempty"`
}

// maxHosts bounds the hosts of a room; a roster beyond it is a mistake.
const maxHosts = 50

func (a *API) rooms() {
	add(a, Route{
		ID: "create-room", Method: "POST", Path: "/v1/rooms", Tag: "Rooms", Summary: "Make a room",
		Actions: []live.Action{live.ActRoomWrite}, status: 201, body: NewRoom{},
		example: map[string]any{"room_id": "room-1", "title": "Evening kitchen", "host_ids": []string{"host-1"}, "currency": "CNY", "time_zone": "Asia/Shanghai"},
	}, a.createRoom)
	add(a, Route{
		ID: "list-rooms", Method: "GET", Path: "/v1/rooms", Tag: "Rooms", Summary: "List rooms", Actions: []live.Action{live.ActRoomRead},
	}, a.listRooms)
	add(a, Route{
		ID: "get-room", Method: "GET", Path: "/v1/rooms/{room_id}", Tag: "Rooms", Summary: "Read a room", Actions: []live.Action{live.ActRoomRead},
	}, a.getRoom)
	add(a, Route{
		ID: "update-room", Method: "PATCH", Path: "/v1/rooms/{room_id}", Tag: "Rooms", Summary: "Change a room",
		Actions: []live.Action{live.ActRoomWrite}, body: PatchRoom{}, example: map[string]any{"title": "Late kitchen"},
	}, a.updateRoom)
}

type roomOutput struct{ Body Room }

func (a *API) createRoom(ctx context.Context, p live.Principal, in *struct{ rawBody }) (*roomOutput, error) {
	b, err := decode[NewRoom](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := merchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	r := live.Room{
		ID: live.RoomID(b.RoomID), Merchant: m, Title: b.Title, Hosts: b.HostIDs,
		Currency: live.Currency(b.Currency), TimeZone: b.TimeZone, CreatedAt: a.cfg.Now(),
	}
	if r.ID == "" {
		r.ID = live.RoomID(newID())
	}
	if r.TimeZone == "" {
		r.TimeZone = "UTC"
	}
	if err := r.Validate(knownZone); err != nil {
		return nil, err
	}
	if err := checkHosts(r.Hosts); err != nil {
		return nil, err
	}
	if !p.Sees(m, r.ID) {
		return nil, roomForbidden(r.ID)
	}
	r, err = a.cfg.Store.CreateRoom(ctx, r)
	if err != nil {
		return nil, err
	}
	return &roomOutput{roomOf(r)}, nil
}

func (a *API) listRooms(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"For an admin: of this merchant only."`
},
) (*listOutput[Room], error) {
	m, err := merchantFilter(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	rooms, next, err := a.cfg.Store.Rooms(ctx, store.RoomFilter{Merchant: m, Rooms: p.Rooms, Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return listOf(rooms, next, roomOf), nil
}

// RoomPath is the path of everything of a room.
type RoomPath struct {
	RoomID string `path:"room_id" maxLength:"128"`
}

func (a *API) getRoom(ctx context.Context, p live.Principal, in *RoomPath) (*roomOutput, error) {
	r, err := a.room(ctx, p, live.RoomID(in.RoomID))
	if err != nil {
		return nil, err
	}
	return &roomOutput{roomOf(r)}, nil
}

func (a *API) updateRoom(ctx context.Context, p live.Principal, in *struct {
	RoomPath
	rawBody
},
) (*roomOutput, error) {
	b, err := decode[PatchRoom](in.RawBody)
	if err != nil {
		return nil, err
	}
	r, err := a.room(ctx, p, live.RoomID(in.RoomID))
	if err != nil {
		return nil, err
	}
	if b.Title != nil {
		r.Title = *b.Title
	}
	if b.TimeZone != nil {
		r.TimeZone = *b.TimeZone
	}
	if b.HostIDs != nil {
		if err := checkHosts(*b.HostIDs); err != nil {
			return nil, err
		}
	}
	if err := r.Validate(knownZone); err != nil {
		return nil, err
	}
	r, err = a.cfg.Store.UpdateRoom(ctx, r.ID, store.RoomPatch{Title: b.Title, Hosts: b.HostIDs, TimeZone: b.TimeZone})
	if err != nil {
		return nil, err
	}
	return &roomOutput{roomOf(r)}, nil
}

// knownZone reports whether name is an IANA time zone. "Local" is the server's
// own and means nothing to anybody else.
func knownZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

func checkHosts(ids []string) error {
	if len(ids) > maxHosts {
		return live.Invalid("invalid_field", "host_ids", "must be at most %d", maxHosts)
	}
	for _, id := range ids {
		if !live.ValidID(id) {
			return live.Invalid("invalid_field", "host_ids", "holds %q, which is not an identifier", clipped(id))
		}
	}
	return nil
}
