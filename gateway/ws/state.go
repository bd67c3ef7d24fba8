package ws

import (
	"encoding/json"

	"showrunner/live"
)

type roomJSON struct {
	RoomID       live.RoomID   `json:"room_id"`
	Title        string        `json:"title"`
	Currency     live.Currency `json:"currency"`
	TimeZone     string        `json:"time_zone"`
	Show         *showJSON     `json:"show"`
	Shelf        []itemJSON    `json:"shelf"`
	Pinned       *itemJSON     `json:"pinned"`
	Sales        []saleJSON    `json:"flash_sales"`
	Coupon       *couponJSON   `json:"coupon"`
	Packet       *packetJSON   `json:"red_packet"`
	Draw         *drawJSON     `json:"draw"`
	Online       int           `json:"online"`
	Modes        modesJSON     `json:"modes"`
	Comment      *commentJSON  `json:"pinned_comment"`
	Announcement string        `json:"announcement"`
}

// modesJSON is who may write, as room_mode_changed says it too.
type modesJSON struct {
	MuteAll       bool  `json:"mute_all"`
	CommentsOff   bool  `json:"comments_off"`
	FollowersOnly bool  `json:"followers_only"`
	SlowMode      int64 `json:"slow_mode_s"`
}

type commentJSON struct {
	ID     string        `json:"comment_id"`
	Text   string        `json:"text"`
	Viewer live.PersonID `json:"viewer_id,omitempty"`
	Name   string        `json:"name,omitempty"`
}

type showJSON struct {
	ShowID    live.ShowID    `json:"show_id"`
	Title     string         `json:"title"`
	State     live.ShowState `json:"state"`
	Rehearsal bool           `json:"rehearsal"`
	PlannedAt *string        `json:"planned_start_at,omitempty"`
	StartedAt *string        `json:"started_at"`
	Version   int64          `json:"version"`
	Host      string         `json:"host_id,omitempty"`
}

type itemJSON struct {
	SKU      live.SKUID       `json:"sku_id"`
	Product  live.ProductID   `json:"product_id"`
	Title    string           `json:"title"`
	Price    int64            `json:"price_minor"`
	Currency live.Currency    `json:"currency"`
	Left     int64            `json:"left"`
	Rank     int              `json:"rank"`
	ImageURL string           `json:"image_url,omitempty"`
	Limit    int64            `json:"per_person,omitempty"`
	Policy   live.StockPolicy `json:"stock_policy,omitempty"`
	Explain  *explainJSON     `json:"explain,omitempty"`
}

// explainJSON is where a product stands; one without has not been explained.
type explainJSON struct {
	State string `json:"state"`
	Count int64  `json:"count"`
	ID    string `json:"explain_id"`
}

// saleJSON is a flash sale that runs or is announced.
type saleJSON struct {
	ID       string          `json:"sale_id"`
	SKU      live.SKUID      `json:"sku_id"`
	Price    int64           `json:"price_minor"`
	Qty      int64           `json:"qty"`
	Left     int64           `json:"left"`
	Limit    int64           `json:"per_person,omitempty"`
	State    live.FlashState `json:"state"`
	StartsAt string          `json:"starts_at"`
	EndsAt   string          `json:"ends_at"`
}

func encodeRoom(s live.RoomState, online int) json.RawMessage {
	r := roomJSON{
		RoomID: s.Room.ID, Title: s.Room.Title, Currency: s.Room.Currency, TimeZone: s.Room.TimeZone, Online: online,
		Shelf: make([]itemJSON, 0, len(s.Shelf)), Sales: make([]saleJSON, 0, len(s.Sales)), Announcement: s.Announcement,
		Modes: modesJSON{s.Modes.MuteAll, s.Modes.CommentsOff, s.Modes.FollowersOnly, s.Modes.SlowSeconds},
	}
	if p := s.Pinned; p != nil {
		r.Comment = &commentJSON{p.ID, p.Text, p.Person, p.Name}
	}
	if w := s.Show; w != nil {
		r.Show = &showJSON{ShowID: w.ID, Title: w.Title, State: w.State, Rehearsal: w.Rehearsal, Version: w.Version, Host: s.Host}
		if !w.PlannedStartAt.IsZero() {
			at := stamp(w.PlannedStartAt)
			r.Show.PlannedAt = &at
		}
		if !w.StartedAt.IsZero() {
			at := stamp(w.StartedAt)
			r.Show.StartedAt = &at
		}
	}
	for i := range s.Shelf {
		it := &s.Shelf[i]
		r.Shelf = append(r.Shelf, itemJSON{
			SKU: it.SKU, Product: it.Product, Title: it.Title, Price: it.Price, Currency: it.Currency,
			Left: it.Left(), Rank: it.Rank, ImageURL: it.ImageURL, Limit: it.PerPerson, Policy: it.Policy,
		})
		if e, ok := s.Explains[it.Product]; ok {
			r.Shelf[i].Explain = &explainJSON{e.State(), e.Count, e.ID}
		}
		if s.Show != nil && it.Product == s.Show.Pinned && r.Pinned == nil {
			pinned := r.Shelf[len(r.Shelf)-1]
			r.Pinned = &pinned
		}
	}
	for i := range s.Sales {
		f := &s.Sales[i]
		r.Sales = append(r.Sales, saleJSON{
			ID: f.ID, SKU: f.SKU, Price: f.Price, Qty: f.Qty, Left: f.Left(), Limit: f.PerPerson, State: f.State,
			StartsAt: stamp(f.StartsAt), EndsAt: stamp(f.EndsAt),
		})
	}
	r.Coupon, r.Packet, r.Draw = couponOf(s.Coupon), packetOf(s.Packet), drawOf(s.Draw)
	return encode(r)
}
