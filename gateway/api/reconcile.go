package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"showrunner/analytics"
	"showrunner/live"
	"showrunner/live/store"
)

// maxDays bounds the days of one reconciliation: a quarter.
const maxDays = 92

// maxZoneRooms is how many rooms are asked for the merchant's time zone.
const maxZoneRooms = 200

func (a *API) reconciliations() {
	add(a, Route{
		ID: "get-reconciliation", Method: "GET", Path: "/v1/shows/{show_id}/reconciliation", Tag: "Figures", Summary: "Compare dashboard, report, rollups, orders and double-entry ledger",
		Text: "The same figures from independent sides, with their differences, which must be 0: `dashboard`, `report` (the facts), `rollup`, `ledger` (the orders) and `postings` " +
			"(the double-entry ledger, for every figure that is money). With `explain=true` every difference names the orders on which the facts, the orders and the postings differ: " +
			"`orders` has their `count` and the first `limit` of them, by id, each with the value of every side. " +
			"When the platform's settlement file was given, `settlement` is what it says, `settlement_difference` that less the orders, over those compared, and " +
			"`settlement_orders` names each: `missing_there` (the file lacks it), `missing_here` (we do), `amount_differs`, `currency_differs`. " +
			"Differences that cancel out in a sum are named too. A difference with no orders lies between the facts and the rollups or the dashboard.",
		Actions: []live.Action{live.ActReconcile},
	}, a.getReconciliation)
	add(a, Route{
		ID: "get-day-reconciliation", Method: "GET", Path: "/v1/reconciliation", Tag: "Figures", Summary: "Compare report, rollups, facts, orders and double-entry ledger by day",
		Text: "Calendar days in the time zone of the room, or in the one that all rooms of the merchant share. `by=event` files a fact under the day it was taken in, " +
			"which never changes any more when the day is over; `by=pay` files an order with its later refunds under the day of its first payment. At most 92 days. " +
			"By day of payment the settlement files of the shows stand beside it; a row of an order that its show does not have stands on the day the show began. " +
			"Orders outside a show are in; rehearsals are not. " +
			"By day of the event, `report` is the sum of the `days` of the reports of all shows, as of now and in this time zone, facts after a report was final among them; " +
			"`outside_shows` is what orders of no show with a report add to it, left out when 0. `rollup` is the minute rollups. Both are null for what they do not tell by day: " +
			"`rollup` for figures that are kept only by show, and of a room with orders outside its shows; `report` for figures its `days` do not have, " +
			"for money of another currency than the show's, and for counts of a day on which a show has orders in several. By day of payment they are null. " +
			"There is no `snapshot`: a live snapshot is of a show as of now, not of a day; `absent` names the columns that are not there. " +
			"A difference with no orders lies between the facts and the rollups or the reports. With `explain=true` every difference names its orders, as the reconciliation of a show does.",
		Actions: []live.Action{live.ActReconcile},
	}, a.getDayReconciliation)
}

// Reconciliation is the comparison on the wire; it writes itself.
type Reconciliation struct{ analytics.Reconciliation }

// Schema describes a reconciliation in the OpenAPI document.
func (Reconciliation) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// DayReconciliation is the comparison by day on the wire; it writes itself.
type DayReconciliation struct{ analytics.DayReconciliation }

// Schema describes a reconciliation by day in the OpenAPI document.
func (DayReconciliation) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

type reconciliationOutput struct{ Body Reconciliation }

func (a *API) getReconciliation(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	Explain bool `query:"explain" doc:"Name the orders behind each difference."`
	Limit   int  `query:"limit" doc:"How many orders to name for each figure and currency." minimum:"1" maximum:"1000" default:"50"`
},
) (*reconciliationOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	var r analytics.Reconciliation
	if in.Explain {
		r, err = a.cfg.Figures.Explain(ctx, s, in.Limit)
	} else {
		r, err = a.cfg.Figures.Reconciliation(ctx, s)
	}
	if err != nil {
		return nil, err
	}
	return &reconciliationOutput{Reconciliation{r}}, nil
}

type dayReconciliationOutput struct{ Body DayReconciliation }

func (a *API) getDayReconciliation(ctx context.Context, p live.Principal, in *struct {
	From       string `query:"from" doc:"First day, as 2026-01-02." format:"date" required:"true"`
	To         string `query:"to" doc:"Last day; the first when left out." format:"date"`
	By         string `query:"by" enum:"event,pay" default:"event" doc:"Which day a figure stands on."`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	RoomID     string `query:"room_id" doc:"Of this room only; needed of a token limited to rooms."`
	TimeZone   string `query:"time_zone" doc:"IANA name; the room's, or the merchant's, when left out." maxLength:"64"`
	Explain    bool   `query:"explain" doc:"Name the orders behind each difference of each day."`
	Limit      int    `query:"limit" doc:"How many orders to name for each day, figure and currency." minimum:"1" maximum:"1000" default:"50"`
},
) (*dayReconciliationOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	zone, err := a.zone(ctx, p, m, live.RoomID(in.RoomID), in.TimeZone)
	if err != nil {
		return nil, err
	}
	from, err := day("from", in.From, zone)
	if err != nil {
		return nil, err
	}
	last := from
	if in.To != "" {
		if last, err = day("to", in.To, zone); err != nil {
			return nil, err
		}
	}
	if last.Before(from) || last.After(analytics.StartOfDay(from, maxDays-1, zone)) {
		return nil, live.Invalid("invalid_field", "to", "must be from the first day on and at most %d days in all", maxDays)
	}
	limit := 0
	if in.Explain {
		limit = in.Limit
	}
	r, err := a.cfg.Figures.ReconcileDays(ctx, analytics.DayAxis(in.By), m, live.RoomID(in.RoomID), zone, from, analytics.StartOfDay(last, 1, zone), limit)
	if err != nil {
		return nil, err
	}
	return &dayReconciliationOutput{DayReconciliation{r}}, nil
}

// day is the first instant of a calendar day.
func day(field, text string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly+" 15", text+" 12", zone)
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		return time.Time{}, live.Invalid("invalid_field", field, "must be a day such as 2026-01-02")
	}
	return analytics.StartOfDay(t, 0, zone), nil
}

// zone finds the time zone whose days are meant.
func (a *API) zone(ctx context.Context, p live.Principal, m live.MerchantID, id live.RoomID, named string) (*time.Location, error) {
	if id == "" && p.Rooms != nil {
		return nil, live.Invalid("invalid_field", "room_id", "is required of a token limited to rooms")
	}
	if id != "" {
		r, err := a.room(ctx, p, id)
		if err != nil {
			return nil, err
		}
		if r.Merchant != m {
			return nil, notFound("room", string(id))
		}
		if named == "" {
			named = r.TimeZone
		}
	}
	if named == "" {
		var err error
		if named, err = a.sharedZone(ctx, m); err != nil {
			return nil, err
		}
	}
	if named == "Local" {
		return nil, live.Invalid("invalid_field", "time_zone", "must be an IANA time zone")
	}
	z, err := time.LoadLocation(named)
	if err != nil {
		return nil, live.Invalid("invalid_field", "time_zone", "must be an IANA time zone")
	}
	return z, nil
}

// sharedZone is the one time zone of all rooms of a merchant.
func (a *API) sharedZone(ctx context.Context, m live.MerchantID) (string, error) {
	zone := ""
	for cursor := ""; ; {
		rooms, next, err := a.cfg.Store.Rooms(ctx, store.RoomFilter{Merchant: m, Cursor: cursor, Limit: maxZoneRooms})
		if err != nil {
			return "", err
		}
		for _, r := range rooms {
			if zone != "" && zone != r.TimeZone {
				return "", live.Invalid("invalid_field", "time_zone", "is required: the merchant's rooms are in several time zones")
			}
			zone = r.TimeZone
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if zone == "" {
		return "UTC", nil
	}
	return zone, nil
}
